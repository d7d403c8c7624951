# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of sites, checked and turned into statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text import declare
from ..text.addresses import listen_keys
from ..text.declare import Owns, WantedLocation, conditions, locations, owned
from ..text.identity import LocationKey
from ..text.server import ServerKey
from ..text.tokens import ConfigError, inner
from ..text.tree import Statement

EQUAL = 9
# What Certbot names a lineage.
_LINEAGE = re.compile(r"(?!\.)[A-Za-z0-9*._-]+\Z")
# What `files` may name: nothing outside of their folder, and no hidden file.
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
# What a server's declaration has a place of its own for.
PLACES = {"listen": "listen", "server_name": "server_name", "location": "locations"}


@dataclass
class WantedServer:
    """One server: names, addresses, certificate name, directives and locations.

    With `state` present, `owns` tells the directives that the body decides alone; every other one is left. `adopted` is
    what is wanted instead of addresses, body, locations and `owns` where the server is there without our mark. `drops`
    names the directives that may stop protecting any of its locations, or the server itself; those of a single one are
    in `drops_of`, by its identity. `guards` are the conditions that nothing may keep nginx from.
    """

    names: list[str]
    listens: list[Statement]
    body: list[Statement]
    locations: list[WantedLocation]
    state: str = "present"
    default: bool = False
    certificate: str | None = None
    owns: Owns = frozenset()
    adopted: WantedServer | None = None
    drops: frozenset[str] = frozenset()
    drops_of: dict[LocationKey, frozenset[str]] = field(default_factory=dict)
    guards: Owns = frozenset()

    @property
    def key(self) -> ServerKey:
        """What identifies it for nginx."""
        return ServerKey(
            frozenset(name.lower() for name in self.names) or frozenset({""}),
            frozenset(key for each in self.listens for key in listen_keys(each.args)) or frozenset({"*:80"}),
        )


@dataclass
class WantedSite:
    """One site file, with the texts of the files that its directives name, as `inner` has them."""

    name: str
    state: str = "present"
    enabled: bool = True
    adopt: bool = False
    body: list[Statement] = field(default_factory=list)
    servers: list[WantedServer] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


def likeness(one: ServerKey, other: ServerKey) -> int:
    """Return how near two servers are: 0 when names or addresses have nothing in common, EQUAL when both are equal."""
    names = 3 if one.names == other.names else bool(one.hashed & other.hashed)
    return names * (3 if one.listens == other.listens else bool(one.listens & other.listens))


def _server(given: Mapping[str, Any], where: str) -> WantedServer:
    names = [inner(str(name)) for name in given.get("server_name") or []]
    if any(letter in name for name in names for letter in "\n\r\0"):
        raise ConfigError(f"{where}: server_name holds a name with a line end or a zero byte")
    certificate = given.get("certificate")
    if certificate is not None and not _LINEAGE.match(certificate):
        raise ConfigError(f"{where}: certificate {certificate!r} is not the name of a lineage")
    listens = [declare.listen(str(each), where) for each in given.get("listen") or []]
    addresses = [key for each in listens for key in listen_keys(each.args)]
    for address in addresses:
        if addresses.count(address) > 1:
            raise ConfigError(f"{where}: listen names {address} twice")
    if given.get("default") and not listens:
        raise ConfigError(f"{where}: default needs the addresses in listen for which it is the default")
    if given.get("default"):
        for each in listens:
            if "default_server" not in each.args:
                each.words.append((" ", "default_server"))
    found = locations(given.get("locations"), where)
    listed = zip(given.get("locations") or [], found, strict=True)
    return WantedServer(
        names,
        listens,
        _body(given, where),
        found,
        given.get("state") or "present",
        bool(given.get("default")),
        certificate,
        owned(given.get("owns"), where),
        _adopted(given, names, where),
        frozenset(given.get("drops") or []),
        {one.key: frozenset(each.get("drops") or []) for each, one in listed if not one.parents},
        conditions(given.get("guards"), where),
    )


def _adopted(given: Mapping[str, Any], names: list[str], where: str) -> WantedServer | None:
    adopted = given.get("adopted")
    if adopted is None:
        return None
    place = f"{where}, adopted"
    without = {declare.key_of(str(each), f"{place}, without") for each in adopted.get("without") or []}
    left = [each for each in locations(given.get("locations"), where) if each.parents or each.key not in without]
    guards = conditions(adopted.get("guards"), place)
    return WantedServer(names, [], _body(adopted, place), left, certificate=given.get("certificate"), guards=guards)


def _body(given: Mapping[str, Any], where: str) -> list[Statement]:
    body = declare.directives(given.get("directives"), where)
    for each in body:
        place = PLACES.get(each.name)
        if place is not None:
            raise ConfigError(f"{where}: directives hold {each.name!r}, which belongs into {place!r} of the server")
    return body


def _files(given: Mapping[object, object] | None, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in (given or {}).items():
        if not _FILE.match(str(name)):
            raise ConfigError(f"{where}, files: {name!r} is no name of a file: letters, digits, . _ and -")
        if not isinstance(text, str):
            raise ConfigError(f"{where}, files: {name!r} is {type(text).__name__}; write its whole text as a string")
        if "\0" in text:
            raise ConfigError(f"{where}, files: {name!r} holds a zero byte, which no text does")
        found[str(name)] = inner(text)
    return found


def sites(given: Sequence[Mapping[str, Any]]) -> list[WantedSite]:
    """Return the sites of one call, checked; raises ConfigError before anything is read or written."""
    found: list[WantedSite] = []
    names: set[str] = set()
    for each in given:
        name = str(each["name"])
        where = f"site {name!r}"
        if not name or name.startswith(".") or "/" in name or any(ord(letter) < 33 for letter in inner(name)):
            raise ConfigError(f"{where}: a site's name is the name of its file: no '/', no space, no leading dot")
        if name in names:
            raise ConfigError(f"{where}: is listed twice")
        names.add(name)
        servers: list[WantedServer] = []
        by_name: defaultdict[str, list[ServerKey]] = defaultdict(list)
        for at, server in enumerate(each.get("servers") or [], 1):
            wanted = _server(server, f"{where}, server {at}")
            if any(likeness(other, wanted.key) for host in wanted.key.hashed for other in by_name[host]):
                raise ConfigError(
                    f"{where}, server {at}: an earlier server has one of its names on the same address; nginx ignores "
                    "the second of the two"
                )
            for host in wanted.key.hashed if wanted.state != "absent" else ():
                by_name[host].append(wanted.key)
            servers.append(wanted)
        body = declare.directives(each.get("directives"), where)
        if any(statement.name == "server" for statement in body):
            raise ConfigError(f"{where}: directives hold a server, which belongs into 'servers'")
        found.append(
            WantedSite(
                name,
                each.get("state") or "present",
                each.get("enabled") is not False,
                bool(each.get("adopt")),
                body,
                servers,
                _files(each.get("files"), where),
            )
        )
    return found
