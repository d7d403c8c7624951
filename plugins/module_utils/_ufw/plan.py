# SPDX-License-Identifier: GPL-3.0-or-later

"""What ufw's rule set is, what it should be, and the few commands from one to the other.

The order of the steps keeps SSH open at every moment: rules are added before any is taken away, a policy is changed
after that, and the firewall is enabled last.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .._host.names import UFW_MARK
from ._lines import Chains
from .rule import (
    V4,
    V6,
    Entry,
    Rule,
    UfwError,
    delete_words,
    distinct,
    order_matters,
    removals,
    rule_words,
    simple_rule,
    twins,
)
from .wide_open import told

SSH_COMMENT = f"{UFW_MARK}: ssh"
CONTROLLER_COMMENT = f"{UFW_MARK}: controller"
_REFUSING = ("deny", "reject")


@dataclass
class State:
    """The rule set of a host.

    ``active`` says that packets are filtered now, ``boots`` that they will be after the next start, ``ipv6`` that ufw
    manages IPv6.
    """

    installed: bool = True
    active: bool = False
    boots: bool = True
    ipv6: bool = True
    incoming: str = "deny"
    outgoing: str = "allow"
    entries: dict[int, list[Entry]] = field(default_factory=lambda: {V4: [], V6: []})
    #: what stands before and after the rules, for each family
    files: dict[int, Chains] = field(default_factory=dict)
    #: places of lines that ufw cannot read, and leaves out
    skipped: list[str] = field(default_factory=list)

    @property
    def managed(self) -> dict[int, list[Entry]]:
        """The rules of the families that ufw manages."""
        return {family: rules for family, rules in self.entries.items() if family == V4 or self.ipv6}

    def copy(self) -> State:
        """Return a copy whose lists can be changed."""
        lists = {family: list(rules) for family, rules in self.entries.items()}
        return replace(self, entries=lists)

    def text(self) -> str:
        """Return the state as lines, for a diff."""
        lines = [
            f"status: {'active' if self.active else 'inactive'}{'' if self.boots else ', not started with the host'}",
            f"default: {self.incoming} (incoming), {self.outgoing} (outgoing)",
        ]
        lines += [entry.text() for family in (V4, V6) for entry in self.entries[family]]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class WantedRules:
    """What is wanted. ``controller`` is the address of this run's SSH connection, None for a local run."""

    rules: tuple[Rule, ...]
    enforced: bool
    purge: bool = True
    ssh_ports: tuple[int, ...] = ()
    controller: str | None = None
    incoming: str = "deny"
    outgoing: str = "allow"


@dataclass
class RulesPlan:
    """The commands (words after ``ufw``), the state they lead to, and what the owner should know."""

    steps: list[list[str]] = field(default_factory=list)
    after: State = field(default_factory=State)
    warnings: list[str] = field(default_factory=list)


def _controller_rules(request: WantedRules) -> list[Rule]:
    if request.controller is None:
        return []
    ports = request.ssh_ports
    return [Rule("allow", "tcp", str(port), request.controller, CONTROLLER_COMMENT, "controller") for port in ports]


def _ssh_rules(ports: Iterable[int]) -> list[Rule]:
    return [Rule("allow", "tcp", str(port), "any", SSH_COMMENT, "ssh") for port in ports]


def _kept_to_some(state: State, ports: Iterable[int]) -> list[int]:
    """Return the ports of SSH that a working firewall keeps to those whom its owner lets in."""
    if not state.active or state.incoming not in _REFUSING:
        return []
    entries = [entry for entries in state.entries.values() for entry in entries if entry.action not in _REFUSING]
    return [
        port
        for port in ports
        if any(entry.speaks_of(port) and not entry.ours for entry in entries)
        and not any(entry.decides_for_all(port) for entry in entries)
    ]


def _refuse_lock_out(request: WantedRules) -> None:
    for rule in request.rules:
        for port in request.ssh_ports:
            if rule.action in _REFUSING and rule.everywhere and rule.covers(port):
                raise UfwError(
                    f"{rule.origin}: {rule.text()!r} closes port {port}, which SSH uses on this host:"
                    " give the rule a source, or move SSH to another port first"
                )


def _closing(state: State, ports: Iterable[int]) -> dict[tuple[int, int], Entry]:
    """Return the rule that closes SSH to everyone, for each (family, port) that has one."""
    found = {}
    for family in (V4, V6) if state.ipv6 else (V4,):
        for port in ports:
            first = next((entry for entry in state.entries[family] if entry.decides_for_all(port)), None)
            if first is not None and first.action in _REFUSING:
                found[family, port] = first
    return found


class _Planner:
    """Plays each command on a copy of the state, so that the plan and the prediction cannot differ."""

    def __init__(self, state: State, request: WantedRules) -> None:
        self.before = state
        self.request = request
        self.plan = RulesPlan(after=state.copy())
        rules = [rule for rule in request.rules if request.enforced or rule.action not in _REFUSING]
        #: in the order in which they must be evaluated: an owner's "deny this network" stands before "allow SSH"
        some = _kept_to_some(state, request.ssh_ports)
        everybody = [port for port in request.ssh_ports if port not in some]
        self.wanted = distinct([*_controller_rules(request), *rules, *_ssh_rules(everybody)])
        self.controller = [rule for rule in self.wanted if rule.origin == "controller"]
        self.ssh = [rule for rule in self.wanted if rule.origin == "ssh"]
        self.families = (V4, V6) if state.ipv6 else (V4,)
        self.plan.warnings += [
            f"SSH on port {port} stays closed to all but those whom rules of the owner let in" for port in some
        ]
        for own, rule in itertools.product(self.controller, rules):
            if own.action != rule.action and (own.proto, own.port, own.source) == (rule.proto, rule.port, rule.source):
                self.plan.warnings.append(
                    f"{rule.origin}: {rule.text()!r} is left out, because this run came from that address"
                )

    def run(self) -> RulesPlan:
        """Return the plan, or raise UfwError before anything is planned that must not be done."""
        _refuse_lock_out(self.request)
        self._check_families()
        work = {rule: self._needed(rule) for rule in self.wanted}
        misplaced = self._misplaced()
        for rule in self.wanted:
            if work[rule]:
                self._add(rule, work[rule])
        if self.request.enforced:
            for rule in misplaced:
                self._move(rule)
            self._purge()
            self._policies()
        self._check_ssh()
        self._tell_of_what_is_open()
        return self.plan

    def _check_families(self) -> None:
        if self.before.ipv6:
            return
        if self.controller and V6 in self.controller[0].families and self.request.enforced:
            raise UfwError(
                f"this run came over IPv6 from {self.request.controller}, and IPV6=no in /etc/default/ufw makes ufw"
                " drop all IPv6 traffic: set IPV6=yes there, or connect over IPv4"
            )
        self.plan.warnings.append(
            "IPV6=no in /etc/default/ufw: ufw drops all IPv6 traffic, the sites cannot be reached over IPv6;"
            " set IPV6=yes there and run again"
        )
        for rule in list(self.wanted):
            if not set(rule.families) & set(self.families):
                self.plan.warnings.append(
                    f"{rule.origin}: {rule.text()!r} is left out, because ufw has IPv6 switched off"
                )
                self.wanted.remove(rule)

    def _check_ssh(self) -> None:
        """Refuse a plan that closes SSH behind a rule of the owner's; where it is closed already, say so."""
        ports = self.request.ssh_ports
        before = _closing(self.before, ports) if self.before.active else {}
        after = _closing(self.plan.after, ports)
        for entry in dict.fromkeys(after[place] for place in after if place in before):
            self.plan.warnings.append(
                f"the owner's rule {entry.text()!r} keeps SSH closed to all but what other rules allow; it is kept"
            )
        closed = {place: entry for place, entry in after.items() if place not in before}
        if closed:
            names = " and ".join(repr(entry.text()) for entry in dict.fromkeys(closed.values()))
            commands = " and ".join(f"`{command}`" for command in removals(closed.values()))
            raise UfwError(
                f"the owner's rule {names} comes before the one that allows SSH: with the firewall enabled it closes"
                f" port {', '.join(str(port) for port in sorted({port for _family, port in closed}))}, which SSH uses"
                f" on this host; remove it with {commands}, or, where that is meant, enable ufw by hand first"
            )

    def _tell_of_what_is_open(self) -> None:
        after = self.plan.after
        if self.request.enforced and after.incoming in _REFUSING:
            self.plan.warnings += told(after.managed, after.files, after.incoming)
        if self.before.skipped and self.plan.steps:
            self.plan.warnings.append(
                f"ufw cannot read {', '.join(self.before.skipped)}, and drops them whenever it changes a rule: add such"
                " a rule again with ufw's own command where it is meant"
            )

    def _find(self, rule: Rule, family: int) -> Entry | None:
        key = rule.entry(family).key
        return next((entry for entry in self.plan.after.entries[family] if entry.key == key), None)

    def _own_families(self, rule: Rule) -> tuple[int, ...]:
        return tuple(family for family in rule.families if family in self.families)

    def _needed(self, rule: Rule) -> tuple[int, ...]:
        """Return the families in which ufw does not yet hold the rule as wanted."""
        needed = []
        for family in self._own_families(rule):
            entry = self._find(rule, family)
            if entry is None and self._opened_by_owner(rule, family):
                continue
            if entry is None or (
                entry.ours and (entry.action, entry.comment, entry.log) != (rule.action, rule.comment, "")
            ):
                needed.append(family)
            elif not entry.ours and entry.action != rule.action:
                self._foreign_conflict(rule, entry)
        return tuple(needed)

    def _opened_by_owner(self, rule: Rule, family: int) -> bool:
        """Whether a rule of the owner's lets in all that this one would, and nothing before it decides otherwise."""
        # The way in for SSH and for the controller has rules of our own: nobody is to lose it with a rule of his.
        if rule.action != "allow" or rule in self.controller or rule in self.ssh:
            return False
        for entry in self.plan.after.entries[family]:
            if entry.action != "allow" and entry.meets(rule):
                return False
            if entry.action == "allow" and not entry.ours and entry.opens(rule):
                return True
        return False

    def _foreign_conflict(self, rule: Rule, entry: Entry) -> None:
        if rule in self.ssh:
            return  # the owner's limit on SSH is kept; what closes it is refused in the end
        raise UfwError(
            f"{rule.origin}: {rule.text()!r} contradicts a rule that is not ours, {entry.text()!r}: remove that one"
            f" with `ufw {' '.join(delete_words(entry, both=False))}`, or take ours out of the list"
        )

    def _position(self, rule: Rule, family: int) -> int:
        """Where in its family's list a rule stands; -1 when it is not there or not ours."""
        key = rule.entry(family).key
        for index, entry in enumerate(self.plan.after.entries[family]):
            if entry.key == key and entry.ours:
                return index
        return -1

    def _misplaced(self) -> list[Rule]:
        """Our rules that stand on the wrong side of one of ours that decides differently. SSH's own never move."""
        fixed: list[Rule] = []
        moved: list[Rule] = []
        rank = {rule: index for index, rule in enumerate(self.wanted)}
        for rule in [*self.ssh, *(one for one in self.wanted if one not in self.ssh)]:
            wrong = rule in rank and (
                any(order_matters(rule, other) and self._crossed(rule, other, rank) for other in fixed)
                or (rule in self.controller and self._behind_foreign(rule))
            )
            (moved if wrong else fixed).append(rule)
        return sorted(moved, key=lambda rule: rank[rule])

    def _crossed(self, rule: Rule, other: Rule, rank: dict[Rule, int]) -> bool:
        for family in self._own_families(rule):
            here, there = self._position(rule, family), self._position(other, family)
            if here >= 0 and there >= 0 and (here < there) != (rank[rule] < rank[other]):
                return True
        return False

    def _behind_foreign(self, rule: Rule) -> bool:
        for family in self._own_families(rule):
            for entry in self.plan.after.entries[family][: max(self._position(rule, family), 0)]:
                other = simple_rule(entry)
                if other is not None and order_matters(rule, other):
                    return True
        return False

    def _anchor(self, rule: Rule) -> tuple[int, int] | None:
        """Return the first place (family, index) of a later rule that decides differently: it must come after this."""
        for family in self._own_families(rule):
            index = self._anchor_in(rule, family)
            if index is not None:
                return family, index
        return None

    def _anchor_in(self, rule: Rule, family: int) -> int | None:
        later = [other for other in self.wanted[self.wanted.index(rule) + 1 :] if order_matters(rule, other)]
        return min((place for place in (self._position(other, family) for other in later) if place >= 0), default=None)

    def _add(self, rule: Rule, families: tuple[int, ...]) -> None:
        known = any(self._find(rule, family) for family in families)
        anchor = None if known else self._anchor(rule)
        lists = self.plan.after.entries
        place: list[str] = []
        if rule in self.controller and not known:
            place = ["prepend"]
        elif anchor is not None:
            # ufw counts the IPv4 rules first, then the IPv6 ones.
            family, index = anchor
            place = ["insert", str(index + 1 + (len(lists[V4]) if family == V6 else 0))]
        for family in families:
            self._play(rule, family, place)
        self.plan.steps.append([*place, *rule_words(rule, families), "comment", rule.comment])

    def _play(self, rule: Rule, family: int, place: list[str]) -> None:
        entries = self.plan.after.entries[family]
        entry = rule.entry(family)
        for index, old in enumerate(entries):
            if old.key == entry.key:
                entries[index] = entry
                return
        if place == ["prepend"]:
            entries.insert(0, entry)
            return
        # ufw finds the same neighbour in the other family by itself
        anchor = self._anchor_in(rule, family) if place else None
        entries.insert(len(entries) if anchor is None else anchor, entry)

    def _move(self, rule: Rule) -> None:
        families = tuple(family for family in self._own_families(rule) if self._position(rule, family) >= 0)
        entry = self.plan.after.entries[families[0]][self._position(rule, families[0])]
        self._delete(entry, families)
        self._add(rule, families)

    def _delete(self, entry: Entry, families: Iterable[int]) -> None:
        families = tuple(families)
        for family in families:
            entries = self.plan.after.entries[family]
            key = entry.in_family(family).key
            entries[:] = [one for one in entries if one.key != key]
        self.plan.steps.append(delete_words(entry, both=len(families) == 2))

    def _purge(self) -> None:
        """Remove our rules that are no longer wanted. An earlier controller's goes only when there is a new one."""
        if not self.request.purge:
            return
        keep = {rule.entry(family).key for rule in self.wanted for family in rule.families}
        stale = [e for family in self.families for e in self.plan.after.entries[family] if self._stale(e, keep)]
        for entry, families in twins(stale):
            self._delete(entry, families)

    def _stale(self, entry: Entry, keep: set[tuple[object, ...]]) -> bool:
        if not entry.ours or entry.key in keep:
            return False
        # Without an SSH connection there is no newer address to put in its place (a run on the host itself).
        return entry.comment != CONTROLLER_COMMENT or self.request.controller is not None

    def _policies(self) -> None:
        after = self.plan.after
        # Each `ufw default` reloads the firewall and stalls traffic for a second: only where it differs.
        if after.incoming != self.request.incoming:
            after.incoming = self.request.incoming
            self.plan.steps.append(["default", after.incoming, "incoming"])
        if after.outgoing != self.request.outgoing:
            after.outgoing = self.request.outgoing
            self.plan.steps.append(["default", after.outgoing, "outgoing"])
        if not after.active:
            after.active = True
            self.plan.steps.append(["--force", "enable"])


def plan(state: State, request: WantedRules) -> RulesPlan:
    """Compare the state with the request and return the steps; nothing is touched."""
    return _Planner(state, request).run()
