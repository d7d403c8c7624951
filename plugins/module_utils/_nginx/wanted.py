# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of sites, checked and turned into statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import declare
from .errors import ConfigError
from .identity import LocationKey, ServerKey, listen_key, location_key
from .tree import Statement
from .values import inner

STATES = ("present", "exact", "absent")


@dataclass(frozen=True)
class WantedLocation:
    """One location: its head, its body and where it stands among its siblings.

    With `state` present, `owns` names the directives that the body decides alone; every other one is left.
    """

    head: Statement
    body: list[Statement]
    state: str = "present"
    before: LocationKey | None = None
    after: LocationKey | None = None
    owns: frozenset[str] = frozenset()

    @property
    def key(self) -> LocationKey:
        """What identifies it for nginx."""
        return location_key(self.head.args)


@dataclass
class WantedServer:
    """One server: names, addresses, certificate name, directives and locations."""

    names: list[str]
    listens: list[Statement]
    body: list[Statement]
    locations: list[WantedLocation]
    state: str = "present"
    default: bool = False
    certificate: str | None = None

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


def locations(given: Sequence[Mapping[str, Any]] | None, where: str) -> list[WantedLocation]:
    """Return the locations of a server; two of one identity are an error."""
    found: list[WantedLocation] = []
    seen: set[LocationKey] = set()
    for each in given or []:
        text = each["location"]
        place = f"{where}, location {text!r}"
        head = declare.location_head(text, where)
        key = location_key(head.args)
        if key in seen:
            raise ConfigError(f"{place}: is listed twice; for nginx it is the same location")
        seen.add(key)
        before, after = each.get("before"), each.get("after")
        if before and after:
            raise ConfigError(f"{place}: takes 'before' or 'after', not both")
        found.append(
            WantedLocation(
                head,
                declare.directives(each.get("directives"), place),
                each.get("state") or "present",
                declare.key_of(before, f"{place}, before") if before else None,
                declare.key_of(after, f"{place}, after") if after else None,
                frozenset(declare.directive_name(name, f"{place}, owns") for name in each.get("owns") or []),
            )
        )
    return found


def _server(given: Mapping[str, Any], where: str) -> WantedServer:
    names = [inner(str(name)) for name in given.get("server_name") or []]
    if any("\n" in name or not name for name in names):
        raise ConfigError(f"{where}: server_name holds an empty name or a line end")
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
    return WantedServer(
        names,
        listens,
        declare.directives(given.get("directives"), where),
        locations(given.get("locations"), where),
        given.get("state") or "present",
        bool(given.get("default")),
        certificate,
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
