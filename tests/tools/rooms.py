# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints how the host's half is divided: ``python -m tools.rooms [FOLDER]``, of this checkout or of another one.

A room is a package, or a file that lies in none; an arrow is one room that imports from another.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from .checkout import ROOT

_LONGEST = 5


def room(path: Path, utils: Path) -> str:
    """Return the room of a file."""
    folder = path.relative_to(utils).parent
    return str(folder) if folder.parts else path.stem


def imports(path: Path, utils: Path) -> set[Path]:
    """Return the files of the host's half that a file of it imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            named = [base.with_suffix(".py"), *((base / alias.name).with_suffix(".py") for alias in node.names)]
            found |= {each for each in named if each.is_file() and each.is_relative_to(utils)}
    return found


def main() -> None:
    """Print the figures and the longest files."""
    utils = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT) / "plugins" / "module_utils"
    files = [path for path in sorted(utils.rglob("*.py")) if path.name != "__init__.py"]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    arrows = {(room(path, utils), room(other, utils)) for path in files for other in imports(path, utils)}
    rooms = {room(path, utils) for path in files}
    across = sum(here != there for here, there in arrows)
    print(f"{len(rooms)} rooms, {len(files)} files, {across} arrows, {sum(lines.values())} lines")
    for path in sorted(files, key=lambda each: -lines[each])[:_LONGEST]:
        print(f"  {lines[path]:4} lines  {path.relative_to(utils)}")


if __name__ == "__main__":
    main()
