# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that nothing else on the machine has."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

IPv4 = ipaddress.IPv4Network
IPv6 = ipaddress.IPv6Network

# Documentation ranges. Not 192.0.2.0/24 and 203.0.113.0/24: some machines have them on an interface or a route.
POOL_V4 = IPv4("198.51.100.0/24")
POOL_V6 = IPv6("2001:db8:1::/48")
SLICE_V4 = 26
SLICE_V6 = 64
ROUTES_V4 = Path("/proc/net/route")
ROUTES_V6 = Path("/proc/net/ipv6_route")


def routes_v4(table: str) -> list[IPv4]:
    """Return the networks of a routing table in the form of /proc/net/route, without the default route."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[place]), "little") for place in (1, 7))
        if mask:
            found.append(IPv4((address, bin(mask).count("1")), strict=False))
    return found


def routes_v6(table: str) -> list[IPv6]:
    """Return the networks of a routing table in the form of /proc/net/ipv6_route, without the default route."""
    found = []
    for line in table.splitlines():
        fields = line.split()
        if int(fields[1], 16):
            found.append(IPv6((int(fields[0], 16), int(fields[1], 16)), strict=False))
    return found


def taken() -> list[IPv4 | IPv6]:
    """Return the networks that this machine has a route to."""
    networks: list[IPv4 | IPv6] = []
    if ROUTES_V4.exists():
        networks += routes_v4(ROUTES_V4.read_text(encoding="ascii"))
    if ROUTES_V6.exists():
        networks += routes_v6(ROUTES_V6.read_text(encoding="ascii"))
    return networks


def free_pairs(used: Iterable[IPv4 | IPv6]) -> Iterator[tuple[IPv4, IPv6]]:
    """Give pairs of free subnets, best first; ends when the documentation range is used up.

    Args:
        used: the networks to keep clear of.

    """
    busy = list(used)
    four = (one for one in POOL_V4.subnets(new_prefix=SLICE_V4) if _clear(one, busy))
    return zip(four, free_v6(busy), strict=False)


def free_v6(used: Iterable[IPv4 | IPv6]) -> Iterator[IPv6]:
    """Give free IPv6 subnets."""
    busy = list(used)
    return (one for one in itertools.islice(POOL_V6.subnets(new_prefix=SLICE_V6), 256) if _clear(one, busy))


def _clear(subnet: IPv4 | IPv6, used: list[IPv4 | IPv6]) -> bool:
    return not any(subnet.version == one.version and subnet.overlaps(one) for one in used)


def address_pair(subnet4: IPv4, subnet6: IPv6, number: int) -> tuple[str, str]:
    """Return the addresses of the machine with this number in both subnets.

    Raises:
        ValueError: the subnet has no such address.

    """
    if not 1 < number < subnet4.num_addresses - 1:
        raise ValueError(f"{subnet4} has no room for a machine number {number}")
    return str(subnet4[number]), str(subnet6[number])
