# SPDX-License-Identifier: GPL-3.0-or-later

"""What kept strangers out of a service, and would not any more: a login, addresses that are refused, a limit.

A location that is new is held against those before it that had its path or led to its service: in the files that nginx
reads, and in those of `sites-available` that an owner has switched off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .adopted import Includes, spread
from .declare import shown
from .foreign import line_of
from .identity import LocationKey, location_key
from .server import server_key, servers_of
from .tokens import outer
from .tree import Block, Statement
from .wanted_site import WantedServer, WantedSite

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
_OFF = ("auth_basic", "auth_jwt", "auth_request", "ssl_verify_client")
_LOOPBACK = re.compile(r"(://)(localhost|\[::1\])(?=[:/]|\Z)")


class Standing(NamedTuple):
    """A location as it was: where it leads, and what protects it, each with `file:line`."""

    key: LocationKey
    service: str
    protections: dict[str, str]


def losses(
    site: WantedSite, after: Block, own: str, files: Iterable[tuple[str, Block]], includes: Includes
) -> list[str]:
    """Return in words what protects a service now and would not after the change, but for what the site drops.

    `after` is the planned text of the file at `own`; `files` are those before the change, the switched off among them.
    """
    found: list[str] = []
    before = list(files)
    for wanted in site.servers:
        kept = [each for each in servers_of(after) if _shares_name(wanted, each)]
        had = {
            each.key
            for path, document in before
            if path == own
            for each in _locations(wanted, path, document, includes)
        }
        now = {key: each for server in kept for key, each in _now(server, includes).items()}
        for location in wanted.locations:
            if location.parents or location.key in had or location.key not in now or location.state == "absent":
                continue
            service = now[location.key]
            if not service.service:
                continue  # what redirects or answers by itself opens nothing
            standing = [each for path, document in before for each in _locations(wanted, path, document, includes)]
            dropped = {*wanted.drops, *wanted.drops_of.get(location.key, ()), *service.protections}
            found += _lost(site, service, standing, dropped)
    return found


def _lost(site: WantedSite, new: Standing, standing: Sequence[Standing], dropped: set[str]) -> Iterator[str]:
    for each in standing:
        lost = {name: place for name, place in each.protections.items() if name not in dropped}
        if lost and (each.key == new.key or each.service == new.service):
            names = ", ".join(f"{name} ({place})" for name, place in lost.items())
            yield (
                f"site {site.name!r}: {shown(new.key)} would be served without what protects {shown(each.key)}: "
                f"{names}. Say 'drops: [{', '.join(lost)}]' where that is wanted; else keep the owner's server, with "
                "'adopt: true', or put the same into the new location first"
            )


def _locations(wanted: WantedServer, path: str, document: Block, includes: Includes) -> Iterator[Standing]:
    """Yield the locations of a file's servers that share a name with the wanted one."""
    for server in servers_of(document):
        if _shares_name(wanted, server):
            yield from _now(server, includes, path, document).values()


def _shares_name(wanted: WantedServer, server: Statement) -> bool:
    return bool(wanted.key.names & server_key(server).names)


def _now(
    server: Statement, includes: Includes, path: str = "", document: Block | None = None
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
            found[key] = Standing(key, _service(each.block), protections)
    return found


def _protections(
    block: Block, includes: Includes, path: str, document: Block | None, around: dict[str, str]
) -> dict[str, str]:
    """Return what protects a block, each with its place; a level that says something of a kind decides on it alone."""
    said = dict(around)
    for each, _file in spread(block, includes):
        if each.name in PROTECTING or each.name == "allow":
            said.pop("deny" if each.name == "allow" else each.name, None)
    for each, file in spread(block, includes):
        if each.name in PROTECTING and not (each.name in _OFF and each.args[:1] == ["off"]):
            line = f":{line_of(document, each)}" if document is not None and not file else ""
            said.setdefault(each.name, f"{file or path}{line}")
    return said


def _service(block: Block) -> str:
    """Return scheme, host and port that a location leads to, "" for none."""
    target = next((outer(each.args[0]) for each in block.body if each.name == "proxy_pass" and each.args), "")
    return _LOOPBACK.sub(r"\g<1>127.0.0.1", "/".join(target.split("/")[:3]))
