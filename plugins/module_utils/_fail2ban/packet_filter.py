# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel's packet filter really holds, and an address that can be banned without harming anybody."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Union

from .._host.command import Run, run
from .._host.errors import EdgeError

#: the networks that are reserved for documentation: no client has an address of theirs
DOCUMENTATION = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
_DUMPS = (["nft", "list", "ruleset"], ["iptables-save"], ["ip6tables-save"], ["ipset", "save"])
_ROUTE_TYPES = r"(?:local|broadcast|multicast|anycast|unreachable|blackhole|prohibit|throw)\s+"

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - an alias that is evaluated at run time


class PacketFilterError(EdgeError):
    """The packet filter cannot be read, or no harmless address is left."""


def dump(call: Run = run) -> str:
    """Return the packet filter as text, from every tool that is installed."""
    answers = [call(command) for command in _DUMPS]
    texts = [answer.out for answer in answers if answer.rc == 0]
    if not texts:
        raise PacketFilterError(f"the packet filter cannot be read: {answers[0].text}: run as root (become: true)")
    return "\n".join(texts)


def names(text: str, address: str) -> bool:
    """Whether a dump names an address."""
    return re.search(rf"(?<![0-9a-f.:]){re.escape(address)}(?![0-9a-f.:])", text, re.IGNORECASE) is not None


def parse_networks(text: str) -> list[Network]:
    """Read ``ip -o route show table all`` and ``ip -o address``; default routes are left out."""
    found: list[Network] = []
    for line in text.splitlines():
        match = re.match(rf"(?:\d+:\s+\S+\s+inet6?\s+)?(?:{_ROUTE_TYPES})?([0-9a-fA-F.:]+(?:/\d+)?)\s", line + " ")
        if match is None:
            continue
        try:
            network = ipaddress.ip_network(match[1], strict=False)
        except ValueError:
            continue
        if network.prefixlen:
            found.append(network)
    return found


def harmless_address(networks: Iterable[Network], filtered: str, wanted: str | None = None) -> str:
    """Return a documentation address that no interface, no route and no filter of this host knows.

    ``wanted`` is taken if it is given, or refused with PacketFilterError when it could be a client's.
    """
    known = list(networks)
    reserved = [ipaddress.ip_network(text) for text in DOCUMENTATION]
    if wanted is not None:
        address = ipaddress.ip_address(wanted)
        if not any(address in network for network in reserved):
            raise PacketFilterError(
                f"ban_address {wanted} is not of a documentation network ({', '.join(DOCUMENTATION)}):"
                " it may be a client's"
            )
        if any(address in network for network in known) or names(filtered, str(address)):
            raise PacketFilterError(
                f"ban_address {wanted} is in use on this host: name another, or leave the choice to us"
            )
        return str(address)
    for network in reserved:
        if any(network.version == other.version and network.overlaps(other) for other in known):
            continue
        for number in range(1, 100):
            candidate = str(network.network_address + number)
            if not names(filtered, candidate):
                return candidate
    raise PacketFilterError(
        f"every documentation network ({', '.join(DOCUMENTATION)}) has a route on this host:"
        " nothing can be banned safely; take the route of one of them away (`ip route`), and run again"
    )
