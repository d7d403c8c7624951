# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what those notice who come by an old address: a route that has moved, a Console that is not public any more.

A Constellation server answers under the path of its route alone. Where it was served at a site's root before, and now
is below a path, readers of the old addresses are sent on, unless the inventory says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .._inventory.schema import CONSTELLATION, Route, Site
from .._sites.console import LocalServer, is_kept
from .standing import Location, Server, is_same, locations, path_of

_ROOT = "/"


def with_moves(sites: Iterable[Site], servers: Sequence[Server]) -> list[Site]:
    """Return the sites with `moved_from` for the routes whose owner left it to what `servers` has at the root."""
    return [_with_moves(site, servers) for site in sites]


def plain_moves(sites: Iterable[Site], servers: Sequence[Server]) -> set[tuple[str, str]]:
    """Return the old paths that an owner's server on port 80 leads to their service, each with its site's name."""
    return {
        (site.name, route.moved_from)
        for site in sites
        if site.adopt
        for route in site.routes
        if route.moved_from
        for each in _at(route.moved_from, site, servers, "80")
        if is_same(route.upstream, each["upstream"])
    }


def notes(
    written: Iterable[Site], sites: Iterable[Site], server: LocalServer, servers: Sequence[Server]
) -> Iterator[str]:
    """Return what the summary says: of the moves that the inventory has not `written`, and of a Console that closes."""
    for before, site in zip(written, sites, strict=True):
        for said, route in zip(before.routes, site.routes, strict=True):
            new = f"https://{site.name}{route.path}"
            if route.moved_from and said.moved_from is None:
                yield (
                    f"https://{site.name}{route.moved_from} sends readers on to {new} (308), because the Constellation "
                    f"server was there. `moved_from: {route.moved_from}` in the route says the same, "
                    '`moved_from: ""` ends it'
                )
            if is_kept(route, server) and any(_was_public(route, each) for each in locations(site, servers, "443")):
                yield (
                    f"the Constellation server's Console ({', '.join(server.folders)}) was served through {site.name} "
                    "whatever the client's address, and is now to the LAN alone. `console: public` in route "
                    f"{route.path} opens it again"
                )


def _with_moves(site: Site, servers: Sequence[Server]) -> Site:
    taken = {each for route in site.routes for each in (route.path, route.moved_from)}
    routes = []
    for route in site.routes:
        old = _old_path(site, route, servers) if route.moved_from is None and _ROOT not in taken else None
        routes.append(replace(route, moved_from=old) if old else route)
        taken.add(old)
    return replace(site, routes=tuple(routes))


def _old_path(site: Site, route: Route, servers: Sequence[Server]) -> str | None:
    if route.app != CONSTELLATION:
        return None
    there = _at(_ROOT, site, servers, "443")
    leads = any(is_same(route.upstream, each["upstream"]) or each["moved_to"] == route.path for each in there)
    return _ROOT if leads else None


def _at(wanted: str, site: Site, servers: Sequence[Server], port: str) -> list[Location]:
    return [each for each in locations(site, servers, port) if path_of(each) == wanted]


def _was_public(route: Route, location: Location) -> bool:
    return is_same(route.upstream, location["upstream"]) and not location["keeps"]
