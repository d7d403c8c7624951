# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the `upstream` block of a route: of a name that nginx asks for itself, and of several services.

Before `resolve` (1.27.3) nginx asks for the names of a block when it starts, and does not start without an answer: such
a name is written as the address that it has now.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .._keys.names import Upstream
from ._addresses import is_asked, known_address, resolver
from .place import Place

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
    """Return the name of the route's `upstream` block, "" for none: no two of all sites are equal."""
    route = at.route
    if len(route.targets) > 1:
        # The same services by the same rules are one block, whichever routes lead there.
        digest = hashlib.sha256(repr((route.targets, route.sticky)).encode()).hexdigest()[:12]
        return f"constellation_edge_{at.site.name}_{digest}"
    if at.host.platform.can_resolve_upstreams and is_asked(route.upstream, at.host.names):
        return f"constellation_edge_{at.site.name}_{route.upstream.host}_{route.upstream.port}"
    return ""


def block(at: Place) -> dict[str, Any]:
    """Return the directives of the block."""
    name, several = group(at), len(at.route.targets) > 1
    found: dict[str, Any] = {"zone": f"{name} {_ZONE_SIZE}"}
    if at.host.platform.can_resolve_upstreams and (asked := _resolver(at)):
        found |= {"resolver": asked, "resolver_timeout": _RESOLVER_TIMEOUT}
    servers = [_server(each, at, _ONE_OF_SEVERAL if several else _ALONE) for each in at.route.targets]
    return {**found, "server": servers if several else servers[0]}


def fixed(at: Place) -> dict[str, str]:
    """Return by name the addresses that nginx is given because it cannot ask for the names of a list."""
    if len(at.route.targets) < 2 or at.host.platform.can_resolve_upstreams:
        return {}
    names = at.host.names
    return {each.host: str(names[each.host].get("now", "")) for each in at.route.targets if is_asked(each, names)}


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
