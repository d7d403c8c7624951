# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a Constellation server keeps for its own host stays in the LAN when the proxy is on that host, too.

Behind such a proxy the server takes every request for one of its own host: `localhostOnly` protects nothing, and nginx
has to. The server reads a path without regard to case, with doubled slashes collapsed and a backslash taken for a
slash, and below each of its listenUris. So a folder's name counts as found wherever a part of the path begins with it;
what nginx compares is the path with its escapes and dots resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .._constellation.local_server import CONSTELLATION, LocalServer
from .._keys.keys import key
from .._keys.kinds import Word
from ._lan import INSIDE, lan_networks
from .feature import Directives, Feature
from .place import Host, Needs, Place, Refusal, Written
from .trusted_proxies import trusts

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

LAN, PUBLIC = "lan", "public"
_OUTSIDE = "$constellation_edge_outside"
_KEPT = "$constellation_edge_kept"
_SLASH = r"[/\x5c]"
_ANY = f".*{_SLASH}"
# Mono resolves escapes twice and more, nginx once. A path that is escaped twice is nobody's but an intruder's.
_STILL_ESCAPED = ".*%[0-9a-f][0-9a-f]"
# Mono drops some characters out of a path, passes over others when it compares, and takes others for letters. What is
# no printable ASCII is asked for by none of the server's clients.
_STRANGE = r".*[^\x20-\x7e]"


@dataclass(frozen=True, kw_only=True)
class Console(Feature):
    """`console` of a route."""

    owns: ClassVar[tuple[str, ...]] = (f"if ({_KEPT}) {{}}",)
    console: str = key(
        Word(LAN, PUBLIC),
        "With C(app=constellation), who may open what the server keeps for its own host (C(localhostOnly) of a "
        "C(fileServer), as the Console comes), when the server is on the proxy's host.",
        "V(lan) answers 403 to everybody outside the LAN, V(public) lets everybody in.",
        "A server on another host keeps it for that host itself.",
        default=LAN,
        example=PUBLIC,
    )

    def guard(self, at: Place) -> Directives:
        """Answer 403 outside the LAN, where something has to be kept."""
        # A `return` is the one thing that nginx's `if` does in a location without side effects.
        return {f"if ({_KEPT})": {"return": "403"}} if is_kept(at.route, at.host.server) else {}

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return the maps that the guards ask; "" where there is none."""
        server = host.server
        kept = [route for site in sites for route in site.routes if is_kept(route, server)]
        paths = dict.fromkeys(path for route in kept for path in (_begin(route), route.moved_from) if path)
        if not paths:
            return ""
        # A name that is no ASCII is strange anyhow.
        names = [_folder(folder) for folder in _kept_folders(server) if folder.isascii()]
        kept_ones = [f"(?:{_ANY})?(?:{'|'.join(names)})"] if names else []
        forbidden = "|".join((*kept_ones, _STILL_ESCAPED, _STRANGE))
        below = dict.fromkeys(route.base for route in kept if _is_within(route, server))
        entries = " ".join(f'"~*(?s)^1{_literal(path)}(?:{forbidden})" 1;' for path in paths if path not in below)
        entries += " ".join(f'"~*(?s)^1{_literal(path)}" 1;' for path in below)
        return "\n".join(
            (
                _outside(sites, host),
                # volatile: a path that an owner's rewrite changes is looked at again.
                f'map "{_OUTSIDE}$uri" {_KEPT} {{ volatile; default 0; {entries} }}',
            )
        )

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse a key that would do nothing."""
        said = route.entry.get("console") in (LAN, PUBLIC)
        if said and route.app != CONSTELLATION and route.entry.get("app", route.app) == route.app:
            text = f"console is for `app: {CONSTELLATION}` alone, and this route is {route.app}: take it out"
            yield Refusal(route.place, text, route.entry)

    def needs(self, at: Place) -> Needs:
        """Need what tells the LAN from the rest."""
        return Needs(modules=("http_geo_module",)) if is_kept(at.route, at.host.server) else Needs()

    def kept(self, at: Place) -> list[str]:
        """Return the folders that nginx keeps for the LAN."""
        folders = _kept_folders(at.host.server) if is_kept(at.route, at.host.server) else []
        return [f"{at.route.base.rstrip('/')}/{folder.strip('/')}/" for folder in folders if folder.isascii()]

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what cannot be kept for the LAN."""
        if "/" not in host.server.folders:
            return []
        routes = [(site, route) for site in sites for route in site.routes if host.server.serves(route)]
        return [
            f"{route.found_at(site.name)}: the Constellation server keeps the folder at its root for its own host "
            '(fileServer with path="/" and localhostOnly), which nginx cannot tell from the server\'s other answers: '
            "it is open to everybody. Give the fileServer a path of its own, such as /WebConsole"
            for site, route in routes
            if route.console == LAN
        ]


def _outside(sites: Sequence[Site], host: Host) -> str:
    """Return what tells who is outside the LAN."""
    if trusts(sites):
        return f"map {INSIDE} {_OUTSIDE} {{ default 1; 1 0; }}"
    networks = " ".join(f"{network} 0;" for network in lan_networks(host))
    return f"geo {_OUTSIDE} {{ default 1; {networks} }}"


def is_kept(route: Route, server: LocalServer) -> bool:
    """Whether nginx has to keep something of a route for the LAN."""
    return bool(route.console == LAN and _kept_folders(server) and server.serves(route))


def _is_within(route: Route, server: LocalServer) -> bool:
    """Whether a route may lead into a kept folder by its own path, so that what is behind it does not show the name.

    The service sees its own path, or else that of the route. It is enough that a part of it begins as a folder's first
    part does: then the whole route is kept. Otherwise the folder's name is behind the path, where it is looked for.
    """
    parts = [folder.strip("/").split("/")[0].lower() for folder in _kept_folders(server)]
    behind = route.base.removeprefix(route.mount)
    seen = behind if route.prefix == "strip" else route.base
    ways = (f"{target.path}/{behind}" if target.path else seen for target in route.targets)
    own = [part.lower() for way in ways for part in way.strip("/").split("/")]
    return any(part and each.startswith(part) for each in own for part in parts)


def _begin(route: Route) -> str:
    """Return what stands in front of a folder's name; a route for one path alone may be one for the folder itself."""
    return route.base[: route.base.rindex("/") + 1]


def _kept_folders(server: LocalServer) -> list[str]:
    return [folder for folder in server.folders if folder != "/"]


def _folder(path: str) -> str:
    """Return an expression for a folder's path; a server that resolves dots sees nothing else between its parts."""
    return f"{_SLASH}(?:{_ANY})?".join(_literal(part) for part in path.strip("/").split("/") if part)


def _literal(path: str) -> str:
    """Return an expression for a text, without a sign that would need quotes in nginx's configuration."""
    return "".join(letter if letter.isalnum() or letter in "_-/" else rf"\x{ord(letter):02x}" for letter in path)
