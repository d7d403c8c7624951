# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: upstreams that only the host can tell to be wrong: the proxy itself, and names that it cannot start with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .._features.place import Host, Place
from .._features.upstream import PROXY_PORTS, itself, unknown
from .._inventory.schema import Problem, written_routes
from .._inventory.site import Route, Site
from .._nginx.platform import Platform


def upstream_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host: Mapping[str, Any], addresses: Collection[str]
) -> list[Problem]:
    """Return each upstream that cannot be.

    `raw` is `edge_sites` as it was written, `host` what `edge_preflight` says, `addresses` the names and addresses that
    the inventory has for this host.
    """
    known = Host(Platform.of(host), host.get("upstreams", {}))
    own = {*host.get("own_hosts", []), *(each.lower() for each in addresses)}
    return [
        Problem(f"site {site.name}, route {route.path}", text, entry.get("upstream", entry))
        for entry, site, route in written_routes(raw, sites)
        for text in (*_itself(route, own), *_unknown(Place(route, site, known)))
    ]


def _itself(route: Route, own: Collection[str]) -> Iterator[str]:
    for target in route.targets:
        if target.port in PROXY_PORTS and {target.host, target.host.strip("[]")} & {*own}:
            yield itself(target)


def _unknown(at: Place) -> Iterator[str]:
    version = ".".join(map(str, at.host.platform.nginx))
    for name in unknown(at):
        yield (
            f"nobody knows an address of {name}, and nginx {version} asks for the names of a list when it starts, "
            "which it then would not do: give the name an address in DNS, or write an address into the list"
        )
