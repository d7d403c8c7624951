# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that hold for every file of the project."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("changelogs", "docs", "meta", "molecule", "playbooks", "plugins", "presets", "roles", "tests", ".ci")
SKIPPED = {"__pycache__", "output", "fixtures"}
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")


def _files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if not SKIPPED & set(path.relative_to(ROOT).parts))


def _python(*folders: str) -> list[Path]:
    return [path for path in _files(*folders) if path.suffix == ".py" and path.stat().st_size]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _texts() -> list[tuple[str, str]]:
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name != "LICENSE"]
    texts = []
    for path in [*top, *_files(*FOLDERS)]:
        try:
            texts.append((_name(path), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return texts


def test_no_path_of_this_checkout() -> None:
    assert [name for name, text in _texts() if str(ROOT) in text] == []


def test_nothing_unfinished_is_marked() -> None:
    assert [name for name, text in _texts() if UNFINISHED.search(text)] == []


@pytest.mark.parametrize("path", _python("plugins"), ids=_name)
def test_plugin_files_carry_the_licence(path: Path) -> None:
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in path.read_text(encoding="utf-8")[:600]


@pytest.mark.parametrize("path", _python("plugins/module_utils"), ids=_name)
def test_module_utils_import_the_standard_library_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    foreign = {name for name in imported if name.partition(".")[0] not in {*sys.stdlib_module_names, "ansible"}}
    # certbot brings python3-cryptography to every host on which a certificate is read.
    if path.name == "x509.py":
        foreign = {name for name in foreign if name.partition(".")[0] != "cryptography"}
    assert foreign == set()


def _imported(path: Path) -> set[str]:
    """Return the full names of the modules that a file of the collection imports, wherever in it."""
    package = ["ansible_collections", "constellation", "edge", *path.relative_to(ROOT).parent.parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            found |= {start} | {f"{start}.{alias.name}" for alias in node.names}
    return found


# Who may not import from where, below plugins/. What is sent to a host never needs what stays on the controller, and a
# module file is sent as it is: what two places need is in a util.
BORDERS = {
    "module_utils": ("plugin_utils", "action", "filter", "modules"),
    "modules": ("plugin_utils", "action", "filter", "modules"),
    "plugin_utils": ("action", "filter", "modules"),
    "action": ("modules", "filter"),
    "filter": ("modules", "action"),
}


@pytest.mark.parametrize("path", _python("plugins"), ids=_name)
def test_the_border_between_the_halves_holds(path: Path) -> None:
    closed = BORDERS.get(path.relative_to(ROOT / "plugins").parts[0], ())
    plugins = "ansible_collections.constellation.edge.plugins"
    assert [name for name in _imported(path) for room in closed if f"{name}.".startswith(f"{plugins}.{room}.")] == []


def test_the_border_sees_every_form_of_import() -> None:
    path = ROOT / "plugins/modules/ufw_rules.py"
    assert "ansible_collections.constellation.edge.plugins.module_utils._ufw.rule" in _imported(path)
    path = ROOT / "plugins/plugin_utils/_plan/plan.py"
    assert "ansible_collections.constellation.edge.plugins.plugin_utils._features.registry" in _imported(path)
    assert "ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site" in _imported(path)
