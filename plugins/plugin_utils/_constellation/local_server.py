# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the Constellation server on a proxy's own host, as far as its routes have to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._inventory.site import Route

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

    def is_here(self, route: Route) -> bool:
        """Whether a route's upstream is on the proxy's own host."""
        return route.upstream.is_loopback or route.upstream.host in self.own_hosts

    def serves(self, route: Route) -> bool:
        """Whether a route leads to this server, whatever the route calls itself."""
        return self.is_here(route) and (route.app == CONSTELLATION or route.upstream.port in self.ports)


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
