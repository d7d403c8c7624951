# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: one host of the inventory, and which of the routes' upstreams mean it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._inventory.edges import Edges
from .._inventory.site import Route
from .._inventory.variables import SENTINEL_GROUP, SERVER_GROUP
from .servers import constellation_hosts


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


def machine(
    name: str, address: str, groups: Mapping[str, Sequence[str]], edges: Edges, found: Mapping[str, Any]
) -> Machine:
    """Return a host as the inventory and `constellation_info` know it; `address` is where the controller finds it."""
    hosts = constellation_hosts(edges.sites.values())
    listed = groups.get(SERVER_GROUP, [])
    return Machine(
        name,
        own_hosts=frozenset([*_named(hosts, {name: address}), *found.get("own_hosts", [])]),
        is_listed=name in listed,
        is_sentinel=name in groups.get(SENTINEL_GROUP, []),
        sole_server=[host for host in listed if host not in edges.addresses] == [name],
        edge_hosts=frozenset(_named(hosts, edges.addresses)),
    )


def _named(hosts: Iterable[str], addresses: Mapping[str, str]) -> list[str]:
    """Return those of the upstreams' hosts by which the inventory knows one of these hosts, by name or address."""
    known = {value.lower() for pair in addresses.items() for value in pair}
    return [host for host in hosts if host.strip("[]").lower() in known]
