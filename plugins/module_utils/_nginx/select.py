# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing one server of a file, by nginx's own rules for names and addresses."""

from __future__ import annotations

from dataclasses import dataclass

from .declare import listen
from .errors import ConfigError
from .identity import listen_address, server_key
from .reconcile import Reconciler
from .servers import default_listens, describe, servers_of
from .tree import Block, Statement


@dataclass(frozen=True)
class Selector:
    """Which server is meant.

    `server_name` is one of its names, or a name that one of its wildcards takes; `listen` an address, a port, or either
    with `ssl` behind it. Nothing given means the only server of the file.
    """

    server_name: str | None = None
    listen: str | None = None


def choose(editor: Reconciler, selector: Selector) -> tuple[Block, Statement | None]:
    """Return the block that holds the locations: the server's, or the file when it is a fragment without servers.

    Raises ConfigError, which lists the candidates, when no server or more than one fits.
    """
    there = servers_of(editor.document)
    wanted = selector.server_name is not None or selector.listen is not None
    if not there and not wanted:
        return editor.document, None
    fitting = there
    if selector.listen is not None:
        fitting = _by_listen(editor.document, fitting, selector.listen, by_name=selector.server_name is not None)
    if selector.server_name is not None:
        fitting = _by_name(fitting, selector.server_name.lower())
    if len(fitting) != 1 or fitting[0].block is None:
        candidates = "; ".join(f"{editor.place(each)} {describe(each)}" for each in (fitting or there)) or "none"
        raise ConfigError(
            f"{editor.path}: {len(fitting)} servers fit server_name={selector.server_name!r}, "
            f"listen={selector.listen!r}; name exactly one of: {candidates}"
        )
    return fitting[0].block, fitting[0]


def _by_listen(document: Block, servers: list[Statement], text: str, *, by_name: bool) -> list[Statement]:
    wanted = listen(text, "server, listen")
    address = listen_address(wanted.args[0])
    any_host = wanted.args[0].isdigit()
    options = set(wanted.args[1:])

    def fits(have: Statement) -> bool:
        theirs = listen_address(have.args[0]) if have.args else "*:80"
        same = theirs == address or (any_host and theirs.endswith(address[1:]))
        return same and options <= set(have.args[1:])

    fitting = [each for each in servers if any(fits(have) for have in _listens(each))]
    if len(fitting) > 1 and not by_name:
        defaults = {id(have) for taken, have in default_listens(document) if taken == address}
        first = [each for each in fitting if any(id(have) in defaults for have in _listens(each))]
        return first or fitting
    return fitting


def _listens(server: Statement) -> list[Statement]:
    found = [each for each in server.block.body if each.name == "listen"] if server.block else []
    return found or [listen("80", "listen")]


def _by_name(servers: list[Statement], name: str) -> list[Statement]:
    """Those with the name itself; else those with the longest wildcard in front, else with the longest behind."""
    names = [(server_key(each).names, each) for each in servers]
    exact = [each for theirs, each in names if name in theirs or ("." + name) in theirs]
    if exact:
        return exact
    for suffixes in (True, False):
        fitting = [
            (len(pattern), each) for theirs, each in names for pattern in theirs if _takes(pattern, name, suffixes)
        ]
        longest = max((length for length, _each in fitting), default=0)
        if fitting:
            return [each for length, each in fitting if length == longest]
    return []


def _takes(pattern: str, name: str, suffix: bool) -> bool:
    if pattern.startswith("~"):
        return False
    if suffix:
        return (pattern.startswith("*.") and name.endswith(pattern[1:])) or (
            pattern.startswith(".") and name.endswith(pattern)
        )
    return pattern.endswith(".*") and name.startswith(pattern[:-1])
