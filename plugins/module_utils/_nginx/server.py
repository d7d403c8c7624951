# SPDX-License-Identifier: GPL-3.0-or-later

"""The `server` blocks of a file: their names and addresses, and what makes two of them the same for nginx."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .tree import Block, Statement
from .values import outer

_PORT = re.compile(r"[0-9]+\Z")
_DEFAULT = re.compile(r"default(_server)?\Z")


def listen_address(text: str) -> str:
    """Return the first argument of `listen` in one form: `443`, `*:443` and `0.0.0.0:443` are the same address."""
    text = text.lower()
    if text.startswith("unix:"):
        return text
    if _PORT.match(text):
        return f"*:{int(text)}"
    if text.startswith("["):
        host, _bracket, port = text.partition("]")
        host, port = host + "]", port[1:]
    else:
        host, _colon, port = text.partition(":")
    if host in ("", "0.0.0.0"):  # noqa: S104 - text is compared, nothing is bound
        host = "*"
    return f"{host}:{int(port) if _PORT.match(port) else port or 80}"


def listen_key(args: list[str]) -> str:
    """Return the address of a `listen` directive; QUIC has the same ports to itself, as they are UDP's."""
    return listen_address(args[0]) + ("/udp" if "quic" in args[1:] or "udp" in args[1:] else "")


@dataclass(frozen=True)
class ServerKey:
    """The identity of a server: its names (lower case) and its addresses."""

    names: frozenset[str]
    listens: frozenset[str]

    def likeness(self, other: ServerKey) -> int:
        """How near another key is: 0 when names or addresses have nothing in common, 9 when both are equal."""
        return _overlap(self.names, other.names) * _overlap(self.listens, other.listens)


def _overlap(mine: frozenset[str], theirs: frozenset[str]) -> int:
    if mine == theirs:
        return 3
    return 1 if mine & theirs else 0


def server_key(server: Statement) -> ServerKey:
    """Return the identity of a `server` block; without `listen` it is port 80, without `server_name` the empty name."""
    names: list[str] = []
    listens: list[str] = []
    for statement in server.block.body if server.block else []:
        if statement.name == "server_name":
            names.extend(arg.lower() for arg in statement.args)
        elif statement.name == "listen" and statement.args:
            listens.append(listen_key(statement.args))
    return ServerKey(frozenset(names or [""]), frozenset(listens or ["*:80"]))


def servers_of(document: Block) -> list[Statement]:
    """Return the `server` blocks at the top of a file, or in its `http` block."""
    found = []
    for statement in document.body:
        if statement.block is not None and statement.name == "server":
            found.append(statement)
        elif statement.block is not None and statement.name == "http":
            found.extend(each for each in statement.block.body if each.block is not None and each.name == "server")
    return found


def describe(server: Statement) -> str:
    """Return a server in words for a message: its names and addresses."""
    identity = server_key(server)
    return outer(f"server {' '.join(sorted(identity.names))} on {' '.join(sorted(identity.listens))}")


def default_listens(document: Block) -> list[tuple[str, Statement]]:
    """Return the addresses for which a file's servers say `default_server`, each with its `listen` directive."""
    return [
        (listen_key(statement.args), statement)
        for server in servers_of(document)
        for statement in (server.block.body if server.block else [])
        if statement.name == "listen" and any(_DEFAULT.match(arg) for arg in statement.args[1:])
    ]
