# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which of a host's DNS servers know a name, and which names the host knows without them.

nginx's own resolver asks DNS servers alone, by the name as it is written. The host's programs read `/etc/hosts` first,
complete a name by search domains, and may ask by mDNS or LLMNR.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Union

from ._message import Reply, ask

# What the C library takes from the file, and what it asks where the file names none (resolv.conf(5)).
_LIMIT, _DEFAULT = 3, "127.0.0.1"
_PARALLEL = 16
# server, name, IPv6 too: what the server says, None for nothing.
Ask = Callable[[str, str, bool], Union[Reply, None]]  # noqa: UP007 - an alias that is evaluated at run time
Look = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class ResolverSettings:
    """What `resolv.conf` and `hosts` say; `hosts` maps a name in lower case to its addresses."""

    servers: Sequence[str]
    search: Sequence[str] = ()
    hosts: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is known of one name.

    `servers`, in nginx's notation, answer for `full_name`; where none does, it is the one that the host would believe.
    `fresh` tells that the answer is not to be kept for later requests. `address` is what the host alone knows, else "".
    `now` is one address that it has at this moment, whoever knows it; "" where nobody does.
    """

    full_name: str
    servers: list[str]
    in_dns: bool = False
    fresh: bool = False
    address: str = ""
    now: str = ""


def known_names(names: Iterable[str], *, ipv6: bool) -> dict[str, Known]:
    """Look every name up on this host."""
    settings = read_settings()
    wanted = list(names)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return dict(zip(wanted, pool.map(lambda name: known(name, settings, ipv6=ipv6), wanted), strict=True))


def read_settings(resolv_conf: str = "/etc/resolv.conf", hosts: str = "/etc/hosts") -> ResolverSettings:
    """Read the host's settings; a file that is not there says nothing."""
    servers: list[str] = []
    search: list[str] = []
    for words in _lines(resolv_conf):
        if words[0] == "nameserver" and len(words) > 1:
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            # The last of these lines counts.
            search = [each.strip(".") for each in words[1:] if each.strip(".")]
    addresses: dict[str, list[str]] = {}
    for words in _lines(hosts):
        for name in words[1:]:
            addresses.setdefault(name.lower(), []).append(words[0])
    # nginx cannot ask a link-local server, whose address ends with the name of a network card.
    usable = [each for each in servers[:_LIMIT] if _is_address(each)]
    return ResolverSettings(usable or [_DEFAULT], search, addresses)


def known(name: str, settings: ResolverSettings, *, ipv6: bool, question: Ask = ask, look: Look | None = None) -> Known:
    """Return what the DNS servers and the host know of a name.

    Args:
        name: as a route's upstream writes it.
        settings: the host's own.
        ipv6: whether the host can use IPv6 addresses.
        question: how a DNS server is asked.
        look: how the host's own programs look a name up.

    """
    listed = settings.hosts.get(name.lower(), [])
    # What the owner wrote into /etc/hosts is not looked for in search domains, and is right where DNS differs.
    completed = [] if listed else [f"{name}.{domain}" for domain in settings.search]
    first = ""
    for full_names in ([name], completed):
        for full_name, said in _asked(full_names, settings.servers, question, ipv6=ipv6):
            knowing = {
                server: reply
                for server, reply in said.items()
                if reply and reply.addresses and (not listed or set(reply.addresses) & set(listed))
            }
            if knowing:
                fresh = all(reply.fresh for reply in knowing.values())
                now = best_address([each for reply in knowing.values() for each in reply.addresses], ipv6=ipv6)
                return Known(full_name, [_written(server) for server in knowing], True, fresh, now=now)
            first = first or next((server for server, reply in said.items() if reply), "")
    address = best_address(listed or (look or _by_the_host)(name), ipv6=ipv6)
    return Known(name, [_written(first or settings.servers[0])], address=address, now=address)


def _asked(
    names: Sequence[str], servers: Sequence[str], question: Ask, *, ipv6: bool
) -> list[tuple[str, dict[str, Reply | None]]]:
    """Return what each server says of each name, asked at the same time: one that is silent takes seconds."""
    pairs = [(server, name) for name in names for server in servers]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        replies = dict(zip(pairs, pool.map(lambda pair: question(pair[0], pair[1], ipv6), pairs), strict=True))
    return [(name, {server: replies[server, name] for server in servers}) for name in names]


def best_address(addresses: Iterable[str], *, ipv6: bool) -> str:
    """Return one address, always the same of the same ones: IPv4 before IPv6, then the lowest; "" where none is usable.

    A link-local address of IPv6 needs the name of a network card, which nginx does not take.
    """
    found = [ipaddress.ip_address(each) for each in addresses if _is_address(each)]
    usable = [each for each in found if each.version == 4 or (ipv6 and not each.is_link_local)]
    return _written(str(min(usable, key=lambda each: (each.version, int(each))))) if usable else ""


def _by_the_host(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # unknown, or no host name at all
        return []
    return [str(each[4][0]) for each in found]


def _lines(path: str) -> list[list[str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            split = [line.partition("#")[0].split() for line in lines if not line.startswith(";")]
    except OSError:
        return []
    return [words for words in split if words]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _written(address: str) -> str:
    return f"[{address}]" if ":" in address else address
