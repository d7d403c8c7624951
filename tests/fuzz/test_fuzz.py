# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bounded fuzz run with the same inputs each time."""

from __future__ import annotations

import itertools

import pytest

from .blind import fault, inputs
from .targets import TARGETS

# Together about half a minute. The first of them are for every run, the rest for those that have time for long tests.
FIRST = 10
COUNTS = {"read": 60000, "declaration": 30000, "edit": 60000, "site": 30000, "dotnet": 10000}
SHOWN = 3


@pytest.mark.parametrize("target", TARGETS)
def test_random_inputs_find_no_fault(target: str) -> None:
    assert failing(target, 0, COUNTS[target] // FIRST) == []


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_more_random_inputs_find_no_fault(target: str) -> None:
    assert failing(target, COUNTS[target] // FIRST, COUNTS[target]) == []


def failing(target: str, start: int, end: int) -> list[bytes]:
    """Return some of those inputs, counted from the first, that have a fault."""
    tried = itertools.islice(inputs(target, seed=3), start, end)
    return list(itertools.islice((data for data in tried if fault(target, data) is not None), SHOWN))
