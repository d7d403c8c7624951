# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a document that a command measures and writes, each between two marks."""

from __future__ import annotations

from pathlib import Path

_BEGIN, _END = "<!-- made by make {target}: begin -->", "<!-- end -->"


def write(path: Path, target: str, text: str) -> None:
    """Put a text between the marks of a target of the Makefile. Raises ValueError where the document has none."""
    begin = _BEGIN.format(target=target)
    whole = path.read_text(encoding="utf-8")
    head, middle, rest = whole.partition(begin)
    _old, end, tail = rest.partition(_END)
    if not middle or not end:
        raise ValueError(f"{path}: no line '{begin}' with a line '{_END}' behind it")
    path.write_text(f"{head}{begin}\n\n{text}\n{_END}{tail}", encoding="utf-8")


def row(*cells: str) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"
