# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of other files: who has the same name on the same address, who is the default of one, who takes one away.

nginx first looks for the servers of the very address that a connection came to, and at those of every address (`*:443`)
only where there are none: https://nginx.org/en/docs/http/request_processing.html (2024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..text.addresses import listen_keys
from ..text.declare import listen
from ..text.edit import is_marked
from ..text.foreign import line_of
from ..text.inclusion import Includes
from ..text.server import ServerKey, default_listens, listens_of, server_key, servers_of
from ..text.tokens import ConfigError
from ..text.tree import Block, Statement
from ._declaration import WantedServer, WantedSite, likeness

_EVERY = {"*": False, "[::]": True}
# What all servers of an address have in common: said by one, it counts for every other one.
_PROTOCOL = ("ssl", "http2", "proxy_protocol")


class Neighbours:
    """The servers that nginx will read beside a site's own."""

    def __init__(self, includes: Includes) -> None:
        """Begin with none; `includes` reads the files that servers include."""
        self._includes = includes
        self._by_name: defaultdict[str, list[tuple[ServerKey, str, Block, Statement]]] = defaultdict(list)

    def note(self, path: str, document: Block) -> None:
        """Add the servers of a file."""
        for server in servers_of(document):
            identity = server_key(server, self._includes)
            for name in identity.hashed:
                self._by_name[name].append((identity, path, document, server))

    def twins(self, site: WantedSite) -> list[str]:
        """Refuse a server whose name another file serves on the same address, as nginx takes the first it reads.

        A default server, and a site that adopts, only cause a warning, which is returned. Raises ConfigError.
        """
        if site.state == "absent" or not site.enabled:
            return []
        warnings: list[str] = []
        for server in site.servers:
            named = [each for name in server.key.hashed for each in self._by_name[name]]
            twins = [each for each in named if server.state != "absent" and likeness(server.key, each[0])]
            if not twins:
                continue
            places = ", ".join(
                dict.fromkeys(f"{path}:{line_of(document, each)}" for _key, path, document, each in twins)
            )
            name = " ".join(server.names) or "a server without name"
            message = (
                f"site {site.name!r}: {name} is served from another file on the same address too ({places}); "
                "nginx ignores the second of the two"
            )
            if not server.default and not site.adopt:
                raise ConfigError(
                    f"{message}. Take the server or the name out there, or give this site the name of that file "
                    "and 'adopt: true'"
                )
            warnings.append(message)
        return warnings


def without_taken_defaults(
    sites: Iterable[WantedSite], files: Iterable[tuple[str, Block, bool]], includes: Includes
) -> list[str]:
    """Leave out the default servers whose address has a default server that is not ours to decide on.

    Each file comes with whether this call decides on what of it carries our mark. Returns what is to be told.
    """
    taken: dict[str, str] = {}
    for path, document, is_listed in files:
        theirs = Block(_theirs(document)) if is_listed else document
        for address, statement in default_listens(theirs, includes):
            taken.setdefault(address, f"{path}:{line_of(document, statement)}")
    warnings: list[str] = []
    for site in sites:
        kept: list[WantedServer] = []
        for server in site.servers:
            if not server.default or _keeps_default(site, server, taken, warnings):
                kept.append(server)
        site.servers = kept
    return warnings


def _keeps_default(site: WantedSite, server: WantedServer, taken: Mapping[str, str], warnings: list[str]) -> bool:
    """Take the addresses that have a default server out of ours; tell whether it keeps any.

    Where one for every address (`*:80`, `[::]:80`) is taken, the whole server is left out.
    """
    held = sorted(address for address in server.key.listens if address in taken)
    if not held:
        return True
    there = ", ".join(f"{each} in {taken[each]}" for each in held)
    left = [each for each in server.listens if not listen_keys(each.args) & {*held}]
    if not left or any(each.rpartition(":")[0] in _EVERY for each in held):
        warnings.append(
            f"site {site.name!r}: its default server is left out, because there is a default_server already for {there}"
        )
        return False
    server.listens[:] = left
    warnings.append(
        f"site {site.name!r}: its default server does not answer where there is a default_server already: {there}"
    )
    return True


class _Own(NamedTuple):
    """An address for which an owner's server listens by itself: where that stands, and what it says beside it."""

    address: str
    place: str
    options: tuple[str, ...]
    has_default: bool

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but the host itself can connect to it."""
        return self.address.startswith(("127.", "[::1]:"))


def listen_beside(sites: Iterable[WantedSite], files: Sequence[tuple[str, Block]], includes: Includes) -> list[str]:
    """Have the servers that listen on every address listen on those, too, that an owner's servers have of their own.

    Returns what is to be told. The default server does not: which one answers there for unknown names is its owner's
    choice. Nor does a server that its owner has already, and that is adopted with the addresses that it has. Where one
    of the two speaks TLS and the other does not, nothing is added, and that is told.
    """
    found = _own_addresses(files, includes)
    theirs = [server_key(each, includes) for _path, document in files for each in _theirs(document)]
    notes: list[str] = []
    for site in sites:
        for server in site.servers if site.state != "absent" and site.enabled else []:
            adopted = site.adopt and any(likeness(server.key, each) for each in theirs)
            if server.default or server.state == "absent" or adopted:
                continue
            for each in list(server.listens):
                for own in found:
                    if _covers(each, own) and own.address not in server.key.listens:
                        _listen_there(site, server, each, own, notes)
    return list(dict.fromkeys(notes))


def _listen_there(site: WantedSite, server: WantedServer, everywhere: Statement, own: _Own, notes: list[str]) -> None:
    because = (
        f"{own.place} listens on {own.address}, and nginx never takes a server of {everywhere.args[0]} for a "
        "connection to that address"
    )
    if ("ssl" in own.options) is not ("ssl" in everywhere.args):
        notes.append(
            f"site {site.name!r} is not served at {own.address}: {because}. One of the two speaks HTTPS there and the "
            "other one does not: let yours listen on another port"
        )
        return
    server.listens.append(listen(" ".join([own.address, *own.options]), f"site {site.name!r}"))
    if not own.is_loopback:
        default = "" if own.has_default else ". Say default_server there for yours to answer for all other names"
        notes.append(f"site {site.name!r} listens on {own.address}, too: {because}{default}")


def _covers(everywhere: Statement, own: _Own) -> bool:
    host, _colon, port = own.address.rpartition(":")
    return any(
        host.startswith("[") is is_ipv6 and f"{every}:{port}" in listen_keys(everywhere.args)
        for every, is_ipv6 in _EVERY.items()
    )


def _own_addresses(files: Sequence[tuple[str, Block]], includes: Includes) -> list[_Own]:
    """Return the addresses of owners' servers that are not every address of a port; the first of each counts."""
    defaults = {address for _path, document in files for address, _at in default_listens(document, includes)}
    found: dict[str, _Own] = {}
    for path, document in files:
        for server in _theirs(document):
            for each, at in listens_of(server, includes):
                place = f"{path}:{line_of(document, at)}"
                options = tuple(option for option in _PROTOCOL if option in each.args[1:])
                for address in listen_keys(each.args):
                    host = address.rpartition(":")[0]
                    if host not in _EVERY and not address.startswith("unix:") and not address.endswith("/udp"):
                        found.setdefault(address, _Own(address, place, options, address in defaults))
    return list(found.values())


def _theirs(document: Block) -> list[Statement]:
    """Return the servers of a file that are its owner's."""
    return [each for each in servers_of(document) if not is_marked(Block([each]), 0)]
