# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a Constellation server keeps for its own host stays in the LAN when the proxy is on that host, too.

Behind such a proxy the server takes every request for one of its own host: `localhostOnly` protects nothing, and nginx
has to. The server reads a path without regard to case, with doubled slashes collapsed and a backslash taken for a
slash, and below each of its listenUris. So a folder's name counts as found wherever a part of the path begins with it;
what nginx compares is the path with its escapes and dots resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils._host.lan import LAN_NETWORKS
from .._inventory.site import CONSTELLATION, LAN, Route, Site

_OUTSIDE = "$constellation_edge_outside"
_KEPT = "$constellation_edge_kept"
# What `guard` can set, in the form of `owns`.
GUARD = f"if ({_KEPT}) {{}}"
_SLASH = r"[/\x5c]"
_ANY = f".*{_SLASH}"
# Mono resolves escapes twice and more, nginx once. A path that is escaped twice is nobody's but an intruder's.
_STILL_ESCAPED = ".*%[0-9a-f][0-9a-f]"
# Mono drops some characters out of a path, passes over others when it compares, and takes others for letters. What is
# no printable ASCII is asked for by none of the server's clients.
_STRANGE = r".*[^\x20-\x7e]"


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


def guard(route: Route, server: LocalServer) -> dict[str, Any]:
    """Return the directive that answers 403 outside the LAN, for a route's location; nothing where none is needed."""
    # A `return` is the one thing that nginx's `if` does in a location without side effects.
    return {f"if ({_KEPT})": {"return": "403"}} if is_kept(route, server) else {}


def kept_text(sites: Iterable[Site], server: LocalServer) -> str:
    """Return what the guards of all sites ask, for the http level; "" where there is none."""
    kept = [route for site in sites for route in site.routes if is_kept(route, server)]
    paths = dict.fromkeys(path for route in kept for path in (route.path, route.moved_from) if path)
    if not paths:
        return ""
    networks = " ".join(f"{network} 0;" for network in dict.fromkeys([*LAN_NETWORKS, *server.lan]))
    # A name that is no ASCII is strange anyhow.
    names = [_folder(folder) for folder in _kept_folders(server) if folder.isascii()]
    kept_ones = [f"(?:{_ANY})?(?:{'|'.join(names)})"] if names else []
    forbidden = "|".join((*kept_ones, _STILL_ESCAPED, _STRANGE))
    entries = " ".join(f'"~*(?s)^1{_literal(path)}(?:{forbidden})" 1;' for path in paths)
    return "\n".join(
        (
            f"geo {_OUTSIDE} {{ default 1; {networks} }}",
            # volatile: a path that an owner's rewrite changes is looked at again.
            f'map "{_OUTSIDE}$uri" {_KEPT} {{ volatile; default 0; {entries} }}',
        )
    )


def is_kept(route: Route, server: LocalServer) -> bool:
    """Whether nginx has to keep something of a route for the LAN."""
    return bool(route.console == LAN and _kept_folders(server) and server.serves(route))


def kept_paths(route: Route, server: LocalServer) -> list[str]:
    """Return the folders of a route that nginx keeps for the LAN, as public paths."""
    folders = _kept_folders(server) if is_kept(route, server) else []
    return [f"{route.path.rstrip('/')}/{folder.strip('/')}/" for folder in folders if folder.isascii()]


def _kept_folders(server: LocalServer) -> list[str]:
    return [folder for folder in server.folders if folder != "/"]


def notes(sites: Iterable[Site], server: LocalServer) -> list[str]:
    """Return what cannot be kept for the LAN."""
    if "/" not in server.folders:
        return []
    routes = [(site, route) for site in sites for route in site.routes if server.serves(route) and route.console == LAN]
    return [
        f"{site.name}{route.path}: the Constellation server keeps the folder at its root for its own host (fileServer "
        'with path="/" and localhostOnly), which nginx cannot tell from the server\'s other answers: it is open to '
        "everybody. Give the fileServer a path of its own, such as /WebConsole"
        for site, route in routes
    ]


def _folder(path: str) -> str:
    """Return an expression for a folder's path; a server that resolves dots sees nothing else between its parts."""
    return f"{_SLASH}(?:{_ANY})?".join(_literal(part) for part in path.strip("/").split("/") if part)


def _literal(path: str) -> str:
    """Return an expression for a text, without a sign that would need quotes in nginx's configuration."""
    return "".join(letter if letter.isalnum() or letter in "_-/" else rf"\x{ord(letter):02x}" for letter in path)


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
