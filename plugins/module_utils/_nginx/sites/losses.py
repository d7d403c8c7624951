# SPDX-License-Identifier: GPL-3.0-or-later

"""What kept strangers out of a service, and would not any more: a login, addresses that are refused, a limit.

A location that is new is held against those before it that had its path or led to its service: in the servers that bear
one of its names or answer for it, and in the files of `sites-available` that an owner has switched off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..._host.names import WEBROOT
from ..text.declare import shown
from ..text.edit import is_marked
from ..text.foreign import line_of
from ..text.identity import LocationKey, location_key
from ..text.inclusion import Includes, spread
from ..text.server import answering, server_key, servers_of
from ..text.tree import Block, Statement
from ._adopted import proxied
from ._declaration import WantedServer, WantedSite
from ._groups import Groups, each_of, groups

# Directives that let fewer in, and those of which one level's replace all of the level around it.
PROTECTING = (
    "auth_basic",
    "auth_jwt",
    "auth_request",
    "deny",
    "limit_conn",
    "limit_req",
    "ssl_verify_client",
)
_LIMITS = ("auth_basic", "auth_request", "limit_conn", "limit_req")
_OFF = ("auth_basic", "auth_jwt", "auth_request", "ssl_verify_client")
_OWN_PORTS = (("http://", ":80"), ("https://", ":443"))
# Behind a socket, whose path has slashes, a colon begins the path that it gets.
_SOCKET = re.compile(r"https?://unix:[^:]*")
_GRPC = re.compile(r"\Agrpc(?=s?://)")
_LOOPBACK = re.compile(r"(://)(localhost|\[::1\])(?=[:/]|\Z)")


class Before(NamedTuple):
    """The files that nginx reads, in its order, and those that are switched off, each with its path without links."""

    read: list[tuple[str, Block]]
    off: list[tuple[str, Block]]

    def of(self, wanted: WantedServer, includes: Includes) -> list[tuple[str, Block, Statement]]:
        """Return the servers that bear one of the names, or answer for it because nobody does."""
        servers = [each for _path, document in self.read for each in servers_of(document)]
        answers = (
            answering(servers, name, address, includes) for name in wanted.key.names for address in wanted.key.listens
        )
        for_it = {id(each) for each in answers if each is not None}
        return [
            (path, document, server)
            for path, document in (*self.read, *self.off)
            for server in servers_of(document)
            if id(server) in for_it or _shares_name(wanted, server, includes)
        ]


class Standing(NamedTuple):
    """A location as it was: to which services it leads, and what protects it, each with `file:line`."""

    key: LocationKey
    services: frozenset[str]
    protections: dict[str, str]


def losses(site: WantedSite, after: Block, own: str, before: Before, includes: Includes) -> list[str]:
    """Return in words what protects a service now and would not after the change, but for what the site drops.

    `after` is the planned text of the file at `own`.
    """
    found: list[str] = []
    groups_there = groups([*(document for _path, document in (*before.read, *before.off)), after])
    for wanted in site.servers:
        known = [
            (path, _locations(server, includes, groups_there, path, document))
            for path, document, server in before.of(wanted, includes)
        ]
        had = {key for path, locations in known if path == own for key in locations}
        kept = [each for each in servers_of(after) if _shares_name(wanted, each, includes)]
        now = {key: each for server in kept for key, each in _locations(server, includes, groups_there).items()}
        standing = [each for _path, locations in known for each in locations.values()]
        for location in wanted.locations:
            if location.parents or location.key in had or location.key not in now or location.state == "absent":
                continue
            new = now[location.key]
            if not new.services:
                continue  # what redirects or answers by itself opens nothing
            asked = {each.name for each in location.body if each.name == "auth_basic"}
            dropped = {*wanted.drops, *wanted.drops_of.get(location.key, ()), *new.protections, *asked}
            found += _lost(site, new, standing, dropped)
    return found


def _lost(site: WantedSite, new: Standing, standing: Sequence[Standing], dropped: set[str]) -> Iterator[str]:
    for each in standing:
        lost = {name: place for name, place in each.protections.items() if name not in dropped}
        if lost and (each.key == new.key or each.services & new.services):
            names = ", ".join(f"{name} ({place})" for name, place in lost.items())
            yield (
                f"site {site.name!r}: {shown(new.key)} would be served without what protects {shown(each.key)}: "
                f"{names}. Say 'drops: [{', '.join(lost)}]' where that is wanted; else keep the owner's server, with "
                "'adopt: true', or put the same into the new location first"
            )


def _shares_name(wanted: WantedServer, server: Statement, includes: Includes) -> bool:
    return bool(wanted.key.hashed & server_key(server, includes).hashed)


def _locations(
    server: Statement, includes: Includes, known: Groups, path: str = "", document: Block | None = None
) -> dict[LocationKey, Standing]:
    """Return the locations of a server by their identity."""
    if server.block is None:
        return {}
    around = _protections(server.block, includes, path, document, {})
    found: dict[LocationKey, Standing] = {}
    for each, _file in spread(server.block, includes):
        if each.name == "location" and each.block is not None:
            key = location_key(each.args)
            protections = _protections(each.block, includes, path, document, around)
            found[key] = Standing(key, _services(each.block, known), protections)
    return found


def _protections(
    block: Block, includes: Includes, path: str, document: Block | None, around: dict[str, str]
) -> dict[str, str]:
    """Return what protects a block, each with its place; a level that says something of a kind decides on it alone.

    What carries our mark is of the inventory, for the routes that say it.
    """
    said = dict(around)
    ours = {id(each) for at, each in enumerate(block.body) if each.name in _LIMITS and is_marked(block, at)}
    found = [(each, file) for each, file in spread(block, includes) if id(each) not in ours]
    for each, _file in found:
        if each.name in PROTECTING or each.name == "allow":
            said.pop("deny" if each.name == "allow" else each.name, None)
    for each, file in found:
        if each.name in PROTECTING and not (each.name in _OFF and each.args[:1] == ["off"]):
            line = f":{line_of(document, each)}" if document is not None and not file else ""
            said.setdefault(each.name, f"{file or path}{line}")
    return said


def _services(block: Block, known: Groups) -> frozenset[str]:
    """Return what a location leads to, each server of an `upstream` block by itself.

    Of one that shows files of its own, it is their folder. Ours for challenges is everybody's.
    """
    target = proxied(block)
    if target:
        return frozenset(map(_service, each_of(target, known)))
    folders = [each.args[0].rstrip("/") for each in block.body if each.name in ("alias", "root") and each.args]
    return frozenset(folders[:1]) - {WEBROOT}


def _service(target: str) -> str:
    """Return scheme, host and port that a `proxy_pass` leads to; a scheme's own port is left out."""
    # The same service may be asked by gRPC.
    target = _GRPC.sub("http", target)
    socket = _SOCKET.match(target)
    origin = socket[0] if socket else _LOOPBACK.sub(r"\g<1>127.0.0.1", "/".join(target.split("/")[:3]))
    own = next((port for scheme, port in _OWN_PORTS if origin.startswith(scheme)), "")
    return origin.removesuffix(own)
