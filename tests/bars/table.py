# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdicts as a table: for the terminal, and in a document between two marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bars import cis_list, gixy
from bars.verdict import Judge, Verdict

# What stands in the document between such a line and the next END.
VERDICTS, EXEMPTIONS, REFUSED, END = (
    "<!-- make judge -->",
    "<!-- gixy's exemptions -->",
    "<!-- refused of CIS -->",
    "<!-- end -->",
)
# Of one judge: system to verdict, or to what kept it from judging.
Row = Mapping[str, "Verdict | Exception"]


def markdown(rows: Sequence[tuple[Judge, Row]], systems: Sequence[str]) -> str:
    """Return the table in Markdown: one row a judge, one column a system."""
    lines = ([judge.TITLE, judge.BAR, *(_cell(row[one]) for one in systems)] for judge, row in rows)
    return _markdown(["judge", "bar", *systems], lines)


def exemptions() -> str:
    """Return what does not count in gixy, in Markdown."""
    rows = ([f"`{one.check}`", f"`{one.file}`", " ".join(one.systems), one.reason] for one in gixy.EXEMPTIONS)
    return _markdown(["check", "file", "systems", "reason"], rows)


def refused() -> str:
    """Return the tests of CIS that we refuse to pass, in Markdown."""
    rows = ([one.number, one.title, one.refused] for one in cis_list.ITEMS if one.refused)
    return _markdown(["test", "what it asks", "why not"], rows)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_line(cells) for cells in (head, ["---"] * len(head), *rows))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(verdict: Verdict | Exception) -> str:
    if isinstance(verdict, Verdict):
        return verdict.figure if verdict.passed else f"**{verdict.figure}**"
    return "**failed**"


def write(document: Path, verdicts: str) -> None:
    """Put the verdicts, and what follows from data of ours, between the marks of a document.

    Raises:
        ValueError: marks are not there.

    """
    text = document.read_text(encoding="utf-8")
    for mark, table in ((VERDICTS, verdicts), (EXEMPTIONS, exemptions()), (REFUSED, refused())):
        before, begin, rest = text.partition(mark)
        _old, end, after = rest.partition(END)
        if not begin or not end:
            raise ValueError(f"{document} has no line {mark} with {END} behind it")
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    document.write_text(text, encoding="utf-8")
