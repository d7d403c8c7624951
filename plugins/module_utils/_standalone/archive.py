# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds `edge.pyz`, what a host runs without Ansible: a zip of these very sources, the same bytes on every host."""

from __future__ import annotations

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec, resolve_name

from .._host.errors import EdgeError

_UTILS = __name__.rsplit(".", 2)[0]
_PACKAGE = "constellation_edge"
_MAIN = f"""# SPDX-License-Identifier: GPL-3.0-or-later

import sys

from {_PACKAGE}._standalone.commands import main

sys.exit(main())
"""
# The first date that a zip can hold.
_DATE = (1980, 1, 1, 0, 0, 0)


class ArchiveError(EdgeError):
    """A source that belongs into the archive cannot be read."""


def sources(entry: str = "_standalone.commands") -> dict[str, str]:
    """Return the files of the archive: the module `entry`, every module that it needs, and what starts it."""
    files = {"__main__.py": _MAIN, f"{_PACKAGE}/__init__.py": ""}
    waiting = [f"{_UTILS}.{entry}"]
    while waiting:
        name = waiting.pop()
        inside = name.removeprefix(_UTILS).replace(".", "/")
        path = f"{_PACKAGE}{inside}{'/__init__' if _is_package(name) else ''}.py"
        if path not in files:
            files[path] = _source(name)
            parent = name.rpartition(".")[0]
            waiting += [parent, *_needed(files[path], name if _is_package(name) else parent)]
    return files


def build() -> bytes:
    """Return the archive. Nothing is compressed: it starts faster, and no version of zlib decides on its bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, text in sorted(sources().items()):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, text.encode())
    return stream.getvalue()


def listing(content: bytes) -> str:
    """Return what a person can read of an archive: each file with the SHA-256 of its content."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            lines = [f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}" for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        lines = [f"(no archive, {len(content)} bytes)"]
    return "\n".join(lines) + "\n"


def _source(name: str) -> str:
    """Return the text of a module from where this one runs: a folder, or the zip in which Ansible ships it."""
    spec = find_spec(name)
    read = getattr(spec.loader, "get_source", None) if spec is not None else None
    text = read(name) if read is not None else None
    if not isinstance(text, str):
        raise ArchiveError(f"{name}: its source cannot be read; run the module from its collection, not from bytecode")
    return text


def _is_package(name: str) -> bool:
    spec = find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def _needed(text: str, package: str) -> Iterator[str]:
    """Return the modules that a source imports from its own package, or from one beside it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield base
            if _is_package(base):
                names = (f"{base}.{alias.name}" for alias in node.names)
                yield from (name for name in names if find_spec(name) is not None)
