# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner wrote by which nothing is closed: everybody gets in, on every port."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from ._lines import ACCEPT, ALL, CLOSE, FEW, PASS, POLICY, RETURN, Chains, Line, Place, chains, ports
from .rule import V4, Entry, removals

# What one line has to open to be told as a part of "everything", and what all of them together leave closed at most.
_MANY, _FEW = 4000, 6000
# Bounds for chains that call each other again and again.
_MOST_STEPS, _DEEPEST = 20000, 50
_REFUSING = ("deny", "reject")


def opening_everything(
    entries: Mapping[int, Sequence[Entry]], files: Mapping[int, Chains] | None = None, incoming: str = "deny"
) -> list[Entry | Place]:
    """Return what lets everybody in on nearly every port: the owner's rules, and lines in ufw's files.

    What does so together is among it. What is for a network interface is not: it is for a VPN or the LAN.
    `files` is what the lines before and after the rules do, for each family, `incoming` the policy.
    """
    found: dict[Entry | Place, None] = {}
    for family, rules in entries.items():
        passed = _passed(family, rules, (files or {}).get(family), incoming)
        for proto in ("tcp", "udp"):
            found.update(dict.fromkeys(_Walk(passed, proto).found()))
    return list(found)


def _passed(family: int, rules: Iterable[Entry], files: Chains | None, incoming: str) -> Chains:
    """Return all that a packet to this host passes; where ufw's files are not understood, the rules alone."""
    name = "ufw" if family == V4 else "ufw6"
    lines = files or chains(family)
    idle = (PASS,) if incoming == "reject" else (PASS, POLICY)
    passed = {chain: [line for line in held if line.target not in idle] for chain, held in lines.items()}
    before, user = (f"{name}-{part}-input" for part in ("before", "user"))
    # ufw hangs the owner's rules in last.
    added: Chains = {
        user: [line for rule in rules for line in _line(rule)],
        before: [*passed.get(before, []), Line(None, user)],
    }
    return {**passed, **added}


def _line(rule: Entry) -> list[Line]:
    """Return what a rule does with packets from everywhere."""
    if rule.forward or rule.direction != "in" or not _is_everybody(rule.src) or not _is_this_host(rule.dst):
        return []
    bits = ALL if rule.dport == "any" else ports(rule.dport)
    if bits.bit_count() < FEW:
        return []
    if rule.action not in _REFUSING:
        return [] if rule.ours else [Line(rule, ACCEPT, rule.proto, bits)]
    # A source port is for the sender to choose.
    some = rule.sport != "any" or rule.sapp or not _is_everybody(rule.dst)
    return [] if some else [Line(rule, CLOSE, rule.proto, bits)]


class _Walk:
    """The way of packets of one protocol from everywhere through the chains: what is open at its end, and by what."""

    def __init__(self, passed: Chains, proto: str) -> None:
        self._chains = passed
        self._proto = proto
        self._open = 0
        self._wide: list[Entry | Place] = []
        self._steps = 0

    def found(self) -> list[Entry | Place]:
        """Return what opens nearly every port."""
        self._through("INPUT", ALL)
        return self._wide if self._open.bit_count() >= 65536 - _FEW else []

    def _through(self, name: str, left: int, depth: int = 0) -> int:
        """Return the ports that a chain hands back, of those left. What is let in goes on, to find all that does so."""
        back = 0
        for line in self._chains[name]:
            here = left & line.ports if line.proto in ("any", self._proto) else 0
            self._steps += 1
            if not here:
                continue
            if line.target == ACCEPT:
                self._open |= here
                if line.source and here.bit_count() >= _MANY:
                    self._wide.append(line.source)
                continue
            left &= ~here
            if line.target == RETURN:
                back |= here
            elif line.target in self._chains and self._steps < _MOST_STEPS and depth < _DEEPEST:
                left |= self._through(line.target, here, depth + 1)
        return left | back


def _is_everybody(address: str) -> bool:
    network = _network(address) if address else None
    return not address or (network is not None and network.prefixlen == 0)


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError:
        return None


def _is_this_host(address: str) -> bool:
    """Whether a destination is the whole host or an address that it can have."""
    network = _network(address) if address else None
    return network is None or not network.is_multicast


def told(
    entries: Mapping[int, Sequence[Entry]], files: Mapping[int, Chains] | None = None, incoming: str = "deny"
) -> list[str]:
    """Return what to tell of such rules and lines, each with what to type."""
    found = opening_everything(entries, files, incoming)
    rules = [one for one in found if isinstance(one, Entry)]
    texts = []
    if rules:
        names = " and ".join(repr(entry.text()) for entry in rules)
        commands = " and ".join(f"`{command}`" for command in removals(rules))
        texts.append(
            f"the owner's rule {names} lets everybody in on every port, and with it nothing is closed: add what others"
            f" are to reach to edge_firewall_rules, and delete it with {commands}"
        )
    texts += [
        f"{place.file}:{place.number}: this line lets everybody in on every port, and with it nothing is closed: add"
        f" what others are to reach to edge_firewall_rules, delete the line, and then {_loaded(place)}"
        # Whoever deletes the last one first finds the others where they are said to be.
        for place in sorted((one for one in found if isinstance(one, Place)), key=lambda one: (one.file, -one.number))
    ]
    return texts


def _loaded(place: Place) -> str:
    """Return how a line that was deleted leaves the kernel, too."""
    if not place.rule:
        return "`ufw reload`"
    command = "ip6tables" if place.file.endswith("6.rules") else "iptables"
    return f"`while {command} -D INPUT {place.rule}; do :; done`, because ufw leaves it there"
