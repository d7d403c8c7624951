# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGKILL at the k-th system call that changes a file, and while the module waits for what it started."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.hosts import inside, problems, side_by_side
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "SIGKILL at file-changing calls"
# More than the processors of a small machine: systemd and nginx are waited for.
LANES = 3
# Kind of sites, kind of calls, and every how many-th of these the module is killed at.
SERIES = (
    ("independent", "changes", 1),
    ("ordered", "changes", 1),
    ("entangled", "changes", 1),
    ("independent", "waits", 2),
    ("entangled", "waits", 3),
)
# The same of the short form.
SHORT = {"changes": 29, "waits": 13}


def run(bench: Stage, short: bool) -> Outcome:
    """Kill at every call, each host a share of them."""

    def share(name: str, lane: int) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        for variant, calls, usual in SERIES:
            step = SHORT[calls] if short else usual
            seen += inside(bench, name, "kills", "series", variant, calls, step, lane, LANES)
        return seen

    names = [f"kill-{lane}" for lane in range(LANES)]
    seen = [each for part in side_by_side(bench, names, share) for each in part]
    violations = problems(seen, ("variant", "calls", "k", "call"))
    if not short:
        violations += untried(seen)
    return Outcome(NAME, len(seen), violations, max(each["recovery"] for each in seen), summary(seen))


def untried(seen: list[dict[str, Any]]) -> list[str]:
    """Return at which calls nobody was killed, of the variants in which each is tried."""
    missing = []
    for variant in ("independent", "entangled"):
        places = {each["place"] for each in seen if (each["variant"], each["calls"]) == (variant, "changes")}
        left = sorted(set(range(1, max(places, default=0) + 1)) - places)
        missing += [f"{variant}: no kill at the calls {left}"] if left or not places else []
    return missing


def summary(seen: list[dict[str, Any]]) -> str:
    """Return how many kills there were of each kind."""
    kinds = Counter(f"{each['variant']} {each['calls']}" for each in seen if each["place"])
    return "kills: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
