# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command measures takes the place of what it measured before, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.made_by import row, write

TEXT = """\
# Figures

<!-- made by make one: begin -->

old

<!-- end -->

between

<!-- made by make other: begin -->
<!-- end -->
"""


def test_the_part_of_a_target_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "figures.md"
    path.write_text(TEXT, encoding="utf-8")
    write(path, "other", f"{row('a', 'b')}\n")
    write(path, "one", "new\n")
    assert path.read_text(encoding="utf-8") == TEXT.replace("old", "new").replace(
        "other: begin -->\n", "other: begin -->\n\n| a | b |\n\n"
    )


@pytest.mark.parametrize("text", ["", "<!-- made by make one: begin -->\n", TEXT.replace("make one", "make two")])
def test_a_document_without_the_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"figures\.md: no line '<!-- made by make one: begin -->' with"):
        write(path, "one", "new\n")
    assert path.read_text(encoding="utf-8") == text
