# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the servers that `edge_preflight` found under the names of the sites, and where their locations lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from .._features.place import Names
from .._features.upstream import VARIABLE
from .._inventory.site import Route, Site
from .._keys.names import Upstream
from .._keys.path_forms import Path

Server = Mapping[str, Any]
Location = Mapping[str, Any]

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What `proxy_pass` leads to, and the path that the service gets; behind a socket a colon begins it.
_TARGET = re.compile(r"(\w+://(?:unix:[^:]*|[^/]*)):?(/.*)?\Z", re.DOTALL)
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


def owners_servers(site: Site, servers: Iterable[Server]) -> list[Server]:
    """Return those of the servers on a port of the web that bear a name of the site and are not ours."""
    return [
        server
        for server in servers
        if not server["ours"] and bears(site, server) and (has_port(server, "80") or has_port(server, "443"))
    ]


def locations(site: Site, servers: Iterable[Server], port: str) -> list[Location]:
    """Return the locations of all servers of the site on a port, ours and its owner's."""
    found = (server for server in servers if bears(site, server) and has_port(server, port))
    return [location for server in found for location in server["locations"]]


def are_served(sites: Iterable[Site], servers: Sequence[Server]) -> bool:
    """Whether locations of ours, or that were taken over, have the paths of all routes already."""
    return all(_is_served(site, route, servers) for site in sites for route in site.places)


def _is_served(site: Site, route: Route, servers: Iterable[Server]) -> bool:
    there = [each for each in locations(site, servers, "443") if path_of(each) == route.identity]
    return any(each["ours"] and not each["moved_to"] for each in there)


def by_grpc(sites: Iterable[Site], servers: Sequence[Server]) -> frozenset[tuple[str, str]]:
    """Return the places that lead to a service by gRPC, by the name of the site and the identity of the path."""
    found = ((site.name, each) for site in sites for each in locations(site, servers, "443"))
    return frozenset((name, path_of(each)) for name, each in found if str(each["upstream"]).startswith("grpc"))


def has_port(server: Server, port: str) -> bool:
    """Whether a server listens on a port."""
    return any(address.rpartition(":")[2] == port for address in server["listens"])


def path_of(location: Location) -> str:
    """Return the path of a location for a prefix, or what it is for with its modifier."""
    return Path.written(str(location["location"])).identity


def leads_there(route: Route, location: Location, names: Names | None = None) -> bool:
    """Whether a location leads to a service of a route, with any path.

    The loopback has several names; `names` knows others by which nginx was given the upstream's host.
    """
    return any(_is_same(target, each, names) for target in route.targets for each in _leads_to(location))


def leads_to_all(route: Route, location: Location) -> bool:
    """Whether a location leads to all services of a route and to no other one, with any path."""
    there = _leads_to(location)
    return all(any(_is_same(target, each, None) for each in there) for target in route.targets) and all(
        any(_is_same(target, each, None) for target in route.targets) for each in there
    )


def _leads_to(location: Location) -> list[str]:
    return location.get("servers") or [str(location["upstream"])]


def origin_and_path(proxy_pass: str) -> tuple[str, str]:
    """Return what stands before the path in a `proxy_pass`, and the path, "" for none."""
    match = _TARGET.match(proxy_pass)
    return (match[1], match[2] or "") if match else (proxy_pass, "")


def bears(site: Site, server: Server) -> bool:
    """Whether a server has a name of the site."""
    return not set(site.names).isdisjoint(server["names"])


def _is_same(upstream: Upstream, proxy_pass: str, names: Names | None) -> bool:
    origin, _path = origin_and_path(proxy_pass)
    if upstream.is_socket or origin.startswith("http://unix:"):
        return origin == upstream.url
    try:
        parts = urlsplit(proxy_pass)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return False
    host = parts.netloc.lower()
    host = host[: host.rfind(":")] if re.search(r":\d+\Z", host) else host
    found = (names or {}).get(upstream.host, {})
    known = {upstream.host.lower(), found.get("full_name", ""), found.get("address", "")}
    known |= {VARIABLE} if found else set()
    same_host = host in known or {host, upstream.host.lower()} <= _LOOPBACK
    return parts.scheme == upstream.scheme and same_host and port == upstream.port
