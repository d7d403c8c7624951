# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines and branches are told apart, and each has its limit."""

from __future__ import annotations

from typing import Any

import pytest
from tools.covered import Share, shares, together, told


def report(**files: tuple[int, int, int, int]) -> dict[str, Any]:
    """Return what coverage writes of files: statements, those that ran, branches, those that ran."""
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return {"files": {name: {"summary": dict(zip(names, each, strict=True))} for name, each in files.items()}}


def test_the_total_counts_lines_and_branches_and_not_files() -> None:
    total = together(shares(report(small=(10, 0, 0, 0), large=(990, 990, 100, 93))))
    assert (total.percent_lines, total.percent_branches) == (99.0, 93.0)


@pytest.mark.parametrize(
    ("counts", "is_low"),
    [
        ((100, 95, 100, 92), False),
        ((1000, 949, 100, 92), True),
        ((100, 95, 1000, 919), True),
        ((100, 100, 0, 0), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_each_has_its_limit(counts: tuple[int, int, int, int], is_low: bool) -> None:
    assert Share("a", *counts).is_low is is_low


def test_files_below_a_limit_are_told_and_the_one_with_most_to_do_is_first() -> None:
    files = shares(report(good=(1000, 990, 100, 99), half=(10, 5, 2, 2), none=(20, 0, 4, 0)))
    assert told(files) == [
        "  0.0 % of lines,   0.0 % of branches  none",
        " 50.0 % of lines, 100.0 % of branches  half",
        " 96.6 % of lines,  95.2 % of branches  together",
        "coverage: at or above the limits, 95 % of lines and 92 % of branches",
    ]


def test_what_is_just_below_does_not_look_as_if_it_were_not() -> None:
    assert told([Share("a", 10000, 9499, 0, 0)])[-2:] == [
        " 94.9 % of lines, 100.0 % of branches  together",
        "coverage: below the limits, 95 % of lines and 92 % of branches",
    ]
