# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the variables of every role, derived in one place from validated sites and the facts of a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import console, upstreams
from .console import LocalServer
from .nginx_sites import NO_SERVER, nginx_sites
from .platform import Platform
from .schema import CONSTELLATION, Route, Site


@dataclass(frozen=True)
class Machine:
    """One host, and which of the routes' upstreams mean it.

    `own_hosts` are the upstreams' hosts that are its names or addresses. `sole_server` tells that no other host is
    listed in `constellation_servers`, `edge_hosts` are the names and addresses that the inventory has for the proxies.
    """

    name: str
    own_hosts: frozenset[str] = frozenset()
    is_listed: bool = False
    is_sentinel: bool = False
    sole_server: bool = False
    edge_hosts: frozenset[str] = frozenset()

    def own_routes(self, routes: Sequence[tuple[str, Route]]) -> list[Route]:
        """Return those of the proxies' routes, each with its proxy, that lead to a server on this host.

        A server on a proxy's host needs no listing: its route's upstream says where it is. A listed one is known by
        its names and addresses. Where the only one listed is not (by a name that only the proxy knows, or an address
        that a router translates), it is meant when there is but one upstream that it can be.
        """
        own = [route for edge, route in routes if self._is_own(edge, route)]
        if own or not (self.is_listed and self.sole_server):
            return own
        others = [route for edge, route in routes if edge != self.name and self._is_elsewhere(route)]
        return others if len({route.upstream.host for route in others}) == 1 else []

    def _is_own(self, edge: str, route: Route) -> bool:
        if route.upstream.is_loopback:
            return edge == self.name
        return route.upstream.host in self.own_hosts and (self.is_listed or edge == self.name)

    def _is_elsewhere(self, route: Route) -> bool:
        return not route.upstream.is_loopback and route.upstream.host not in self.edge_hosts


def edge_plan(sites: Sequence[Site], host: Mapping[str, Any], server: LocalServer = NO_SERVER) -> dict[str, Any]:
    """Return what the roles of an edge host get, what is asked in the end, and what a person should know.

    `host` is what `edge_preflight` says, asked for the names of `upstreams.asked_names`; `server` is the Constellation
    server of this very host.
    """
    names = host.get("upstreams", {})
    return {
        "nginx_sites": nginx_sites(sites, Platform.of(host), names, server),
        "notes": upstreams.notes(sites, names) + console.notes(sites, server),
        "certificates": [{"name": site.name, "names": list(site.server_names)} for site in sites],
        "probes": [_probe(site, route) for site in sites for route in site.routes],
        "closed_ports": sorted(
            {route.upstream.port for site in sites for route in site.routes if server.is_here(route)}
        ),
    }


def constellation_plan(edges: Mapping[str, Sequence[Site]], machine: Machine) -> dict[str, Any]:
    """Return the URIs that a host's Constellation server listens on, and the one that its sentinel calls.

    `edges` maps each edge host to its sites. `upstreams` are those of the routes that lead to this host's server.
    """
    found = [(edge, site, route) for edge, sites in edges.items() for site, route in constellation_routes(sites)]
    own = machine.own_routes([(edge, route) for edge, _site, route in found])
    uris = list(dict.fromkeys(listen_uri(route) for route in own))
    sentinel = ""
    if own:
        # Beside its server a sentinel needs neither the proxy nor a certificate, only the new path.
        sentinel = listen_uri(own[0]).replace("+", "127.0.0.1", 1)
    elif machine.is_sentinel and found:
        _edge, site, route = found[0]
        sentinel = f"https://{site.name}{route.path}"
    upstreams = list(dict.fromkeys(route.upstream.url for route in own))
    return {"listen_uris": uris, "sentinel_uri": sentinel, "upstreams": upstreams}


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
    return f"http://+:{route.upstream.port}{route.path if route.prefix == 'keep' else '/'}"


def _probe(site: Site, route: Route) -> dict[str, Any]:
    probe: dict[str, Any] = {"url": f"https://{site.name}{route.path}"}
    for kind in ("sse", "websocket", "stream"):
        if kind in route.probe:
            probe[kind] = route.path + str(route.probe[kind]).lstrip("/")
    if "status" in route.probe:
        probe["status"] = route.probe["status"]
    return probe
