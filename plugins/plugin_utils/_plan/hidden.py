# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: routes that no request would reach, because of a location that their owner has in the same server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._inventory.schema import Problem, written_places
from .._inventory.site import Route, Site
from .._keys.path_forms import Path
from .._nginx.reach import Rule, hidden
from .standing import Location, Server, bears, has_port


def hidden_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], servers: Sequence[Server]
) -> list[Problem]:
    """Return each route that a location of its owner's hides; `raw` is `edge_sites` as it was written."""
    written = {id(route): entry for entry, _site, route in written_places(raw, sites)}
    return [
        Problem(f"site {site.name}, route {route.path}", text, written[id(route)])
        for site in sites
        for server in servers
        if bears(site, server) and has_port(server, "443")
        for route, text in _of_server(site, server)
    ]


def _of_server(site: Site, server: Server) -> Iterator[tuple[Route, str]]:
    """Yield each route that is hidden in a server, and what is said of it."""
    found = [*_locations(site, server)]
    for victim, how in hidden([rule for rule, _meant in found]).items():
        rule, route = found[victim]
        other, location = found[how.by] if how.by >= 0 else (rule, route)
        if not isinstance(route, Route) or isinstance(location, Route):
            continue
        narrow = "take that location out, or narrow it"
        remedy = narrow if rule.form.startswith("~") else f"write `path: ^~ {rule.text}`, or {narrow}"
        yield (
            route,
            f"no request would get here, since nginx takes other locations first: https://{site.name}{how.path} goes "
            f"to {server['file']}:{location['line']} (location {' '.join(filter(None, other))}); {remedy}",
        )


def _locations(site: Site, server: Server) -> Iterator[tuple[Rule, Route | Location]]:
    """Yield the locations that a server will have: its owner's, and each route and location.

    A route that has none yet gets one behind those that are there.
    """
    left = {route.identity: (Rule(*Path.of(route.path)), route) for route in site.places}
    for each in server["locations"]:
        path = Path.written(each["location"])
        if path.identity in left:
            yield left.pop(path.identity)
        elif not each["ours"] and path.text[:1] != "@":
            yield Rule(*path), each
    yield from left.values()
