# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of sites, checked and turned into statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import declare
from .declare import Owns, WantedLocation, locations, owned
from .identity import listen_key
from .server import ServerKey
from .tokens import ConfigError, inner
from .tree import Statement

# What a server's declaration has a place of its own for.
_PLACES = {"listen": "listen", "server_name": "server_name", "location": "locations"}


@dataclass
class WantedServer:
    """One server: names, addresses, certificate name, directives and locations.

    With `state` present, `owns` tells the directives that the body decides alone; every other one is left.
    """

    names: list[str]
    listens: list[Statement]
    body: list[Statement]
    locations: list[WantedLocation]
    state: str = "present"
    default: bool = False
    certificate: str | None = None
    owns: Owns = frozenset()

    @property
    def key(self) -> ServerKey:
        """What identifies it for nginx."""
        return ServerKey(
            frozenset(name.lower() for name in self.names) or frozenset({""}),
            frozenset(listen_key(each.args) for each in self.listens) or frozenset({"*:80"}),
        )


@dataclass
class WantedSite:
    """One site file."""

    name: str
    state: str = "present"
    enabled: bool = True
    adopt: bool = False
    body: list[Statement] = field(default_factory=list)
    servers: list[WantedServer] = field(default_factory=list)


def _server(given: Mapping[str, Any], where: str) -> WantedServer:
    names = [inner(str(name)) for name in given.get("server_name") or []]
    if any("\n" in name for name in names):
        raise ConfigError(f"{where}: server_name holds a name with a line end")
    certificate = given.get("certificate")
    if certificate is not None and (certificate in ("", ".", "..") or "/" in certificate or "\n" in certificate):
        raise ConfigError(f"{where}: certificate {certificate!r} is not the name of a lineage")
    listens = [declare.listen(str(each), where) for each in given.get("listen") or []]
    addresses = [listen_key(each.args) for each in listens]
    for address in addresses:
        if addresses.count(address) > 1:
            raise ConfigError(f"{where}: listen names {address} twice")
    if given.get("default"):
        for each in listens:
            if "default_server" not in each.args:
                each.words.append((" ", "default_server"))
    body = declare.directives(given.get("directives"), where)
    for each in body:
        place = _PLACES.get(each.name)
        if place is not None:
            raise ConfigError(f"{where}: directives hold {each.name!r}, which belongs into {place!r} of the server")
    return WantedServer(
        names,
        listens,
        body,
        locations(given.get("locations"), where),
        given.get("state") or "present",
        bool(given.get("default")),
        certificate,
        owned(given.get("owns"), where),
    )


def sites(given: Sequence[Mapping[str, Any]]) -> list[WantedSite]:
    """Return the sites of one call, checked; raises ConfigError before anything is read or written."""
    found: list[WantedSite] = []
    for each in given:
        name = str(each["name"])
        where = f"site {name!r}"
        if not name or name.startswith(".") or "/" in name or any(ord(letter) < 33 for letter in name):
            raise ConfigError(f"{where}: a site's name is the name of its file: no '/', no space, no leading dot")
        if any(other.name == name for other in found):
            raise ConfigError(f"{where}: is listed twice")
        servers: list[WantedServer] = []
        for at, server in enumerate(each.get("servers") or [], 1):
            wanted = _server(server, f"{where}, server {at}")
            if any(other.key == wanted.key for other in servers):
                raise ConfigError(f"{where}, server {at}: an earlier server has the same names and addresses")
            servers.append(wanted)
        found.append(
            WantedSite(
                name,
                each.get("state") or "present",
                each.get("enabled") is not False,
                bool(each.get("adopt")),
                declare.directives(each.get("directives"), where),
                servers,
            )
        )
    return found
