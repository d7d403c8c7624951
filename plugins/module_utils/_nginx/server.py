# SPDX-License-Identifier: GPL-3.0-or-later

"""The `server` blocks of a file, and choosing one of them by nginx's own rules for names and addresses."""

from __future__ import annotations

import re
from typing import NamedTuple

from .declare import listen
from .identity import listen_address, listen_key
from .reconcile import Reconciler
from .tokens import ConfigError, inner, listed, outer
from .tree import Block, Statement

_DEFAULT = re.compile(r"default(_server)?\Z")


class ServerKey(NamedTuple):
    """The identity of a server: its names (lower case) and its addresses."""

    names: frozenset[str]
    listens: frozenset[str]


def server_key(server: Statement) -> ServerKey:
    """Return the identity of a `server` block; without `listen` it is port 80, without `server_name` the empty name."""
    names = frozenset(name.lower() for name in _names(server))
    return ServerKey(names, frozenset(listen_key(each.args or [_UNSAID]) for each in _listens(server)))


def servers_of(document: Block) -> list[Statement]:
    """Return the `server` blocks at the top of a file, or in its `http` block."""
    bodies = [document.body, *(each.block.body for each in document.body if each.block and each.name == "http")]
    return [each for body in bodies for each in body if each.block and each.name == "server"]


def describe(server: Statement) -> str:
    """Return a server in words for a message: its names and addresses."""
    identity = server_key(server)
    return outer(f"server {' '.join(sorted(identity.names))} on {' '.join(sorted(identity.listens))}")


def default_listens(document: Block) -> list[tuple[str, Statement]]:
    """Return the addresses for which a file's servers say `default_server`, each with its `listen` directive."""
    return [
        (listen_key(each.args), each)
        for server in servers_of(document)
        for each in _listens(server)
        if any(map(_DEFAULT.match, each.args[1:]))
    ]


def answering(servers: list[Statement], name: str, address: str) -> Statement | None:
    """Return which of the servers, in nginx's order, answers for a name on an address; None where nobody listens.

    Regular expressions are passed over.
    """
    there = [each for each in servers if address in server_key(each).listens]
    names = [(theirs.lower(), each) for each in there for theirs in _names(each)]
    exact = [each for theirs, each in names if theirs in (name, f".{name}")]
    for takes in (_suffix_takes, _prefix_takes):
        fitting = [(len(theirs.lstrip("*")), each) for theirs, each in names if takes(theirs, name)]
        exact += [each for _length, each in sorted(fitting, key=lambda found: -found[0])[:1]]
    default = [
        each
        for each in there
        if any(listen_key(one.args) == address and any(map(_DEFAULT.match, one.args[1:])) for one in _listens(each))
    ]
    return next(iter([*exact, *default, *there]), None)


# A server without `listen` has this one, where nginx runs as root.
_UNSAID = "80"
# Blocks that stand beside no location.
_MAIN = ("events", "http", "stream", "mail", "upstream", "map", "geo")


class Selector(NamedTuple):
    """Which server is meant.

    `server_name` and `listen` are as the module documents them; neither means the only server.
    """

    server_name: str | None = None
    listen: str | None = None


def choose(editor: Reconciler, selector: Selector) -> tuple[Block, Statement | None]:
    """Return the block that holds the locations: the server's, or the file when it is a fragment without servers.

    Raises ConfigError, which lists the candidates, when no server or more than one fits.
    """
    there = servers_of(editor.document)
    if not there and selector == Selector():
        main = next((each for each in editor.document.body if each.block and each.name in _MAIN), None)
        if main is None:
            return editor.document, None
        raise ConfigError(f"{editor.place(main)}: this file has no server; name the file that holds one, or locations")
    fitting = there
    if selector.listen is not None:
        fitting = _by_listen(editor.document, fitting, listen(selector.listen, "server, listen"))
    if selector.server_name is not None:
        # A server counts once, by however many of its names it was found.
        fitting = list(dict.fromkeys(_by_name(editor, fitting, inner(selector.server_name))))
    if len(fitting) != 1 or fitting[0].block is None:
        candidates = listed([f"{editor.place(each)} {describe(each)}" for each in fitting or there], "; ") or "none"
        raise ConfigError(
            f"{editor.path}: {len(fitting)} servers fit server_name={selector.server_name!r}, "
            f"listen={selector.listen!r}; name exactly one of: {candidates}"
        )
    return fitting[0].block, fitting[0]


def _by_listen(document: Block, servers: list[Statement], wanted: Statement) -> list[Statement]:
    address = listen_address(wanted.args[0])
    options = set(wanted.args[1:]) - {"default_server"}
    default = "default_server" in wanted.args[1:]
    # A port alone is every address with it; each of them has a default server of its own.
    any_host = wanted.args[0].isdigit() and not default

    def fits(have: Statement) -> bool:
        theirs = listen_address(have.args[0]) if have.args else f"*:{_UNSAID}"
        same = theirs == address or (any_host and theirs.endswith(address[1:]))
        return same and options <= set(have.args[1:])

    fitting = [each for each in servers if any(fits(have) for have in _listens(each))]
    if not default:
        return fitting
    said = [have for _address, have in default_listens(document) if fits(have)]
    marked = [each for each in fitting if any(have is other for have in _listens(each) for other in said)]
    # Where no server says it, the first of an address is the default.
    return marked or fitting[:1]


def _listens(server: Statement) -> list[Statement]:
    found = [each for each in server.block.body if each.name == "listen"] if server.block else []
    return found or [listen(_UNSAID, "listen")]


def _by_name(editor: Reconciler, servers: list[Statement], wanted: str) -> list[Statement]:
    """Those with the name itself; else the longest wildcard in front, the longest behind, the first expression."""
    names = [(name, each) for each in servers for name in _names(each)]
    lowered = wanted.lower()
    exact = [each for name, each in names if name.lower() in (lowered, f".{lowered}")]
    if exact:
        return exact
    for takes in (_suffix_takes, _prefix_takes):
        fitting = [(len(name.lstrip("*")), each) for name, each in names if takes(name.lower(), lowered)]
        longest = max((length for length, _each in fitting), default=0)
        if fitting:
            return [each for length, each in fitting if length == longest]
    return next(([each] for name, each in names if name.startswith("~") and _matches(editor, each, name, lowered)), [])


def _names(server: Statement) -> list[str]:
    body = server.block.body if server.block else []
    return [name for each in body if each.name == "server_name" for name in each.args] or [""]


def _suffix_takes(pattern: str, name: str) -> bool:
    return pattern.startswith((".", "*.")) and name.endswith(pattern.lstrip("*"))


def _prefix_takes(pattern: str, name: str) -> bool:
    return pattern.endswith(".*") and name.startswith(pattern[:-1])


def _matches(editor: Reconciler, server: Statement, name: str, host: str) -> bool:
    """Whether a regular expression takes a host name, which nginx has in lower case."""
    try:
        # PCRE writes named groups without the P that Python wants.
        return re.search(re.sub(r"\(\?<(?![=!])", "(?P<", name[1:]), host, re.IGNORECASE) is not None
    except re.error:
        raise ConfigError(
            f"{editor.place(server)}: whether {name!r} takes {host!r} cannot be told; name a server by a name as it is "
            "written in the file"
        ) from None
