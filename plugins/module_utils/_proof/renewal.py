# SPDX-License-Identifier: GPL-3.0-or-later

"""Proofs that certificates are renewed: a timer runs, and certbot takes each lineage up and can prove its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._certbot.covering import covering, has_pair
from .._certbot.lineage import CertbotSettings, read_lineage
from .._certbot.moving import Check, reason_to_fail
from .._certbot.skipped import skipped
from .._certbot.webroot import unserved
from .._host.command import Run, run
from .._host.x509 import certificates_below
from .proof import Proof

_TIMERS = ("certbot.timer", "snap.certbot.renew.timer")


def prove_renewal(call: Run = run) -> list[Proof]:
    """Prove that a timer renews certificates by itself."""
    seen = {timer: call(["systemctl", "is-active", timer]).out.strip() for timer in _TIMERS}
    for timer, state in seen.items():
        if state == "active":
            return [Proof("renewal", True, f"{timer} is active")]
    return [
        Proof(
            "renewal", False, f"{_TIMERS[0]} is {seen[_TIMERS[0]] or 'missing'}: `systemctl enable --now {_TIMERS[0]}`"
        )
    ]


def prove_lineages(
    wanted: Sequence[Mapping[str, Any]] | None, settings: CertbotSettings, *, check_mode: bool, check: Check = unserved
) -> list[Proof]:
    """Prove of each lineage that `certbot renew` can renew it.

    Args:
        wanted: certificates by `name`, with their `names`; None for every lineage of the host.
        settings: where certbot has its files, and our webroot.
        check_mode: nothing is put into a webroot, so that port 80 is not asked.
        check: the question to port 80.

    """
    live = str(settings.folder / "live")
    if wanted is None:
        found = {path.name.removesuffix(".conf") for path in (settings.folder / "renewal").glob("*.conf")}
        found |= {path.parent.name for path in (settings.folder / "live").glob("*/fullchain.pem")}
        return [_proof(name, settings, check_mode, check) for name in sorted(found)]
    others = None
    names: list[str] = []
    for each in wanted:
        name = each["name"]
        if not has_pair(live, name) and not settings.renewal_file(name).exists():
            others = certificates_below(live) if others is None else others
            name = covering(each["names"] or [name], others) or name
        names.append(name)
    return [_proof(name, settings, check_mode, check) for name in dict.fromkeys(names)]


def _proof(name: str, settings: CertbotSettings, check_mode: bool, check: Check) -> Proof:
    subject = f"renewal of {name}"
    lineage = read_lineage(name, settings)
    if lineage.absent:
        return Proof(subject, None, "there is no certificate yet: run playbooks/site.yml, which says what is missing")
    if reason := skipped(settings.renewal_file(name)):
        return Proof(subject, False, f"certbot skips it: {reason}. Run playbooks/site.yml, which mends it or says how")
    if lineage.renewal is None:
        return Proof(subject, False, "certbot skips it: it has no renewal file. Run playbooks/site.yml, which says how")
    asked = lineage.renewal.authenticator == "webroot"
    if asked and check_mode:
        return Proof(subject, None, "port 80 is not asked in check mode")
    if reason := reason_to_fail(lineage, lineage.renewal, settings, check, ask_ours=True):
        return Proof(subject, False, f"it will fail: {reason}. Run playbooks/site.yml")
    way = "port 80 serves the folder of each name" if asked else "what it does is its own affair"
    return Proof(subject, True, f"certbot takes it up, by its authenticator {lineage.renewal.authenticator}: {way}")
