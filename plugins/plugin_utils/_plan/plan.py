# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the variables of every role, derived in one place from validated sites and the facts of a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._inventory.site import ANY, Route, Site
from .._sites import console, upstreams
from .._sites.console import LocalServer
from .._sites.nginx_sites import NO_SERVER, nginx_sites
from .._sites.platform import Platform
from . import adoption, moved
from .machine import Machine
from .servers import constellation_routes, listen_uri


def edge_plan(sites: Sequence[Site], host: Mapping[str, Any], server: LocalServer = NO_SERVER) -> dict[str, Any]:
    """Return what the roles of an edge host get, what is asked in the end, and what a person should know.

    `host` is what `edge_preflight` says, asked for the names of `upstreams.asked_names`; `server` is the Constellation
    server of this very host.
    """
    names, servers = host.get("upstreams", {}), host.get("servers", [])
    written, sites = sites, moved.with_moves(sites, servers, names)
    return {
        "nginx_sites": nginx_sites(sites, Platform.of(host), names, server, moved.plain_moves(sites, servers, names)),
        "notes": [
            *upstreams.notes(sites, names),
            *console.notes(sites, server),
            *adoption.notes(sites, servers),
            *moved.notes(written, sites, server, servers, names),
        ],
        "certificates": adoption.certificates(sites, servers),
        "probes": [
            probe | adoption.probe_traits(site, route, servers)
            for site in sites
            for route in site.routes
            for probe in _probes(site, route)
        ],
        "hostile": [_hostile(site, server) for site in sites],
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


def _probes(site: Site, route: Route) -> list[dict[str, Any]]:
    """Return what is asked of a route, and of its old path."""
    old = [{"url": f"https://{site.name}{route.moved_from}", "status": [308]}] if route.moved_from else []
    return [_probe(site, route), *old]


def _hostile(site: Site, server: LocalServer) -> dict[str, Any]:
    """Return what is asked of a site as an attacker would: its URL, and a path of it that is kept for the LAN.

    What an owner decides on is not asked: the answers of his own server, and who may show a site in a frame.
    """
    kept = (path for route in site.routes for path in console.kept_paths(route, server))
    framed = ["answers.x-frame-options", "answers.content-security-policy"] if site.frame_ancestors == (ANY,) else []
    without = ["answers"] if site.adopt else framed
    return {"url": f"https://{site.name}/", "kept": next(kept, ""), "without": without}


def _probe(site: Site, route: Route) -> dict[str, Any]:
    probe: dict[str, Any] = {"url": f"https://{site.name}{route.path}"}
    for kind in ("sse", "websocket", "stream"):
        if kind in route.probe:
            probe[kind] = route.path + str(route.probe[kind]).lstrip("/")
    if "status" in route.probe:
        probe["status"] = route.probe["status"]
    return probe
