# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs on the host itself: firewall, limit of connections, bans, nginx and certificates."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .._connection_limit.host import prove
from .._connection_limit.table import LimitError
from .._fail2ban.host import jail_status
from .._fail2ban.jail import enabled_jails, unite
from .._fail2ban.packet_filter import PacketFilterError, dump, harmless_address, names, parse_networks
from .._host.command import Run, run
from .._host.names import JAIL_PATH
from .._ufw.host import read_state
from .._ufw.rule import UfwError
from .._ufw.wide_open import told
from .proof import Proof


def prove_firewall(call: Run = run) -> list[Proof]:
    """Prove that ufw filters, and that what has no rule is refused."""
    try:
        state = read_state(call=call)
    except UfwError as exc:
        return [Proof("ufw", False, str(exc))]
    if not state.installed:
        return [Proof("ufw", False, "not installed: run playbooks/site.yml, or the role hardening")]
    status = "active" if state.active else "inactive: everything is open; run playbooks/site.yml, or the role hardening"
    closed = state.incoming in ("deny", "reject")
    open_to_all = "; ".join(told(state.managed, state.files, state.incoming))
    return [
        Proof("ufw", state.active, status),
        Proof("ufw at start", state.boots, "enabled" if state.boots else "ufw.service is disabled: run site.yml"),
        Proof("ufw default", closed, f"{state.incoming} (incoming), {state.outgoing} (outgoing)"),
        Proof("ufw rules", not open_to_all, open_to_all or "no rule of the owner's lets everybody in on every port"),
    ]


def prove_connection_limit(call: Run = run) -> list[Proof]:
    """Prove that the kernel holds our table and that it comes back with the host."""
    try:
        return [Proof("connection limit", *prove(call))]
    except LimitError as exc:
        return [Proof("connection limit", False, str(exc))]


def running_jails(call: Run = run) -> list[str]:
    """Return the names of the jails that the running fail2ban lists."""
    match = re.search(r"Jail list:[ \t]*(.*)", call(["fail2ban-client", "status"]).out)
    return [name for name in re.split(r"[\s,]+", match[1]) if name] if match else []


class BanProver:
    """Bans a documentation address in a jail, finds it in the packet filter, and lifts it in any case."""

    def __init__(self, address: str, call: Run = run, timeout: float = 5.0) -> None:
        self.address = address
        self.call = call
        self.timeout = timeout

    def prove(self, jail: str) -> Proof:
        """Return the proof for one jail."""
        subject = f"jail {jail}"
        banned = lifted = False
        before = self.call(["fail2ban-client", "set", jail, "banip", self.address])
        try:
            if before.rc == 0:
                banned = self._until(lambda: names(dump(self.call), self.address))
        finally:
            self.call(["fail2ban-client", "set", jail, "unbanip", self.address])
            lifted = self._until(lambda: not names(dump(self.call), self.address))
        if before.rc != 0:
            return Proof(
                subject,
                False,
                f"the ban of {self.address} is refused: see /var/log/fail2ban.log. It says: {before.text}",
            )
        if not banned:
            return Proof(
                subject,
                False,
                f"the ban of {self.address} never reached the packet filter: restart fail2ban, and see its log",
            )
        if not lifted:
            return Proof(
                subject, False, f"{self.address} stays in the packet filter after its ban was lifted: restart fail2ban"
            )
        return Proof(subject, True, f"banned {self.address}, found it in the packet filter, lifted it")

    def _until(self, holds: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + self.timeout
        while True:
            if holds():
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.1)


def listed_jails(path: str = JAIL_PATH) -> list[str]:
    """Return the names of the jails that this collection's file asks for: one that died is among them."""
    try:
        return enabled_jails(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []


def choose_address(wanted: str | None, call: Run = run) -> str:
    """Return the documentation address to ban; raises PacketFilterError where none can be banned safely."""
    commands = (
        ["ip", "-o", "address"],
        ["ip", "-o", "route", "show", "table", "all"],
        ["ip", "-o", "-6", "route", "show", "table", "all"],
    )
    answers = [call(command) for command in commands]
    if any(answer.rc != 0 for answer in answers[:2]):
        raise PacketFilterError(f"the routes of this host cannot be read: {answers[1].text}: install iproute2")
    known = parse_networks("\n".join(answer.out for answer in answers))
    return harmless_address(known, dump(call), wanted)


def prove_jails(wanted: Sequence[str] | None, ban_address: str | None, check: bool, call: Run = run) -> list[Proof]:
    """Prove each jail: alive, and able to ban. In check mode nothing is banned."""
    jails = list(wanted) if wanted is not None else unite(listed_jails(), running_jails(call))
    if wanted is None and not jails:
        return [Proof("fail2ban", False, "no jail runs: run playbooks/site.yml, or the role hardening")]
    prover: BanProver | None = None
    if not check and jails:
        try:
            prover = BanProver(choose_address(ban_address, call), call)
        except (PacketFilterError, ValueError) as exc:
            return [Proof("fail2ban", False, str(exc))]
    proofs = []
    for jail in jails:
        status = jail_status(jail, call)
        if status is None:
            proofs.append(Proof(f"jail {jail}", False, "it does not run: see /var/log/fail2ban.log"))
        elif not status.alive:
            lacking = "has no action" if not status.actions else "watches nothing"
            proofs.append(Proof(f"jail {jail}", False, f"it {lacking}: see /var/log/fail2ban.log"))
        elif prover is None:
            proofs.append(Proof(f"jail {jail}", None, "alive; no ban is tried in check mode"))
        else:
            proofs.append(_proved(prover, jail))
    return proofs


def _proved(prover: BanProver, jail: str) -> Proof:
    try:
        return prover.prove(jail)
    except PacketFilterError as exc:
        return Proof(f"jail {jail}", False, str(exc))


def prove_certificate(name: str, fullchain: str, call: Run = run) -> Proof:
    """Prove that a certificate is on disk, speaks of its name and has at least a week to live."""
    subject = f"certificate {name}"
    if not Path(fullchain).exists():
        return Proof(subject, False, f"{fullchain} does not exist: run playbooks/site.yml")
    name_check = ["-checkip", name] if _is_address(name) else ["-checkhost", name]
    host = call(["openssl", "x509", "-noout", "-in", fullchain, *name_check])
    # First: a newer OpenSSL says it, and ends with an error, too.
    if "does NOT match" in host.out:
        return Proof(
            subject, False, f"{fullchain} is not for {name}: run playbooks/site.yml, which asks for one that is"
        )
    if host.rc != 0:
        return Proof(
            subject,
            False,
            f"{fullchain} cannot be read as a certificate: see `certbot certificates`. openssl says: {host.text}",
        )
    if call(["openssl", "x509", "-noout", "-in", fullchain, "-checkend", str(7 * 86400)]).rc != 0:
        return Proof(subject, False, f"{fullchain} ends within a week: see `journalctl -u certbot`")
    return Proof(subject, True, f"{fullchain} is for {name} and lives for a week or more")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
