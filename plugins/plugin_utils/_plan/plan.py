# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the variables of every role, derived in one place from validated sites and the facts of a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from .._constellation.local_server import NO_SERVER, LocalServer
from .._features import registry as features
from .._features._policy import client_names, policy, strangers
from .._features.default_site import default_of
from .._features.place import Host, Pinned
from .._features.plain_http import SERVE
from .._features.returned import CLOSES
from .._inventory.site import Site
from .._nginx.platform import Platform
from .._sites.nginx_sites import nginx_sites
from . import adoption, moved
from .access_table import access_table
from .addresses import asked_at
from .machine import Machine
from .servers import constellation_routes, listen_uri
from .standing import by_grpc

# The checks of `edge_hostile_probe` by which names on port 80 lead to HTTPS.
_REDIRECTS = ("names.host-dot-80", "names.host-port-80", "names.host-uppercase-80")


def edge_plan(
    sites: Sequence[Site],
    host: Mapping[str, Any],
    server: LocalServer = NO_SERVER,
    pins: Mapping[str, Pinned] | None = None,
    address: str = "",
) -> dict[str, Any]:
    """Return what the roles of an edge host get, what is asked in the end, and what a person should know.

    `host` is what `edge_preflight` says, asked for the names of `upstream.asked_names`; `server` is the Constellation
    server of this very host, `pins` the certificates that services must show, by the names of their files. `address` is
    what the controller connects to, "" where it does so for all sites whatever they listen on.
    """
    servers = host.get("servers", [])
    before = by_grpc(sites, servers)
    clients = {name: found["addresses"] for name, found in host.get("clients", {}).items()}
    asked = host.get("upstreams", {}), server, host.get("sockets", {}), pins or {}, before, clients
    known = Host(Platform.of(host), *asked)
    names = known.names
    written, sites = sites, moved.with_moves(sites, servers, names)
    default, listed = default_of(sites), client_names(sites, known)
    leads = {"leads_to": default.name} if default else {}
    reached = [(site, at) for site in sites if (at := asked_at(site, address)) is not None]
    return {
        "nginx_sites": nginx_sites(sites, known, moved.plain_moves(sites, servers, names)),
        "notes": [
            *features.notes(sites, known),
            *adoption.notes(sites, servers),
            *moved.notes(written, sites, server, servers, names),
        ],
        "certificates": adoption.certificates(sites, servers),
        "probes": [
            probe
            | adoption.probe_traits(site, each.route, servers)
            | strangers(policy(each.site, each.route))
            | features.traits(site)
            | at
            for site, at in reached
            for each in features.places([site], known)
            for probe in features.probes(each)
        ]
        + [probe | _own_traits(probe, site) | at for site, at in reached for probe in features.site_probes(site)]
        + [probe | at for site, at in reached if site.http == SERVE for probe in _in_clear(site, known)],
        "hostile": [_hostile(site, known, path) | leads | at for site, at in reached if (path := _answering(site))],
        "access": access_table(sites, known, servers, address),
        "closed_ports": features.closed_ports(sites, known),
        "jails": features.jails(sites, known),
        **({"client_names": {each.file: each.settings() for each in listed}} if listed else {}),
    }


def _in_clear(site: Site, host: Host) -> list[dict[str, Any]]:
    """Return what is asked of a site's routes without TLS: what leads elsewhere is known from HTTPS."""
    asked = [
        {
            **probe,
            **strangers(policy(at.site, at.route)),
            **features.traits(site),
            "url": probe["url"].replace("https://", "http://", 1),
        }
        for at in features.places([site], host)
        for probe in features.probes(at)
    ]
    # Without TLS nobody speaks HTTP/2 there, and so no gRPC.
    return [probe for probe in asked if "location" not in probe and not probe.get("grpc")]


def _own_traits(probe: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """Return what becomes of an answer under a name of the site itself; others lead there."""
    return features.traits(site) if urlsplit(probe["url"]).hostname in site.server_names else {}


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
        sentinel = f"https://{site.name}{route.base}"
    upstreams = list(dict.fromkeys(route.upstream.url for route in own))
    return {"listen_uris": uris, "sentinel_uri": sentinel, "upstreams": upstreams}


def _answering(site: Site) -> str:
    """Return a path of a site at which there is an answer, its root where that has one; "" for none.

    One that limits requests is asked only where there is no other: an attacker's questions are many.
    """
    silent = {route.base for route in site.routes if route.returns.get("code") == CLOSES}
    limited = {route.base for route in site.routes if route.rate_limit}
    paths = [path for path in ("/", *(route.base for route in site.routes)) if path not in silent]
    return next((path for path in sorted(paths, key=limited.__contains__)), "")


def _hostile(site: Site, host: Host, path: str) -> dict[str, Any]:
    """Return what is asked of a site as an attacker would: its URL, and a path of it that is kept for the LAN.

    What an owner decides on is not asked: the answers of his own server, and what the features of a site leave to him.
    """
    is_closed = "maintenance" in features.traits(site)
    # An owner's server on port 80 answers 503 in maintenance, too.
    without = ["answers", *(_REDIRECTS if is_closed else ())] if site.adopt else features.unproven(site)
    # In maintenance nothing is kept, since nothing is served.
    kept = "" if is_closed else next(iter(features.kept(site, host)), "")
    return {"url": f"https://{site.name}{path}", "kept": kept, "without": without}
