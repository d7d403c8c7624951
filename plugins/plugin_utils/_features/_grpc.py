# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: nginx's module for gRPC, which has most directives of its proxy module, by names of its own.

Features say what a route's location has in the words of the proxy module; here it is said for the route's service.
What the gRPC module has no directive for is left out: it buffers nothing, speaks HTTP/2 alone, and takes redirects,
cookies and paths as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._grpc_claims import REFUSING
from .place import Host, Place

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

_HTTP, _GRPC = "proxy_", "grpc_"
# Behind `proxy_` and `grpc_` (ngx_http_grpc_module of nginx 1.18; later ones have no fewer).
_BOTH = frozenset(
    (
        *("pass", "set_header", "hide_header", "ignore_headers", "next_upstream", "buffer_size"),
        *("connect_timeout", "send_timeout", "read_timeout"),
        *("ssl_name", "ssl_server_name", "ssl_session_reuse"),
        *("ssl_trusted_certificate", "ssl_verify", "ssl_verify_depth"),
    )
)
#: where a request goes
PASSES = ("proxy_pass", "grpc_pass")
# What a route has without our mark: it goes when the path has no gRPC service any more.
_UNMARKED = (
    *("pass", "set_header", "hide_header", "ignore_headers", "buffer_size", "ssl_name"),
    *("connect_timeout", "send_timeout", "read_timeout"),
)
# Before it, nginx ends a call whose service has answered before it read all ("upstream sent frame for closed stream",
# nginx.org/en/CHANGES, 2020-11-24): in the lab, two of three calls to a service of grpc-python.
SOUND = (1, 19, 5)


def is_grpc(route: Route) -> bool:
    """Whether a route leads to a service that speaks gRPC."""
    return bool(route.targets) and route.upstream.is_grpc


def spoken(route: Route, name: str) -> str:
    """Return the name of a directive, alone or with the argument behind it, for the service; "" where it has none."""
    if not is_grpc(route) or not name.startswith(_HTTP):
        return name
    word, space, rest = name.removeprefix(_HTTP).partition(" ")
    return f"{_GRPC}{word}{space}{rest}" if word in _BOTH else ""


def all_spoken(route: Route, directives: Mapping[str, Any]) -> dict[str, Any]:
    """Return the directives of a location for the service."""
    return {known: value for name, value in directives.items() if (known := spoken(route, name))}


def owned_by_both(at: Place, names: Iterable[str]) -> list[str]:
    """Return what a location decides on, in the form of `owns`: of the other module, what the last run wrote there."""
    several = [*names]
    if not is_grpc(at.route):
        return several + left(at.site, at.route.identity, at.host)
    others = (f"{_HTTP}{name}" for name in ("set_header", "hide_header"))
    return list(dict.fromkeys((*several, *filter(None, (spoken(at.route, each) for each in several)), *others)))


def left(site: Site, identity: str, host: Host) -> list[str]:
    """Return what a route of a gRPC service has left at a path, in the form of `owns`."""
    return [REFUSING, *(f"{_GRPC}{name}" for name in _UNMARKED)] if (site.name, identity) in host.by_grpc else []
