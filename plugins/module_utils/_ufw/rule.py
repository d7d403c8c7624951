# SPDX-License-Identifier: GPL-3.0-or-later

"""One rule of ufw: as the owner writes it, as ufw stores it, and as ufw's command line says it."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._host.errors import EdgeError
from .._host.names import UFW_MARK

V4, V6 = 4, 6
EVERYWHERE = {V4: "0.0.0.0/0", V6: "::/0"}
# The options of a rule, as `ufw_rules` and `edge_plan` read them.
RULE: dict[str, dict[str, Any]] = {
    "port": {"type": "str", "required": True},
    "proto": {"type": "str", "choices": ["tcp", "udp", "any"], "default": "tcp"},
    "source": {"type": "str", "default": "any"},
    "action": {"type": "str", "choices": ["allow", "deny", "limit"], "default": "allow"},
    "comment": {"type": "str", "default": ""},
}
_MOST_PORTS = 15  # the limit of the packet filter's multiport match; a range counts as two


class UfwError(EdgeError):
    """A rule or a host that cannot be brought in line; the message names the place and the remedy."""


@dataclass(frozen=True)
class Entry:
    """A rule as ufw stores it, for one address family. ``action`` is bare (``allow``), its logging in ``log``."""

    family: int
    action: str
    proto: str
    dport: str
    src: str
    comment: str = ""
    dst: str = ""
    sport: str = "any"
    direction: str = "in"
    dapp: str = ""
    sapp: str = ""
    log: str = ""
    forward: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What ufw itself compares: two rules with the same key are one rule, whatever they do."""
        where = (self.dst or EVERYWHERE[self.family], self.src)
        return (
            self.family,
            self.proto,
            self.dport,
            self.sport,
            where,
            self.direction,
            self.dapp,
            self.sapp,
            self.forward,
        )

    def in_family(self, family: int) -> Entry:
        """Return the rule as the other family has it; an address of its own family stays."""
        places = {EVERYWHERE[self.family]: EVERYWHERE[family]}
        return replace(self, family=family, src=places.get(self.src, self.src), dst=places.get(self.dst, self.dst))

    @property
    def ours(self) -> bool:
        """Whether the comment carries our mark."""
        return re.match(re.escape(UFW_MARK) + r"(?![\w.-])", self.comment) is not None

    def speaks_of(self, port: int, proto: str = "tcp") -> bool:
        """Whether the rule decides on some incoming packets to this port."""
        if self.forward or not self.direction.startswith("in") or self.proto not in ("any", proto):
            return False
        return self.dport == "any" or _holds(self.dport, port)

    def decides_for_all(self, port: int) -> bool:
        """Whether the rule decides on every incoming connection of its family to this TCP port."""
        everywhere = EVERYWHERE[self.family]
        if self.direction != "in" or self.sport != "any" or self.src != everywhere or self.dst not in ("", everywhere):
            return False
        return self.speaks_of(port)

    def opens(self, rule: Rule) -> bool:
        """Whether the rule decides, from everywhere, on every packet that another one speaks of; by a profile, too."""
        everywhere = EVERYWHERE[self.family]
        if self.forward or self.direction != "in" or self.sport != "any" or self.sapp:
            return False
        if self.src != everywhere or self.dst not in ("", everywhere) or self.proto not in ("any", rule.proto):
            return False
        return all(any(low <= one and other <= high for low, high in self.held()) for one, other in rule.ports())

    def meets(self, rule: Rule) -> bool:
        """Whether the rule may decide on a packet that another one speaks of."""
        if self.forward or not self.direction.startswith("in"):
            return False
        if "any" not in (self.proto, rule.proto) and self.proto != rule.proto:
            return False
        return any(low <= other and one <= high for low, high in self.held() for one, other in rule.ports())

    def held(self) -> list[tuple[int, int]]:
        """Return the ports as ranges, both ends included."""
        return [(1, 65535)] if self.dport == "any" else [_range(item) for item in self.dport.split(",")]

    def text(self) -> str:
        """One line for a diff or a message."""
        words = ["route"] if self.forward else []
        side, _underscore, interface = self.direction.partition("_")
        words += [self.action, side, *(["on", interface] if interface else []), *([self.log] if self.log else [])]
        words.append(self.dapp or _port_text(self.dport, self.proto))
        if self.dst and self.dst != EVERYWHERE[self.family]:
            words += ["to", self.dst]
        words += ["from", "any" if self.src == EVERYWHERE[self.family] else self.src]
        if self.sapp or self.sport != "any":
            words += ["port", self.sapp or self.sport]
        words.append(f"(v{self.family})")
        return " ".join(words) + (f"  # {self.comment}" if self.comment else "")


def _port_text(port: str, proto: str) -> str:
    return port if proto == "any" else f"{port}/{proto}"


@dataclass(frozen=True)
class Rule:
    """A rule that is wanted: ``source`` is ``any`` or a normal address or network; ``comment`` begins with our mark."""

    action: str
    proto: str
    port: str
    source: str
    comment: str
    origin: str = ""

    @property
    def families(self) -> tuple[int, ...]:
        """The address families that the rule speaks of."""
        if self.source == "any":
            return (V4, V6)
        return (ipaddress.ip_network(self.source).version,)

    def entry(self, family: int) -> Entry:
        """Return the rule as ufw would store it for one family."""
        source = EVERYWHERE[family] if self.source == "any" else self.source
        return Entry(family, self.action, self.proto, self.port, source, self.comment)

    @property
    def everywhere(self) -> bool:
        """Whether the source is all of the rule's address families, or of its one family."""
        return self.source in ("any", *EVERYWHERE.values())

    def ports(self) -> list[tuple[int, int]]:
        """Return the ports as ranges, both ends included."""
        return [_range(item) for item in self.port.split(",")]

    def covers(self, port: int) -> bool:
        """Whether the rule speaks of this TCP port."""
        return self.proto != "udp" and _holds(self.port, port)

    def text(self) -> str:
        """One line for a message."""
        return f"{self.action} {_port_text(self.port, self.proto)} from {self.source}"


def _range(item: str) -> tuple[int, int]:
    low, _colon, high = item.partition(":")
    return int(low), int(high or low)


def _holds(ports: str, port: int) -> bool:
    return any(low <= port <= high for low, high in map(_range, ports.split(",")))


def normal_ports(text: str) -> str:
    """Return ports in ufw's own order, or raise ValueError with the reason."""
    items = [item.strip() for item in text.split(",")]
    ranges = set()
    for item in items:
        if not re.fullmatch(r"\d{1,5}(:\d{1,5})?", item):
            raise ValueError(f"port {item!r} is not a number from 1 to 65535, a list (80,443) or a range (5000:5010)")
        low, high = _range(item)
        if not 1 <= low <= 65535 or not 1 <= high <= 65535:
            raise ValueError(f"port {item!r} is not between 1 and 65535")
        if high < low:
            raise ValueError(f"port range {item!r} runs backwards: write {high}:{low}")
        ranges.add((low, high))
    ordered = sorted(ranges)
    for before, after in itertools.pairwise(ordered):
        if after[0] <= before[1]:
            raise ValueError(f"ports {text!r} overlap: name each port once")
    if sum(1 if low == high else 2 for low, high in ordered) > _MOST_PORTS:
        raise ValueError(f"ports {text!r} are more than {_MOST_PORTS} (a range counts as two): use several rules")
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in ordered)


def normal_source(text: str) -> str:
    """Return a source as ufw stores it, or raise ValueError with the reason."""
    text = text.strip()
    if text.lower() in ("any", "0.0.0.0/0 ::/0"):
        return "any"
    try:
        network = ipaddress.ip_network(text.split("%", 1)[0], strict=False)
    except ValueError:
        raise ValueError(
            f"source {text!r} is neither 'any' nor an address nor a network (192.168.1.0/24): names are not looked up"
        ) from None
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def normal_comment(text: str) -> str:
    """Return the comment with our mark, or raise ValueError with the reason."""
    text = text.strip()
    if not text.isprintable() or "'" in text or '"' in text:
        raise ValueError(f"comment {text!r} holds a quote or a control character, which ufw refuses: leave it out")
    if not text or re.match(re.escape(UFW_MARK) + r"(?![\w.-])", text):
        return text or UFW_MARK
    return f"{UFW_MARK}: {text}"


def wanted_rules(raw: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> list[Rule]:
    """Check and normalise the owner's rules; a mistake raises UfwError with the rule's name.

    ``names`` are what messages call the rules; without them, ``rules[0]`` and so on.
    """
    rules: list[Rule] = []
    for index, item in enumerate(raw):
        rules += _read(item, names[index] if names else f"rules[{index}]")
    holders: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        for family in rule.families:
            other = holders.setdefault(rule.entry(family).key, rule)
            if other.action != rule.action:
                raise UfwError(
                    f"{rule.origin}: {rule.text()!r} contradicts {other.origin}, {other.text()!r}: keep one of them"
                )
    return distinct(rules)


def _read(item: Mapping[str, Any], origin: str) -> list[Rule]:
    try:
        ports = normal_ports(str(item["port"]))
        source = normal_source(str(item.get("source") or "any"))
        comment = normal_comment(str(item.get("comment") or ""))
    except ValueError as exc:
        raise UfwError(f"{origin}: {exc}") from exc
    proto = str(item.get("proto") or "tcp")
    # ufw wants a protocol with several ports
    protocols = ["tcp", "udp"] if proto == "any" and re.search("[,:]", ports) else [proto]
    return [Rule(str(item.get("action") or "allow"), one, ports, source, comment, origin) for one in protocols]


def distinct(rules: Iterable[Rule]) -> list[Rule]:
    """Leave out what an earlier rule already is to ufw, which would otherwise change to and fro at every run.

    A rule from anywhere, after one from all of IPv4 (``0.0.0.0/0``), is kept for IPv6 alone, and the reverse.
    """
    taken: set[tuple[object, ...]] = set()
    kept = []
    for rule in rules:
        free = [family for family in rule.families if rule.entry(family).key not in taken]
        taken |= {rule.entry(family).key for family in free}
        if len(free) == len(rule.families):
            kept.append(rule)
        elif free:
            kept.append(replace(rule, source=EVERYWHERE[free[0]]))
    return kept


def _overlap_source(one: str, two: str) -> bool:
    if "any" in (one, two):
        return True
    first, second = ipaddress.ip_network(one), ipaddress.ip_network(two)
    if isinstance(first, ipaddress.IPv4Network) and isinstance(second, ipaddress.IPv4Network):
        return first.overlaps(second)
    if isinstance(first, ipaddress.IPv6Network) and isinstance(second, ipaddress.IPv6Network):
        return first.overlaps(second)
    return False


def order_matters(one: Rule, two: Rule) -> bool:
    """Whether some packet meets both rules and they treat it differently: then the first one of them decides."""
    if one.action == two.action or (one.proto != two.proto and "any" not in (one.proto, two.proto)):
        return False
    if not any(a[0] <= b[1] and b[0] <= a[1] for a in one.ports() for b in two.ports()):
        return False
    return _overlap_source(one.source, two.source)


def simple_rule(entry: Entry) -> Rule | None:
    """Return the stored rule in our own form, to compare its reach; None for one that says more than ours can."""
    if entry.forward or entry.direction != "in" or entry.dapp or entry.sapp or entry.sport != "any":
        return None
    if entry.dst not in ("", EVERYWHERE[entry.family]):
        return None
    ports = "1:65535" if entry.dport == "any" else entry.dport
    # Everywhere in one family stays a network here, so that an IPv4 rule is never compared with an IPv6 source.
    return Rule(entry.action, entry.proto, ports, entry.src, entry.comment)


def rule_words(rule: Rule, families: tuple[int, ...]) -> list[str]:
    """Return the words of ufw's command for a wanted rule, in these families of its own."""
    source = rule.source
    if source == "any" and len(families) == 1:
        source = EVERYWHERE[families[0]]
    proto = [] if rule.proto == "any" else ["proto", rule.proto]
    return [rule.action, *proto, "from", source, "to", "any", "port", rule.port]


def delete_words(entry: Entry, both: bool) -> list[str]:
    """Return the words after ``ufw`` that remove a stored rule, in both families at once when ``both``."""
    side, _underscore, interface = entry.direction.partition("_")
    words = ["route", "delete"] if entry.forward else ["delete"]
    words += [entry.action, side, *(["on", interface] if interface else []), *([entry.log] if entry.log else [])]
    if not entry.dapp and not entry.sapp and entry.proto != "any":
        words += ["proto", entry.proto]
    words += ["from", _place(entry.src, entry.family, both)]
    if entry.sapp or entry.sport != "any":
        words += ["app", entry.sapp] if entry.sapp else ["port", entry.sport]
    # The destination stays "any" beside a source of one family: the source says which one.
    words += ["to", "any" if entry.dst in ("", EVERYWHERE[entry.family]) else entry.dst]
    if entry.dapp or entry.dport != "any":
        words += ["app", entry.dapp] if entry.dapp else ["port", entry.dport]
    return words


def _place(address: str, family: int, both: bool) -> str:
    return "any" if both and address == EVERYWHERE[family] else address


def twins(entries: Iterable[Entry]) -> list[tuple[Entry, tuple[int, ...]]]:
    """Return each rule once, with the families that hold it: what both let in from everywhere is one rule to ufw."""
    held: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        held.setdefault((entry.in_family(V4).key, entry.action, entry.log), []).append(entry)
    return [(same[0], tuple(dict.fromkeys(entry.family for entry in same))) for same in held.values()]


def removals(entries: Iterable[Entry]) -> list[str]:
    """Return the commands that remove these rules, one for both families where they hold the same rule."""
    return ["ufw " + " ".join(delete_words(entry, both=len(families) == 2)) for entry, families in twins(entries)]
