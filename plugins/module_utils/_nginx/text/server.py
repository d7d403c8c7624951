# SPDX-License-Identifier: GPL-3.0-or-later

"""The `server` blocks of a file, and choosing one of them by nginx's own rules for names and addresses."""

from __future__ import annotations

import re
from typing import NamedTuple

from .addresses import listen_keys, name_keys
from .declare import listen
from .inclusion import Includes, nothing_included, spread
from .reconcile import Reconciler
from .tokens import ConfigError, inner, listed, outer
from .tree import Block, Statement

_DEFAULT = re.compile(r"default(_server)?\Z")


class ServerKey(NamedTuple):
    """The identity of a server: its names (lower case) and its addresses."""

    names: frozenset[str]
    listens: frozenset[str]

    @property
    def hashed(self) -> frozenset[str]:
        """What nginx's hashes hold of the names: servers with one of these in common share a name."""
        return frozenset(key for name in self.names for key in name_keys(name))

    @property
    def exact(self) -> frozenset[str]:
        """The exact names that those beginning with a dot hold."""
        return frozenset(name[1:] for name in self.names if name.startswith(".") and name[1:] in name_keys(name))


def server_key(server: Statement, includes: Includes = nothing_included) -> ServerKey:
    """Return the identity of a `server` block; without `listen` it is port 80, without `server_name` the empty name.

    What the files of its includes say counts as if it stood in the block.
    """
    names = frozenset(name.lower() for name in names_of(server, includes))
    return ServerKey(
        names, frozenset(key for each, _at in listens_of(server, includes) for key in listen_keys(each.args))
    )


def servers_of(document: Block) -> list[Statement]:
    """Return the `server` blocks at the top of a file, or in its `http` block."""
    bodies = [document.body, *(each.block.body for each in document.body if each.block and each.name == "http")]
    return [each for body in bodies for each in body if each.block and each.name == "server"]


def describe(server: Statement, includes: Includes = nothing_included) -> str:
    """Return a server in words for a message: its names and addresses."""
    identity = server_key(server, includes)
    return outer(f"server {' '.join(sorted(identity.names))} on {' '.join(sorted(identity.listens))}")


def listens_of(server: Statement, includes: Includes = nothing_included) -> list[tuple[Statement, Statement]]:
    """Return the `listen` directives of a server, each with the statement of the block that holds it.

    That is itself or an include. A server without any has port 80.
    """
    found = [(each, at) for each, at in said_in(server.block, "listen", includes) if each.args]
    return found or [(listen(_UNSAID, "listen"), server)]


def names_of(server: Statement, includes: Includes = nothing_included) -> list[str]:
    """Return the names of a server as they are written; the empty one where there is none."""
    return [name for each, _at in said_in(server.block, "server_name", includes) for name in each.args] or [""]


def said_in(block: Block | None, name: str, includes: Includes) -> list[tuple[Statement, Statement]]:
    """Return the directives of a name in a block, each with the statement of the block that holds it."""
    found: list[tuple[Statement, Statement]] = []
    for at in block.body if block else []:
        inside = spread(Block([at]), includes) if at.name == "include" else [(at, "")]
        found += [(each, at) for each, _path in inside if each.name == name and each.block is None]
    return found


def default_listens(document: Block, includes: Includes = nothing_included) -> list[tuple[str, Statement]]:
    """Return the addresses for which a file's servers say `default_server`, each with the statement that holds it."""
    return [
        (address, at)
        for server in servers_of(document)
        for each, at in listens_of(server, includes)
        if _is_default(each)
        for address in listen_keys(each.args)
    ]


def _is_default(statement: Statement) -> bool:
    return any(map(_DEFAULT.match, statement.args[1:]))


def answering(
    servers: list[Statement], name: str, address: str, includes: Includes = nothing_included
) -> Statement | None:
    """Return which of the servers, in nginx's order, answers for a name on an address; None where nobody listens.

    Regular expressions are passed over.
    """
    there = [each for each in servers if address in server_key(each, includes).listens]
    names = [(theirs.lower(), each) for each in there for theirs in names_of(each, includes)]
    exact = [each for theirs, each in names if name in name_keys(theirs)]
    for takes in (_suffix_takes, _prefix_takes):
        fitting = [(len(theirs.lstrip("*")), each) for theirs, each in names if takes(theirs, name)]
        exact += [each for _length, each in sorted(fitting, key=lambda found: -found[0])[:1]]
    default = [
        each
        for each in there
        if any(address in listen_keys(one.args) and _is_default(one) for one, _at in listens_of(each, includes))
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
        fitting = _by_listen(editor, fitting, listen(selector.listen, "server, listen"))
    if selector.server_name is not None:
        # A server counts once, by however many of its names it was found.
        fitting = list(dict.fromkeys(_by_name(editor, fitting, inner(selector.server_name))))
    if len(fitting) != 1 or fitting[0].block is None:
        candidates = (
            listed([f"{editor.place(each)} {describe(each, editor.includes)}" for each in fitting or there], "; ")
            or "none"
        )
        raise ConfigError(
            f"{editor.path}: {len(fitting)} servers fit server_name={selector.server_name!r}, "
            f"listen={selector.listen!r}; name exactly one of: {candidates}"
        )
    return fitting[0].block, fitting[0]


def _by_listen(editor: Reconciler, servers: list[Statement], wanted: Statement) -> list[Statement]:
    addresses = listen_keys(wanted.args[:1])
    options = set(wanted.args[1:]) - {"default_server"}
    default = "default_server" in wanted.args[1:]
    # A port alone is every address with it; each of them has a default server of its own.
    any_host = wanted.args[0].isdigit() and not default

    def fits(have: Statement) -> bool:
        theirs = listen_keys(have.args[:1])
        ports = {each.rpartition(":")[2] for each in theirs}
        same = addresses <= theirs or (any_host and {each.rpartition(":")[2] for each in addresses} <= ports)
        return same and options <= set(have.args[1:])

    fitting = [each for each in servers if any(fits(have) for have, _at in listens_of(each, editor.includes))]
    if not default:
        return fitting
    marked = [
        each
        for each in fitting
        if any(fits(have) and _is_default(have) for have, _at in listens_of(each, editor.includes))
    ]
    # Where no server says it, the first of an address is the default.
    return marked or fitting[:1]


def _by_name(editor: Reconciler, servers: list[Statement], wanted: str) -> list[Statement]:
    """Those with the name itself; else the longest wildcard in front, the longest behind, the first expression."""
    names = [(name, each) for each in servers for name in names_of(each, editor.includes)]
    lowered = wanted.lower()
    exact = [each for name, each in names if lowered in (name.lower(), *name_keys(name))]
    if exact:
        return exact
    for takes in (_suffix_takes, _prefix_takes):
        fitting = [(len(name.lstrip("*")), each) for name, each in names if takes(name.lower(), lowered)]
        longest = max((length for length, _each in fitting), default=0)
        if fitting:
            return [each for length, each in fitting if length == longest]
    return next(([each] for name, each in names if name.startswith("~") and _matches(editor, each, name, lowered)), [])


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
