# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGKILL while the jail of fail2ban changes, at file-changing calls and where the module waits."""

from __future__ import annotations

from collections import Counter
from typing import Any

from chaos.hosts import inside, problems, side_by_side
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "SIGKILL while a jail changes"
LANES = 2
SERIES = (("changes", 7), ("waits", 2))
# The same of the short form.
SHORT = {"changes": 131, "waits": 29}


def run(bench: Stage, short: bool) -> Outcome:
    """Kill at every call, each host a share of them."""

    def share(name: str, lane: int) -> list[dict[str, Any]]:
        bench.ship(name, ["fail2ban_jails"])
        seen: list[dict[str, Any]] = []
        for calls, usual in SERIES:
            seen += inside(bench, name, "bans", calls, SHORT[calls] if short else usual, lane, LANES)
        return seen

    seen = [each for part in side_by_side(bench, [f"bans-{lane}" for lane in range(LANES)], share) for each in part]
    kinds = Counter(each["calls"] for each in seen if each["place"])
    violations = problems(seen, ("calls", "k", "call"))
    violations += [f"{calls}: nobody was killed" for calls, _usual in SERIES if not kinds[calls]]
    details = "kills: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Outcome(NAME, len(seen), violations, max(each["recovery"] for each in seen), details)
