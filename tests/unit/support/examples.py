# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many examples hypothesis makes up for a property."""

from __future__ import annotations

from hypothesis import settings

# Without time for long tests a property is tried with this share of its examples: the first ones, in the same order.
SHARE = 3


class _Time:
    """Whether there is time for long tests, as the command line of pytest says."""

    is_long = True


def choose(marks: str) -> None:
    """Learn from pytest's `-m` whether there is time, before a test module is read."""
    _Time.is_long = "not long" not in marks


def examples(count: int) -> settings:
    """Return what makes a property be tried with so many examples, the same ones in every run."""
    return settings(derandomize=True, deadline=None, max_examples=count if _Time.is_long else count // SHARE)
