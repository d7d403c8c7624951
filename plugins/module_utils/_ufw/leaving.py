# SPDX-License-Identifier: GPL-3.0-or-later

"""ufw as it was before the first run: our rules go, and the firewall is on or off as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._host.command import Run, run
from .._host.found import traces
from .._host.names import STATE_FOLDER
from .host import UNIT, RulesOutcome, carry_out, read_state
from .plan import State
from .rule import V4, V6, Entry, Rule, delete_words, rule_words, twins

UNKNOWN = (
    "whether the firewall was on before the first run is not known, so it stays as it is, with any rule whose "
    "comment begins with constellation.edge; say `edge_ufw_was: active` or `edge_ufw_was: inactive` and run again"
)


def leave(
    found: Mapping[str, Any],
    ssh_ports: Sequence[int],
    check: bool = False,
    etc: Path = Path("/etc"),
    call: Run = run,
    folder: str = STATE_FOLDER,
) -> RulesOutcome:
    """Take our rules away and put status and policies back; `found` is the record's, empty where nothing is known.

    `folder` is where we keep records, by which it is seen whether a run has changed this host.

    SSH stays reachable: first the firewall is switched off where it was off, and a rule for a port of SSH that no
    other rule lets in stays, as its owner's. Raises UfwError.
    """
    before = read_state(etc, call)
    # Where the owner's own rules let everything in, the firewall may be on by us and have no rule of ours.
    ours = _ours(before) or (before.active and traces(folder))
    if not before.installed or not (found or ours):
        return RulesOutcome(False, [], before, before, [], [])
    if not found:
        return RulesOutcome(False, [], before, before, warnings=[], notes=[UNKNOWN])
    after, commands, notes = _plan(before, found, ssh_ports)
    if commands and not check:
        carry_out(commands, call)
    return RulesOutcome(bool(commands), commands, before, after, [], notes)


def _plan(
    before: State, found: Mapping[str, Any], ssh_ports: Sequence[int]
) -> tuple[State, list[list[str]], list[str]]:
    after, commands, notes = before.copy(), [], []
    if before.active and not found["active"]:
        after.active = False
        commands.append(["ufw", "disable"])
    kept = _kept_for_ssh(before, ssh_ports, found.get("incoming", before.incoming)) if after.active else []
    for rule, families in kept:
        commands.append(["ufw", *rule_words(rule, families), "comment", rule.comment])
        for family in families:
            entries = after.entries[family]
            entries[:] = [rule.entry(family) if one.key == rule.entry(family).key else one for one in entries]
        notes.append(
            f"the firewall keeps a rule that lets SSH in on port {rule.port}, since no other one does and the firewall "
            "was on before the first run"
        )
    for entry, families in twins(_ours(after)):
        commands.append(["ufw", *delete_words(entry, both=len(families) == 2)])
    for family in (V4, V6):
        after.entries[family] = [entry for entry in after.entries[family] if not entry.ours]
    for direction in ("incoming", "outgoing"):
        policy = found.get(direction, getattr(after, direction))
        if getattr(after, direction) != policy:
            setattr(after, direction, policy)
            commands.append(["ufw", "default", policy, direction])
    if after.boots and not found.get("boots", True):
        after.boots = False
        commands.append(["systemctl", "disable", UNIT])
    return after, commands, notes


def _ours(state: State) -> list[Entry]:
    return [entry for family in (V4, V6) for entry in state.entries[family] if entry.ours]


def _kept_for_ssh(state: State, ports: Iterable[int], incoming: str) -> list[tuple[Rule, tuple[int, ...]]]:
    """Return our rules for ports of SSH beside which nothing lets anybody in, as rules of the owner's."""
    if incoming == "allow":
        return []
    kept = []
    for port in ports:
        families = tuple(
            family
            for family in (V4, V6)
            if any(entry.ours and entry.dport == str(port) for entry in state.entries[family])
            and not any(
                entry.speaks_of(port) and entry.action in ("allow", "limit") and not entry.ours
                for entry in state.entries[family]
            )
        )
        if families:
            kept.append((Rule("allow", "tcp", str(port), "any", "ssh", "ssh"), families))
    return kept
