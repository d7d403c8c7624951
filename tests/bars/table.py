# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdicts as a table: for the terminal, and in a document between two marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bars.verdict import Judge, Verdict

BEGIN, END = "<!-- make judge -->", "<!-- end -->"
# Of one judge: system to verdict, or to what kept it from judging.
Row = Mapping[str, "Verdict | Exception"]


def markdown(rows: Sequence[tuple[Judge, Row]], systems: Sequence[str]) -> str:
    """Return the table in Markdown: one row a judge, one column a system."""
    lines = [_line(["judge", "bar", *systems]), _line(["---"] * (2 + len(systems)))]
    lines += [_line([judge.TITLE, judge.BAR, *(_cell(row[one]) for one in systems)]) for judge, row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(verdict: Verdict | Exception) -> str:
    if isinstance(verdict, Verdict):
        return verdict.figure if verdict.passed else f"**{verdict.figure}**"
    return "**failed**"


def write(document: Path, table: str) -> None:
    """Put a table between the marks of a document.

    Raises:
        ValueError: the marks are not there, once each and in this order.

    """
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no line {BEGIN} with {END} behind it")
    document.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf-8")
