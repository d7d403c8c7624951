# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The packages of the host's half: who imports whom, and what touches nothing."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UTILS = ROOT / "plugins" / "module_utils"
FILES = sorted(path for path in UTILS.rglob("*.py") if path.name != "__init__.py")
# What works on text and values alone.
PURE = (
    "_certbot/_interpolation.py",
    "_certbot/_output.py",
    "_certbot/_renewal.py",
    "_connection_limit/table.py",
    "_constellation/console/_script.py",
    "_constellation/uris/*.py",
    "_dotnet/*.py",
    "_fail2ban/jail.py",
    "_host/errors.py",
    "_host/lan.py",
    "_host/names.py",
    "_nginx/text/*.py",
    "_transaction/_nginx_warnings.py",
    "_ufw/_lines.py",
    "_ufw/plan.py",
    "_ufw/rule.py",
    "_ufw/wide_open.py",
)
PURE_FILES = sorted(path for pattern in PURE for path in UTILS.glob(pattern))
# Modules that open a file, start a program, or reach another machine, and what is allowed of those that also compute.
IMPURE = {"glob", "multiprocessing", "pathlib", "select", "shutil", "signal", "socket", "ssl", "subprocess", "tempfile"}
OF_OS = {"fsdecode", "fsencode", "path"}
OF_PATH = {"basename", "dirname", "join", "normpath", "split", "splitext"}
# nginx itself takes the host's name for `$hostname`, and resolves a name in `listen` when it reads one.
ALLOWED = {"_nginx/text/addresses.py": {"socket", "os.uname"}}


def _name(path: Path) -> str:
    return str(path.relative_to(UTILS))


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Return the name of each import as it is written, and the file of ours that it means, "" for another's."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", ""
        elif isinstance(node, ast.ImportFrom):
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for found in [base, *(base / alias.name for alias in node.names)]:
                if found.with_suffix(".py").is_file() and found.is_relative_to(UTILS):
                    yield found.name, _name(found.with_suffix(".py"))


def _touches(path: Path) -> Iterator[str]:
    """Return the calls of a file that touch the host."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield "open"
        elif isinstance(node, ast.Attribute):
            of_os = isinstance(node.value, ast.Name) and node.value.id == "os"
            of_path = isinstance(node.value, ast.Attribute) and ast.unparse(node.value) == "os.path"
            if (of_os and node.attr not in OF_OS) or (of_path and node.attr not in OF_PATH):
                yield ast.unparse(node)


@pytest.mark.parametrize("path", PURE_FILES, ids=_name)
def test_what_works_on_text_opens_no_file_and_starts_no_program(path: Path) -> None:
    allowed = ALLOWED.get(_name(path), set())
    imported = set(_imports(path))
    assert {name for name, ours in imported if not ours and name.partition(".")[0] in IMPURE} - allowed == set()
    assert set(_touches(path)) - allowed == set()
    # What it needs of ours is such a file, too.
    assert {ours for _written, ours in imported if ours} - {_name(each) for each in PURE_FILES} == set()


def test_each_pattern_of_such_files_names_some() -> None:
    assert [pattern for pattern in PURE if not list(UTILS.glob(pattern))] == []


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=str)
def test_a_file_with_an_underscore_is_imported_by_its_own_package_alone(path: Path) -> None:
    foreign = []
    for name, ours in _imports(path):
        if ours and name.startswith("_") and (UTILS / ours).parent not in path.parents:
            foreign.append(ours)
    assert foreign == []


def _packages() -> dict[str, set[str]]:
    """Return which package imports from which, subpackages apart."""
    arrows: dict[str, set[str]] = {}
    for path in FILES:
        here = _name(path.parent)
        arrows.setdefault(here, set()).update(
            str(Path(ours).parent) for _written, ours in _imports(path) if ours and str(Path(ours).parent) != here
        )
    return arrows


def test_packages_do_not_import_in_a_circle() -> None:
    arrows = _packages()
    while free := {name for name, others in arrows.items() if not others & set(arrows)}:
        arrows = {name: others for name, others in arrows.items() if name not in free}
    assert arrows == {}


def test_the_shelf_imports_no_other_package() -> None:
    assert _packages()["_host"] == set()


# What `_host/names.py` alone says. Documentation writes it out.
OURS = re.compile(r"constellation-edge|inet constellation_edge")


def _texts(path: Path) -> Iterator[str]:
    """Return the strings of a file that are no documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


@pytest.mark.parametrize("path", [path for path in FILES if path.name != "names.py"], ids=_name)
def test_what_is_left_on_a_host_is_named_in_one_place(path: Path) -> None:
    assert [text for text in _texts(path) if OURS.search(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").glob("*/*.py")), ids=str)
def test_each_plugin_finds_what_it_imports(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    importlib.import_module(f"ansible_collections.constellation.edge.{name}")
