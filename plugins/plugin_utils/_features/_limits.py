# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what the limits of routes share: who a client is, and which zone of nginx's memory counts him.

A zone is one route's, and its name says which limit it holds: a running nginx keeps what a zone of the same name has
counted, and refuses another key for it. A location that does not say its own limit counts in the zone of its route.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from .._keys.path_forms import Path
from .place import Place

if TYPE_CHECKING:
    from .._inventory.site import Route

#: the client whom a limit counts; nginx counts nobody whose key is empty
CLIENT = "$constellation_edge_client"
#: why a limit is refused where nginx answers by `return` (phases of nginx.org/en/docs/dev/development_guide.html)
NOT_COUNTED = "nginx answers before it counts requests"
# Bytes of a zone: 8,192 clients at 128 bytes each for requests, 16,384 at 64 bytes for connections (nginx's manual,
# ngx_http_limit_req_module and ngx_http_limit_conn_module). Of requests, the client who asked longest ago is forgotten
# for a new one; of connections there are never more clients than a home's nginx has connections.
SIZE = "1m"
_NETWORK = "$constellation_edge_network"
_SHORT, _LONG = "constellation_edge_ipv4", "constellation_edge_ipv6"
# Letters of the site in the name of a zone, as in that of a cache.
_LONGEST = 200

# An IPv6 client has the 2^64 addresses of its network (RFC 6177, 2011; RFC 4291 section 2.5.4, 2006). The address is 16
# bytes, in which `.` is any one by `(?s)`, a line feed included. IPv4 in IPv6 (RFC 4291 section 2.5.5.2) is one client
# an address. What comes from an address of the host's own to that same address is the host: its health checks, and
# what a run asks of every route at once.
_MAPS = (
    f"map $binary_remote_addr {_NETWORK} {{ default $binary_remote_addr; "
    rf'"~(?s)^\x00{{10}}\xff\xff(?<{_SHORT}>.{{4}})\z" ${_SHORT}; "~(?s)^(?<{_LONG}>.{{8}}).{{8}}\z" ${_LONG}; }}'
    "\n"
    rf'map "$remote_addr $server_addr" {CLIENT} {{ default {_NETWORK}; "~^(\S+) \1$" ""; }}'
)


def client_maps(used: bool) -> str:
    """Return the maps that say who a client is, "" where nothing asks."""
    return _MAPS if used else ""


def zone(at: Place, kind: str, said: Callable[[Route], str]) -> str:
    """Return the name of the zone that counts at a place; `said` returns a route's limit as a text."""
    of_route = next((each for each in at.site.routes if each.path == at.route.within), at.route)
    counted = of_route if said(of_route) == said(at.route) else at.route
    # A path of a location is one with and without its last slash.
    path = Path.of(counted.path).text.rstrip("/")
    digest = hashlib.sha256(repr((at.site.name, path, said(at.route))).encode()).hexdigest()
    return f"constellation_edge_{kind}_{at.site.name[:_LONGEST]}-{digest[:8]}"


def is_first(at: Place, kind: str, said: Callable[[Route], str]) -> bool:
    """Whether a place is the first one of its site that counts in its zone: nginx takes each name once."""
    name = zone(at, kind, said)
    several = (each for each in at.site.places if said(each) and zone(replace(at, route=each), kind, said) == name)
    return next(several).identity == at.route.identity
