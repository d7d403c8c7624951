# SPDX-License-Identifier: GPL-3.0-or-later

"""The `upstream` blocks of nginx's files, and what a `proxy_pass` to one of them leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..text.tokens import outer
from ..text.tree import Block, Statement

SOCKET = "unix:"
Groups = dict[str, list[str]]


def groups(files: Iterable[Block]) -> Groups:
    """Return the addresses of the servers of each `upstream` block."""
    found: Groups = {}
    for document in files:
        for each in _at_the_http_level(document):
            if each.name == "upstream" and each.block is not None and each.args:
                servers = [one.args[0] for one in each.block.body if one.name == "server" and one.args]
                found[outer(each.args[0])] = [*map(outer, servers)]
    return found


def each_of(target: str, known: Groups) -> list[str]:
    """Return what a `proxy_pass` leads to with each server of its block in the place of the block's name."""
    scheme, sign, rest = target.partition("://")
    if rest.startswith(SOCKET):
        return [target]
    name, slash, path = rest.partition("/")
    # Behind a socket, whose path has slashes, a colon begins the path that the service gets.
    return [
        f"{scheme}{sign}{server}{':' if slash and server.startswith(SOCKET) else ''}{slash}{path}"
        for server in known.get(name) or [name]
    ]


def _at_the_http_level(document: Block) -> Iterator[Statement]:
    """Yield the statements of a file that the http level includes, or of the http block in a main file."""
    for each in document.body:
        if each.name == "http" and each.block is not None:
            yield from each.block.body
        else:
            yield each
