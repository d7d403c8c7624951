# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the `upstream` block of a route: its name, its services, and the connections that nginx keeps to them.

Before `resolve` (1.27.3) nginx asks for the names of a block when it starts, and does not start without an answer: such
a name is written as the address that it has now where it stands in a list, and alone it has no block.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from .._keys.names import Upstream
from ._addresses import is_asked, known_address, resolver
from .place import Place

#: milliseconds for which nginx keeps an idle connection, where nobody says another time. No server that is known to
#: keep connections ends an idle one earlier by itself: gunicorn's threads do after 2 s (23.0.0, measured
#: 2026-11-30), and all others of which we know later.
USUAL = 800
# Idle connections of a worker: as many as a browser asks for at once by HTTP/2 (128, http2_max_concurrent_streams of
# nginx). With fewer, each burst closes what the next one opens again. Where they stay for seconds there are fewer:
# some services have a process for each of them (150 are the most of Apache's prefork).
_IDLE, _IDLE_FOR_LONG, _LONG = "128", "32", 1000
# What says how a connection to a service begins, and what says so of one client alone.
_WAY = re.compile("proxy_|grpc_")
_OF_ONE_CLIENT = re.compile(r"(?:proxy|grpc)_(?:bind|ssl_\w+)\s[^;]*\$")
# nginx wants at least 8 pages, which have 16 KiB on a Raspberry Pi 5 and 64 KiB on some ARM servers.
_ZONE_SIZE = "512k"
# Without an answer nginx keeps the addresses that it has and asks again after this time; its own choice is 30 s.
_RESOLVER_TIMEOUT = "2s"
# An address that failed is asked again at once: a back end that restarts is not left alone for 10 s.
_ALONE = "max_fails=0"
# One of several that failed is left alone for a while, so that not every request waits for it first. By itself nginx
# does so after one failure: a client that knows how to have a service hang up could have all of them left alone.
_ONE_OF_SEVERAL = "max_fails=3 fail_timeout=10s"


def group(at: Place) -> str:
    """Return the name of the route's `upstream` block, "" for none: no two of all sites are equal.

    The same services by the same rules are one block, whichever routes lead there.
    """
    route, platform = at.route, at.host.platform
    if not route.targets or is_asked_at_requests(at):
        return ""
    keeps = not at.site.adopt and not _names_its_target(at) and (kept(at) or platform.keeps_upstreams)
    if len(route.targets) > 1:
        which = _digest(route.targets, route.sticky)
    elif is_asked(route.upstream, at.host.names) or keeps:
        which = _called(route.upstream)
    else:
        return ""
    return "_".join(("constellation_edge", at.site.name, which, *_own(at)))


def is_asked_at_requests(at: Place) -> bool:
    """Whether nginx asks for the name of the only service at each request, by a variable: that leads to no block."""
    several, asks = len(at.route.targets) > 1, at.host.platform.can_resolve_upstreams
    return not several and not asks and is_asked(at.route.upstream, at.host.names)


def block(at: Place) -> dict[str, Any]:
    """Return the directives of the block."""
    name, several = group(at), len(at.route.targets) > 1
    asked = _resolver(at) if at.host.platform.can_resolve_upstreams else ""
    # All workers know of one another's failures, and of one another's answers from DNS.
    found: dict[str, Any] = {"zone": f"{name} {_ZONE_SIZE}"} if several or asked else {}
    if asked:
        found |= {"resolver": asked, "resolver_timeout": _RESOLVER_TIMEOUT}
    servers = [_server(each, at, _ONE_OF_SEVERAL if several else _ALONE) for each in at.route.targets]
    return {**found, "server": servers if several else servers[0], **_kept(at)}


def fixed(at: Place) -> dict[str, str]:
    """Return by name the addresses that nginx is given because it cannot ask for the names of a list."""
    if len(at.route.targets) < 2 or at.host.platform.can_resolve_upstreams:
        return {}
    names = at.host.names
    return {each.host: str(names[each.host].get("now", "")) for each in at.route.targets if is_asked(each, names)}


def kept(at: Place) -> int:
    """Return for how many milliseconds nginx keeps an idle connection for the route, 0 for none.

    In an adopted server, lines of its owner's that nobody here knows may begin a connection in the name of one client,
    such as by `proxy_bind` with his address. So may what a file has that `raw` includes.
    """
    texts = at.route.raw, at.site.raw, at.site.raw_http
    unknown = "include" in at.route.raw or any(map(_OF_ONE_CLIENT.search, texts))
    return 0 if at.site.adopt or unknown else at.route.keepalive


def _kept(at: Place) -> dict[str, Any]:
    """Return how many idle connections each worker keeps, and how long."""
    if milliseconds := kept(at):
        return {
            "keepalive": _IDLE if milliseconds <= _LONG else _IDLE_FOR_LONG,
            "keepalive_timeout": f"{milliseconds}ms",
        }
    return {"keepalive": "0"} if at.host.platform.keeps_upstreams and not at.site.adopt else {}


def _own(at: Place) -> Iterator[str]:
    """Yield what tells blocks of the same services apart, since who shares one shares its connections.

    A connection by TLS was checked as one route wants it, or not at all, and one by gRPC speaks HTTP/2. What `raw` says
    of the way to a service counts when a connection begins. A location of a route, and what is made of it, is as the
    route in all of this but `raw`.
    """
    route = at.route
    if not at.site.adopt and (milliseconds := kept(at)) != USUAL:
        yield f"{milliseconds}ms" if milliseconds else "off"
    if route.upstream.is_tls or _WAY.search(route.raw):
        yield _digest(route.mount, sorted(route.upstream_tls.items()), route.raw if _WAY.search(route.raw) else "")[:8]
    if route.upstream.is_grpc:
        yield "grpc"


def _names_its_target(at: Place) -> bool:
    """Whether something of the route is told the address that stands in `proxy_pass`, which a block would hide."""
    texts = (at.route.raw, at.site.raw, *map(str, at.route.request_headers.values()))
    return any("$proxy_host" in each or "$proxy_port" in each for each in texts)


def _called(target: Upstream) -> str:
    """Return a service as a part of a name; a colon would begin a port, and a slash a path."""
    if target.is_socket:
        return _digest(target.host)
    host = _digest(target.host) if ":" in target.host else target.host
    return f"{host}_{target.port}"


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _server(target: Upstream, at: Place, rules: str) -> str:
    address = known_address(target, at.host.names)
    asked = ""
    if not address:
        found = at.host.names[target.host]
        asks = at.host.platform.can_resolve_upstreams
        address, asked = (found["full_name"], "resolve") if asks else (found.get("now", ""), "")
    where = address if target.is_socket else f"{address}:{target.port}"
    weight = f"weight={target.weight}" if target.weight > 1 else ""
    return " ".join(filter(None, (where, asked, weight, rules, "backup" if target.backup else "")))


def _resolver(at: Place) -> str:
    """Return the DNS servers for all names of the block: those that answer for each of them, else all of them."""
    found = [at.host.names[each.host] for each in at.route.targets if is_asked(each, at.host.names)]
    if not found:
        return ""
    every = list(dict.fromkeys(server for each in found for server in each["servers"]))
    common = [server for server in every if all(server in each["servers"] for each in found)]
    return resolver({"servers": common or every, "fresh": all(each["fresh"] for each in found)}, at.host.platform)
