# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host's configuration needs of its surroundings, where a sandbox would take it away without an error."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..text.tree import Block, Statement, walk
from .unit import AWKWARD, WRITABLE

# Directives whose arguments name files or folders; those of others, such as `location`, are names of the web.
_READS = re.compile(
    r"root|alias|include|load_module|listen|pid|server|js_import|js_path|perl_modules|perl_require|lua_package_c?path"
    r"|.*_(?:file|path|pass|log|certificate|certificate_key|crl|dhparam|key|stylesheet|country|city|org)"
)
_WRITES = re.compile(r"access_log|error_log|listen|lock_file|pid|.*_(?:temp|cache)_path")
_STORES = re.compile(r"dav_methods|.*_store")
# Directives that give a value to a variable, which may name a folder elsewhere.
_VALUES = re.compile(r"set|map|geo|split_clients")
_PATH = re.compile(r"(?:unix:|\A|[;=])(/[^$;:?]*)")

_HOMES = ("/home/", "/root/", "/run/user/")
_TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - what PrivateTmp hides


@dataclass
class Needs:
    """`omit`: the restrictions that would take something away, with the reason; `writable`: further folders.

    `sockets`: the files on which nginx listens.
    """

    omit: dict[str, str] = field(default_factory=dict)
    writable: set[str] = field(default_factory=set)
    sockets: set[str] = field(default_factory=set)


def needs(document: Block) -> Needs:
    """Return what the configuration, as `nginx -T` prints it, needs."""
    found = Needs()
    values = {
        id(entry)
        for statement, _depth in walk(document)
        if _VALUES.fullmatch(statement.name)
        for entry in (statement.block.body if statement.block else [statement])
    }
    for statement, _depth in walk(document):
        said = f"{statement.name} {' '.join(statement.args)}"
        for path in _paths(statement, is_value=id(statement) in values):
            # A folder of the web can be a link to a home folder.
            for place in (path, os.path.realpath(path)):
                if f"{place}/".startswith(_HOMES):
                    found.omit.setdefault("ProtectHome", said)
                if f"{place}/".startswith(_TEMPORARY):
                    found.omit.setdefault("PrivateTmp", said)
        if "_by_lua" in statement.name or statement.name.startswith("lua_") or said == "pcre_jit on":
            # Both are refused the memory for their machine code, and go on slower, or fail in the middle of a request.
            found.omit.setdefault("MemoryDenyWriteExecute", said.partition("\n")[0].strip())
        if _STORES.fullmatch(statement.name) and statement.args[:1] != ["off"]:
            found.omit.setdefault("ProtectSystem", said)
        found.writable |= _written(statement)
        found.sockets |= _sockets(statement)
    return found


def _paths(statement: Statement, *, is_value: bool) -> Iterator[str]:
    if statement.block is None and (is_value or _READS.fullmatch(statement.name)):
        for argument in statement.args:
            yield from _PATH.findall(argument)


def _written(statement: Statement) -> set[str]:
    """Return the folders, beside the usual ones, that nginx writes to because of a directive."""
    if statement.block is not None or not _WRITES.fullmatch(statement.name) or not statement.args:
        return set()
    path, variable, _rest = statement.args[0].removeprefix("unix:").partition("$")
    if not path.startswith("/") or path.startswith("/dev/"):
        return set()
    folder = path.rstrip("/") if statement.name.endswith("_path") and not variable else os.path.dirname(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    usual = any(f"{folder}/".startswith(f"{each}/") for each in WRITABLE)
    # What cannot be named in a unit is left to the trial.
    return set() if usual or folder == "/" or AWKWARD.search(folder) else {folder}


def _sockets(statement: Statement) -> set[str]:
    """Return the file on which a directive lets nginx listen."""
    if statement.name != "listen" or statement.block is not None or not statement.args:
        return set()
    path = statement.args[0]
    return {path[5:]} if path.startswith("unix:/") and not AWKWARD.search(path[5:]) else set()
