# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document says what the judges are held to."""

from __future__ import annotations

from pathlib import Path

import pytest
from bars import cis_list, gixy, table
from bars.__main__ import JUDGES, main
from bars.verdict import Verdict
from lab.recipes import SYSTEMS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/security.md"


def between(text: str, mark: str) -> str:
    """Return what stands between a mark and its end."""
    return text.partition(mark)[2].partition(table.END)[0].strip()


def test_every_judge_is_in_the_document_with_its_bar_for_every_system() -> None:
    head, _dashes, *rows = between(DOCUMENT.read_text(encoding="utf-8"), table.VERDICTS).splitlines()
    assert head == f"| judge | bar | {' | '.join(SYSTEMS)} |"
    cells = [row.strip("| ").split(" | ") for row in rows]
    assert [row[:2] for row in cells] == [[judge.TITLE, judge.BAR] for judge in JUDGES.values()]
    assert {len(row) for row in cells} == {2 + len(SYSTEMS)}


@pytest.mark.parametrize(("mark", "said"), [(table.EXEMPTIONS, table.exemptions()), (table.REFUSED, table.refused())])
def test_what_is_refused_is_in_the_document_with_its_reason(mark: str, said: str) -> None:
    assert between(DOCUMENT.read_text(encoding="utf-8"), mark) == said


def test_all_that_is_refused_is_told() -> None:
    for item in cis_list.ITEMS:
        assert (f"| {item.number} | {item.title} | " in table.refused()) == bool(item.refused)
    for one in gixy.EXEMPTIONS:
        assert one.reason in table.exemptions()


def test_a_miss_and_a_failure_are_seen() -> None:
    row = {"debian12": Verdict("C 55", False), "debian13": Verdict("B+ 80", True), "ubuntu2204": ValueError("x")}
    assert table.markdown([(JUDGES["observatory"], row)], list(row)).splitlines()[2] == (
        "| MDN HTTP Observatory 1.4.8 | B+ 80 | **C 55** | B+ 80 | **failed** |"
    )


def test_writing_leaves_the_rest_of_the_document_and_is_stable(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    blocks = "".join(
        f"{mark}\n\nold\n\n{table.END}\nafter\n" for mark in (table.VERDICTS, table.EXEMPTIONS, table.REFUSED)
    )
    document.write_text(f"before\n{blocks}", encoding="utf-8")
    table.write(document, "| new |")
    first = document.read_text(encoding="utf-8")
    assert between(first, table.VERDICTS) == "| new |"
    assert first.startswith("before\n")
    assert first.count("\nafter\n") == 3
    table.write(document, "| new |")
    assert document.read_text(encoding="utf-8") == first


def test_a_document_without_marks_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text(f"{table.VERDICTS}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no line"):
        table.write(document, "| new |")


@pytest.mark.parametrize("arguments", [["gixi"], ["--systems", "debian11", "gixy"], ["--write", "x.md", "gixy"]])
def test_what_cannot_be_done_ends_before_a_lab_is_started(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "choose from" in capsys.readouterr().err
