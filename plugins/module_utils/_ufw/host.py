# SPDX-License-Identifier: GPL-3.0-or-later

"""Read ufw's state on this host, carry out a plan, and say what stands in its way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._host.command import Run, find, run
from .._host.sockets import open_to_others
from ._lines import PARTS, Chains, chains, load
from ._stored import FILES, TOLERANT, parse_stored
from .plan import SSH_COMMENT, RulesPlan, State, WantedRules, plan
from .rule import UfwError

UNIT = "ufw.service"
# What ufw's own before.rules let in: DHCP, mDNS and UPnP.
_LET_IN = ((68, "udp"), (546, "udp"), (1900, "udp"), (5353, "udp"))
# The first port that Linux gives to whoever names none (ip_local_port_range).
_EPHEMERAL = 32768
_POLICIES = {"DROP": "deny", "REJECT": "reject", "ACCEPT": "allow"}


@dataclass
class RulesOutcome:
    """What a run did, or in check mode would do: whether, which commands, and the rule set before and after.

    ``notes`` is what the owner should remember when the run has ended well.
    """

    changed: bool
    commands: list[list[str]]
    before: State
    after: State
    warnings: list[str]
    notes: list[str]


def parse_defaults(text: str) -> dict[str, str]:
    """Read the assignments of ``/etc/default/ufw``, quotes removed."""
    return {key: value.strip() for key, value in re.findall(r'(?m)^\s*([A-Z_0-9]+)\s*=\s*"?([^"#\n]*)"?', text)}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise UfwError(f"{path}: {exc.strerror}: run as root (become: true)") from exc


def read_state(etc: Path = Path("/etc"), call: Run = run) -> State:
    """Return the rule set as it is; where ufw is not installed, as its package would leave it."""
    if find("ufw") is None:
        return State(installed=False)
    defaults = parse_defaults(_text(etc / "default" / "ufw"))
    # Before ufw itself is asked, which dies of a line that it cannot read without saying which.
    stored = {
        family: parse_stored(_text(etc / Path(path).relative_to("/etc")), family) for family, path in FILES.items()
    }
    failing = [text for found in stored.values() for text in found.failing]
    if failing and _version(call) < TOLERANT:
        raise UfwError(failing[0])
    answer = call(["ufw", "status"])
    if answer.rc != 0:
        raise UfwError(
            f"`ufw status` fails: {answer.text}: run as root (become: true), and see `ufw status` on the host"
        )
    return State(
        active=re.search(r"(?m)^Status: active", answer.out) is not None,
        boots=call(["systemctl", "is-enabled", UNIT]).out.strip() != "disabled",
        ipv6=defaults.get("IPV6", "no").lower() == "yes",
        incoming=_POLICIES.get(defaults.get("DEFAULT_INPUT_POLICY", "").upper(), "allow"),
        outgoing=_POLICIES.get(defaults.get("DEFAULT_OUTPUT_POLICY", "").upper(), "allow"),
        entries={family: found.entries for family, found in stored.items()},
        files={family: _files(etc, family) for family in FILES},
        skipped=[place for found in stored.values() for place in found.skipped],
    )


def _files(etc: Path, family: int) -> Chains:
    """Return what ufw's own files do with a packet beside the rules."""
    there = chains(family)
    for name in PARTS[family]:
        there = load(there, _text(etc / "ufw" / name), f"/etc/ufw/{name}")
    return there


def _version(call: Run) -> tuple[int, ...]:
    """Return ufw's version; one that it does not say counts as the newest."""
    match = re.search(r"ufw (\d+(?:\.\d+)*)", call(["ufw", "--version"]).out)
    return tuple(int(part) for part in match[1].split(".")) if match else TOLERANT


def published_ports(rules: str) -> dict[str, str]:
    """Return the ports that Docker publishes beside ufw, from ``iptables -t nat -S DOCKER``.

    Each, as people write it, with the words of ``docker run`` that publish it for the host alone.
    """
    found: dict[tuple[int, str], str] = {}
    for line in rules.splitlines():
        match = re.search(r"-p (\w+) .*--dport (\d+) .*-j DNAT .*:(\d+)\s*$", line)
        if match and "-d 127." not in line:
            proto = "" if match[1] == "tcp" else f"/{match[1]}"
            found[int(match[2]), match[1]] = f"-p 127.0.0.1:{match[2]}:{match[3]}{proto}"
    return {f"{port}/{proto}": words for (port, proto), words in sorted(found.items())}


def closed_by(state: State, there: Iterable[tuple[int, str, str]]) -> list[str]:
    """Return what no rule lets in, of port, protocol and program of what others can reach, as people write it."""
    entries = [entry for entries in state.entries.values() for entry in entries if entry.action in ("allow", "limit")]
    return [
        f"{port}/{proto}" + (f" ({program})" if program else "")
        for port, proto, program in there
        # Docker lets in past ufw what it publishes. A program's own high UDP port is where it is answered.
        if program != "docker-proxy"
        and (port, proto) not in _LET_IN
        and (proto == "tcp" or port < _EPHEMERAL or not program)
        and not any(entry.speaks_of(port, proto) for entry in entries)
    ]


def _closing(before: State, after: State, request: WantedRules) -> list[str]:
    """Say what stops being reachable when the firewall is enabled for the first time."""
    if before.active or not request.enforced or request.incoming == "allow":
        return []
    closed = ", ".join(closed_by(after, open_to_others()))
    if not closed:
        return []
    return [f"the firewall closes {closed}: a rule lets in what others are to reach (edge_firewall_rules)"]


def _ways_in(before: State, after: State) -> list[str]:
    """Say on which ports SSH is let in, in the run that says so to the firewall."""
    had, has = (
        {entry for entries in state.entries.values() for entry in entries if entry.comment == SSH_COMMENT}
        for state in (before, after)
    )
    ports = ", ".join(sorted({entry.dport for entry in has - had}, key=int))
    if not ports:
        return []
    return [
        f"the firewall lets SSH in on port {ports}: before you move sshd to another port, open that one with "
        "`ufw allow PORT/tcp`, or you lock yourself out"
    ]


def host_warnings(call: Run = run) -> list[str]:
    """Say what on this host makes the firewall weaker than its rules."""
    warnings = []
    if call(["systemctl", "is-enabled", "nftables.service"]).out.strip() == "enabled":
        warnings.append(
            "nftables.service is enabled: its start flushes every rule of ufw and of fail2ban;"
            " switch it off with `systemctl disable nftables.service`"
        )
    if os.path.exists("/run/docker.sock"):
        ports = published_ports(call(["iptables", "-w", "-t", "nat", "-S", "DOCKER"]).out)
        if ports:
            warnings.append(
                f"Docker publishes {', '.join(ports)} past ufw: start the container with "
                f"`{' '.join(ports.values())}`, which the proxy reaches too, or filter in chain DOCKER-USER"
            )
    return warnings


def _commands(before: State, todo: RulesPlan, request: WantedRules) -> list[list[str]]:
    """Return the commands of a plan; `ufw enable` itself does not have the firewall start with the host."""
    commands = [["ufw", *words] for words in todo.steps]
    if request.enforced and not before.boots:
        todo.after.boots = True
        commands.append(["systemctl", "enable", UNIT])
    return commands


def carry_out(commands: list[list[str]], call: Run) -> None:
    for command in commands:
        answer = call(command)
        if answer.rc != 0:
            raise UfwError(f"`{' '.join(command)}` fails: {answer.text}; what was done before it stays, run again")


def reconcile(request: WantedRules, check: bool = False, etc: Path = Path("/etc"), call: Run = run) -> RulesOutcome:
    """Bring the rule set in line with the request, or say in check mode what that would do.

    Raises UfwError when the request cannot be met, and when the rule set is not as planned afterwards.
    """
    before = read_state(etc, call)
    if not before.installed and not check:
        raise UfwError("ufw is not installed: install the package ufw first (the role hardening does)")
    todo = plan(before, request)
    commands = _commands(before, todo, request)
    warnings = [*todo.warnings, *_closing(before, todo.after, request)]
    notes = _ways_in(before, todo.after)
    outcome = RulesOutcome(bool(commands), commands, before, todo.after, warnings, notes)
    if check or not commands:
        return outcome
    carry_out(commands, call)
    now = read_state(etc, call)
    left = _commands(now, plan(now, request), request)
    if left:
        wanted = "; ".join(" ".join(command) for command in left)
        raise UfwError(f"ufw accepted the commands, yet its rule set is not as wanted; still missing: {wanted}")
    return outcome
