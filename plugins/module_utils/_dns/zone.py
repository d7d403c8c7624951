# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the addresses that the world gets for a name, asked of the servers of the name's own zone.

The DNS server of a house may rightly answer otherwise inside it, for whole zones of a name, so that its word is taken
for the servers of the top-level domain alone. From there each server names those of the zone below. Where they cannot
be asked, as in a network that lets no DNS through but its own server's, the house's server answers after all.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Union

from ._message import AAAA, A
from ._records import CNAME, NO_ERROR, NO_SUCH_NAME, NS, Message, Record, exchange

# All names are asked at the same time, and all of it ends after these seconds; one reply takes milliseconds.
_SECONDS, _REPLY_SECONDS = 4.0, 1.2
# Two servers that are silent one after the other: nothing gets out, or nothing comes back.
_SILENT = 2
# A zone has two servers or more, with addresses of both families.
_SERVERS = 6
_PARALLEL = 16
# A zone of a zone of a zone, and one alias for another: more of them are a loop.
_ZONES, _ALIASES = 10, 5
# A top-level domain that every server knows of which others can be asked.
_KNOWN_TOP = "com"
# server, name, kind of record, recursive: what the server says, None for silence.
Ask = Callable[[str, str, int, bool], Union[Message, None]]  # noqa: UP007 - an alias that is evaluated at run time


@dataclass(frozen=True)
class Found:
    """The addresses of a name, and who said so.

    `servers` were asked, none where nobody answered; `authoritative` tells that they are the zone's own. `alias` is the
    name that the addresses belong to, where the zone says that this one is another name for it. `nowhere` tells that
    the top-level domain does not exist in the public DNS.
    """

    addresses: tuple[str, ...] = ()
    servers: tuple[str, ...] = ()
    authoritative: bool = False
    alias: str = ""
    nowhere: bool = False


class _UnknownError(Exception):
    """The servers of the zone were not found, or do not answer."""


def look_up(names: Sequence[str], resolvers: Sequence[str], *, ipv6: bool) -> dict[str, Found]:
    """Ask for all names at the same time, within four seconds.

    Args:
        names: in their ASCII form.
        resolvers: the DNS servers of the host.
        ipv6: whether servers can be asked over IPv6.

    """
    end = time.monotonic() + _SECONDS

    def ask(server: str, name: str, kind: int, recursive: bool) -> Message | None:
        return exchange(server, name, kind, end, seconds=_REPLY_SECONDS, recursive=recursive)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return dict(zip(names, pool.map(lambda name: found(name, resolvers, ask, ipv6=ipv6), names), strict=True))


def found(name: str, resolvers: Sequence[str], ask: Ask, *, ipv6: bool) -> Found:
    """Return what the servers of the name's zone say, else what the host's own do."""
    with contextlib.suppress(_UnknownError):
        return _Walk(resolvers, ask, ipv6=ipv6).found(name)
    for server in resolvers:
        said = [ask(server, name, kind, True) for kind in (A, AAAA)]
        told = [each for each in said if each and each.code in (NO_ERROR, NO_SUCH_NAME)]
        if told:
            addresses = _addresses(each for message in told for each in message.answers)
            return Found(addresses, (server,), nowhere=not addresses and _is_nowhere(name, server, ask))
    return Found()


def _is_nowhere(name: str, resolver: str, ask: Ask) -> bool:
    """Tell whether a server says that a name's top-level domain does not exist, and knows of one that does."""
    top = name.rpartition(".")[2]
    said, known = (ask(resolver, each, NS, True) for each in (top, _KNOWN_TOP))
    return bool(said and said.code == NO_SUCH_NAME and known and known.answers)


class _Walk:
    """One way from the servers of a top-level domain down to those of a name's zone."""

    def __init__(self, resolvers: Sequence[str], ask: Ask, *, ipv6: bool) -> None:
        self._resolvers, self._ask, self._ipv6 = resolvers, ask, ipv6
        self._silent = 0

    def found(self, name: str) -> Found:
        """Return what the servers of the zone say. Raises _UnknownError."""
        asked = name
        for _alias in range(_ALIASES):
            server, said = self._authoritative(asked)
            target = _target(asked, said.answers)
            addresses = _addresses(each for each in said.answers if each.name == target and each.kind == A)
            if target == asked or addresses:
                _server, more = self._reply([server], target, AAAA, target)
                both = (*addresses, *_addresses(each for each in more.answers if each.name == target))
                return Found(both, (server,), True, "" if target == name else target)
            asked = target
        raise _UnknownError

    def _authoritative(self, name: str) -> tuple[str, Message]:
        """Return who speaks for a name, and what it says of its IPv4 addresses."""
        zone, servers = self._top(name)
        for _zone in range(_ZONES):
            server, said = self._reply(servers, name, A, zone)
            below = _referral(name, zone, said)
            if not below:
                return server, said
            zone = below
            servers = self._servers(zone, said.authority, said.additional)
        raise _UnknownError

    def _reply(self, servers: Sequence[str], name: str, kind: int, zone: str) -> tuple[str, Message]:
        """Return the first of a zone's servers that says something of use, and what that is."""
        for server in servers[:_SERVERS]:
            said = self._ask(server, name, kind, False)
            if said is None:
                self._silent += 1
                if self._silent >= _SILENT:
                    break
            elif said.code in (NO_ERROR, NO_SUCH_NAME) and (said.authoritative or _referral(name, zone, said)):
                return server, said
        raise _UnknownError

    def _top(self, name: str) -> tuple[str, list[str]]:
        """Return the zone to begin with and its servers: the top-level domain's, else the root's."""
        for zone in (name.rpartition(".")[2], "."):
            for resolver in self._resolvers:
                said = self._ask(resolver, zone, NS, True)
                if said and said.code == NO_SUCH_NAME and _is_nowhere(name, resolver, self._ask):
                    raise _UnknownError
                if said and any(each.kind == NS for each in said.answers):
                    return zone, self._servers(zone, said.answers, said.additional)
        raise _UnknownError

    def _servers(self, zone: str, records: Iterable[Record], additional: Iterable[Record]) -> list[str]:
        """Return the addresses of a zone's servers: those that came with their names, else those of the first ones."""
        names = [each.value for each in records if each.kind == NS and each.name == zone]
        usable = [each for each in additional if each.name in names and self._is_usable(each)]
        if usable:
            # One address of each server first, since a server that is silent is silent at all of them.
            firsts = {each.name: each.value for each in reversed(usable)}
            return list(dict.fromkeys([*firsts.values(), *(each.value for each in usable)]))
        addresses: list[str] = []
        for name in names[: _SILENT + 1]:
            addresses += self._resolved(name)
        if not addresses:
            raise _UnknownError
        return addresses

    def _resolved(self, name: str) -> list[str]:
        for kind in (A, AAAA) if self._ipv6 else (A,):
            for resolver in self._resolvers:
                said = self._ask(resolver, name, kind, True)
                if said and (addresses := [each.value for each in said.answers if self._is_usable(each)]):
                    return addresses
        return []

    def _is_usable(self, record: Record) -> bool:
        return record.kind == A or (record.kind == AAAA and self._ipv6)


def _referral(name: str, zone: str, said: Message) -> str:
    """Return the zone below that a server sends on to, "" where it answers itself."""
    if said.authoritative or said.answers or said.code != NO_ERROR:
        return ""
    below = {each.name for each in said.authority if each.kind == NS}
    closer = [each for each in below if f".{name}".endswith(f".{each}") and len(each) > len(zone.strip("."))]
    return max(closer, key=len, default="")


def _target(name: str, answers: Iterable[Record]) -> str:
    """Return the name at the end of the aliases that stand in an answer."""
    aliases = {each.name: each.value for each in answers if each.kind == CNAME}
    for _alias in range(_ALIASES):
        if name not in aliases:
            break
        name = aliases[name]
    return name


def _addresses(records: Iterable[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.value for each in records if each.kind in (A, AAAA)))
