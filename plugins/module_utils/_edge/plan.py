# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the variables of every role, derived in one place from validated sites and the facts of a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .nginx_sites import nginx_sites
from .platform import Platform
from .schema import Route, Site
from .upstreams import notes

CONSTELLATION = "constellation"


def edge_plan(sites: Sequence[Site], host: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the roles of an edge host get, what is asked in the end, and what a person should know.

    `host` is what `edge_preflight` says, asked for the names of `upstreams.asked_names`.
    """
    names = host.get("upstreams", {})
    return {
        "nginx_sites": nginx_sites(sites, Platform.of(host), names),
        "notes": notes(sites, names),
        "certificates": [{"name": site.name, "names": list(site.server_names)} for site in sites],
        "probes": [_probe(site, route) for site in sites for route in site.routes],
        "closed_ports": sorted(
            {route.upstream.port for site in sites for route in site.routes if route.upstream.is_loopback}
        ),
    }


def constellation_plan(
    edges: Mapping[str, Sequence[Site]], host: str, is_listed: bool, is_sentinel: bool
) -> dict[str, Any]:
    """Return the URIs that a host's Constellation server listens on, and the one that its sentinel calls.

    `edges` maps each edge host to its sites; `is_listed` is true for a member of `constellation_servers`.
    A server on an edge host needs no listing: its route's loopback upstream says where it is.
    """
    found = [(edge, site, route) for edge, sites in edges.items() for site, route in constellation_routes(sites)]
    own = [
        route
        for edge, _site, route in found
        if (edge == host and route.upstream.is_loopback)
        or (is_listed and not (route.upstream.is_loopback and edge != host))
    ]
    uris = list(dict.fromkeys(_listen_uri(route) for route in own))
    sentinel = ""
    if own:
        # Beside its server a sentinel needs neither the proxy nor a certificate, only the new path.
        sentinel = _listen_uri(own[0]).replace("+", "127.0.0.1", 1)
    elif is_sentinel and found:
        _edge, site, route = found[0]
        sentinel = f"https://{site.name}{route.path}"
    return {"listen_uris": uris, "sentinel_uri": sentinel}


def constellation_routes(sites: Sequence[Site]) -> list[tuple[Site, Route]]:
    """Return the routes that lead to a Constellation server."""
    return [(site, route) for site in sites for route in site.routes if route.app == CONSTELLATION]


def _listen_uri(route: Route) -> str:
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
