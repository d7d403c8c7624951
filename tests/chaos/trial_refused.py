# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A candidate that nginx refuses, in the first, a middle and the last of twenty files."""

from __future__ import annotations

from chaos.hosts import inside, problems, side_by_side
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "a candidate that nginx refuses"


def run(bench: Stage, short: bool) -> Outcome:
    """Let it be refused over a staged copy, and, where the kernel forbids that, after the files were written."""
    del short
    seen = side_by_side(bench, ["refused-0"], lambda name, _lane: inside(bench, name, "refusals"))[0]
    return Outcome(NAME, len(seen), problems(seen, ("place", "staged")))
