# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the routes that lead to a Constellation server, and what they say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._constellation.local_server import CONSTELLATION
from .._inventory.site import Route, Site


def constellation_routes(sites: Sequence[Site]) -> list[tuple[Site, Route]]:
    """Return the routes that lead to a Constellation server."""
    return [(site, route) for site in sites for route in site.routes if route.app == CONSTELLATION]


def constellation_hosts(edges: Iterable[Sequence[Site]]) -> list[str]:
    """Return the hosts of their upstreams, the loopback included."""
    routes = (route for sites in edges for _site, route in constellation_routes(sites))
    return list(dict.fromkeys(route.upstream.host for route in routes))


def listen_uri(route: Route) -> str:
    """Return the listenUri under which a server knows a route's path."""
    # `+` takes any Host header; the port is closed from outside by the firewall.
    return f"http://+:{route.upstream.port}{route.base if route.prefix != 'strip' else '/'}"
