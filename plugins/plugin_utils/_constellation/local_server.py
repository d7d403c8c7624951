# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the Constellation server on a proxy's own host, as far as its routes have to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._inventory.site import Route
    from .._keys.names import Upstream

#: the preset of such a server
CONSTELLATION = "constellation"


@dataclass(frozen=True)
class LocalServer:
    """The Constellation server on the proxy's own host, as its file says.

    `own_hosts` are the upstreams' hosts that mean the proxy's host, beside the loopback. `ports` are those that the
    server listens on. `folders` are the paths, below a listenUri, that it serves to its own host alone. `lan` are
    networks that count as the LAN beside the private ones.
    """

    own_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()
    folders: tuple[str, ...] = ()
    lan: tuple[str, ...] = ()

    def is_at(self, target: Upstream) -> bool:
        """Whether a service is on the proxy's own host."""
        return target.is_loopback or target.host in self.own_hosts

    def is_here(self, route: Route) -> bool:
        """Whether a service of a route is on the proxy's own host."""
        return any(map(self.is_at, route.targets))

    def serves(self, route: Route) -> bool:
        """Whether a route leads to this server, whatever the route calls itself."""
        here = [target for target in route.targets if self.is_at(target)]
        return any(route.app == CONSTELLATION or target.port in self.ports for target in here)


NO_SERVER = LocalServer()


def local_server(found: Mapping[str, Any], listen_uris: Iterable[str], lan: Iterable[str]) -> LocalServer:
    """Read what `constellation_info` found on the proxy's host; `listen_uris` are those that the server will have."""
    server = found.get("server", {})
    ports = (_port(uri) for uri in (*server.get("listen_uris", []), *listen_uris))
    folders = (each["path"] for each in server.get("file_servers", []) if each["localhost_only"])
    return LocalServer(
        frozenset(found.get("own_hosts", [])), frozenset(filter(None, ports)), tuple(folders), tuple(lan)
    )


def _port(uri: str) -> int:
    """Return the port that a listenUri writes, 0 where it writes none."""
    match = re.match(r"[^:]+://[^/:]+:([0-9]{1,5})(?:/|\Z)", uri)
    return int(match.group(1)) if match else 0
