# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what those notice who come by an old address: a route that has moved, a Console that is not public any more.

A Constellation server answers under the path of its route alone. Where it was served at a site's root before, and now
is below a path, readers of the old addresses are sent on, unless the inventory says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .._constellation.local_server import CONSTELLATION, LocalServer
from .._features.console import is_kept
from .._features.place import Names
from .._inventory.site import Route, Site
from .standing import Location, Server, has_port, leads_there, locations, owners_servers, path_of

_ROOT = "/"


def with_moves(sites: Iterable[Site], servers: Sequence[Server], names: Names) -> list[Site]:
    """Return the sites with `moved_from` for the routes whose owner left it to what `servers` has at the root."""
    return [_with_moves(site, servers, names) for site in sites]


def plain_moves(sites: Iterable[Site], servers: Sequence[Server], names: Names) -> set[tuple[str, str]]:
    """Return the old paths that an owner's server on port 80 leads to their service, each with its site's name."""
    return {
        (site.name, route.moved_from)
        for site in sites
        if site.adopt
        for route in site.routes
        if route.moved_from
        for each in _at(route.moved_from, site, servers, "80")
        if leads_there(route, each, names)
    }


def notes(
    written: Iterable[Site], sites: Iterable[Site], server: LocalServer, servers: Sequence[Server], names: Names
) -> Iterator[str]:
    """Return what the summary says: of the moves that the inventory has not `written`, and of a Console that closes."""
    for before, site in zip(written, sites, strict=True):
        for said, route in zip(before.routes, site.routes, strict=True):
            if route.moved_from:
                yield from _of_move(site, route, servers, is_written=said.moved_from is not None)
            public = (each for each in locations(site, servers, "443") if _was_public(route, each, names))
            if is_kept(route, server) and any(public):
                yield (
                    f"the Constellation server's Console ({', '.join(server.folders)}) was served through {site.name} "
                    "whatever the client's address, and is now to the LAN alone. `console: public` in route "
                    f"{route.path} opens it again"
                )


def _of_move(site: Site, route: Route, servers: Sequence[Server], *, is_written: bool) -> Iterator[str]:
    old = f"https://{site.name}{route.moved_from}"
    there = [server for server in owners_servers(site, servers) if has_port(server, "443")]
    his = [server for server in there if any(path_of(each) == route.moved_from for each in server["locations"])]
    if not is_written:
        end = f"Taking that location out of {his[0]['file']}" if his else '`moved_from: ""`'
        yield (
            f"{old} sends readers on to https://{site.name}{route.base} (308), because the Constellation server was "
            f"there. `moved_from: {route.moved_from}` in the route says the same. {end} ends it"
        )
    elif there and not his:
        yield (
            f"{old} is a location of its own now, in {there[0]['file']}, which sends readers on: what the server "
            "itself answered there, such as files below its root, is not reached any more"
        )


def _with_moves(site: Site, servers: Sequence[Server], names: Names) -> Site:
    taken = {each for route in site.routes for each in (route.identity, route.moved_from)}
    routes = []
    for route in site.routes:
        unsaid = route.app == CONSTELLATION and route.moved_from is None and _ROOT not in taken
        old = _ROOT if unsaid and _was_at_root(site, route, servers, names) else None
        routes.append(replace(route, moved_from=old) if old else route)
        taken.add(old)
    return replace(site, routes=tuple(routes))


def _was_at_root(site: Site, route: Route, servers: Sequence[Server], names: Names) -> bool:
    """Whether the root led to the route's service, or sends its readers on already, to this path or an earlier one."""
    others = {each.identity for each in site.routes} - {route.identity}
    there = [each for port in ("443", "80") for each in _at(_ROOT, site, servers, port)]
    return any(
        leads_there(route, each, names) or (each["moved_to"] and each["moved_to"] not in others) for each in there
    )


def _at(wanted: str, site: Site, servers: Sequence[Server], port: str) -> list[Location]:
    return [each for each in locations(site, servers, port) if path_of(each) == wanted]


def _was_public(route: Route, location: Location, names: Names) -> bool:
    return leads_there(route, location, names) and not location["keeps"] and not location["denies"]
