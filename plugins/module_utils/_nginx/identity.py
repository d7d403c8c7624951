# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes two locations, or two servers, the same for nginx."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .tree import Statement

LocationKey = tuple[str, str]

_CUT = ("=", "^~", "~*", "~")
_PORT = re.compile(r"[0-9]+\Z")


def location_form(args: list[str]) -> LocationKey:
    """Return modifier and name of a location from its arguments' values; `@` counts as the modifier of a named one."""
    if len(args) == 2:
        return (args[0], args[1])
    if len(args) != 1:
        return ("?", " ".join(args))
    name = args[0]
    for modifier in _CUT:
        if name.startswith(modifier):
            return (modifier, name[len(modifier) :])
    return ("@", name[1:]) if name.startswith("@") else ("", name)


def location_key(args: list[str]) -> LocationKey:
    """Return the identity of a location from its arguments' values: (class, name).

    The class is `=`, `~`, `~*`, `@` or "" for a prefix; `^~` makes no other location. An unknown modifier, which nginx
    refuses, makes a class of its own.
    """
    modifier, name = location_form(args)
    return ("" if modifier == "^~" else modifier, name)


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
