# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of an owner's with which nothing is closed: everybody gets in, on every port."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from .rule import Entry, removals

_PORTS = 65535
# What one rule has to open to be told as a part of "everything", and what all of them together leave closed at most.
_MANY, _FEW = 4000, 6000
_REFUSING = ("deny", "reject")


def opening_everything(entries: Mapping[int, Sequence[Entry]]) -> list[Entry]:
    """Return the owner's rules, of each family's in their order, that let everybody in on nearly every port.

    Rules that do so together are among them. One for a network interface is not: it is for a VPN or the LAN.
    """
    found: dict[Entry, None] = {}
    for rules in entries.values():
        for proto in ("tcp", "udp"):
            found.update(dict.fromkeys(_opening(rules, proto)))
    return list(found)


def _opening(rules: Iterable[Entry], proto: str) -> list[Entry]:
    wide: list[Entry] = []
    open_ports = bytearray(_PORTS + 1)
    for entry in rules:
        ranges = entry.held()
        if entry.ours or entry.forward or entry.direction != "in" or entry.proto not in ("any", proto):
            continue
        if not _is_everybody(entry.src) or not _is_this_host(entry.dst):
            continue
        if sum(high - low + 1 for low, high in ranges) < _MANY:
            continue
        if entry.action in _REFUSING:
            # A source port is for the sender to choose.
            if entry.dport == "any" and entry.sport == "any" and not entry.sapp and _is_everybody(entry.dst):
                break
            continue
        wide.append(entry)
        for low, high in ranges:
            open_ports[low : high + 1] = b"\1" * (high - low + 1)
    return wide if sum(open_ports) >= _PORTS - _FEW else []


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError:
        return None


def _is_everybody(address: str) -> bool:
    network = _network(address) if address else None
    return not address or (network is not None and network.prefixlen == 0)


def _is_this_host(address: str) -> bool:
    """Whether a destination is the whole host or an address that it can have."""
    network = _network(address) if address else None
    return network is None or not network.is_multicast


def told(entries: Mapping[int, Sequence[Entry]]) -> str:
    """Return what to tell of such rules, with the commands that delete them; "" where there are none."""
    found = opening_everything(entries)
    if not found:
        return ""
    names = " and ".join(repr(entry.text()) for entry in found)
    commands = " and ".join(f"`{command}`" for command in removals(found))
    return (
        f"the owner's rule {names} lets everybody in on every port, and with it nothing is closed: add what others are"
        f" to reach to edge_firewall_rules, and delete it with {commands}"
    )
