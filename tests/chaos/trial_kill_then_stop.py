# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SIGKILL at sampled system calls, then the machine is stopped at once and started again."""

from __future__ import annotations

import random
import time
from typing import Any

from chaos.hosts import inside, problems, side_by_side
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "SIGKILL, then the machine stops"
SEED = 4
LANES = 2
# Most of them where the host itself changes, the rest while a candidate is tested.
SAMPLES = (("entangled", "swapped"), ("independent", "swapped"), ("ordered", "swapped")) * 3 + (
    ("entangled", "staged"),
)
SHORT = 2


def run(bench: Stage, short: bool) -> Outcome:
    """Kill and stop, each host a share of the samples."""
    chance = random.Random(SEED)  # noqa: S311 - the same samples in every run
    samples = [(*sample, chance.random()) for sample in SAMPLES][: SHORT if short else None]

    def share(name: str, lane: int) -> list[dict[str, Any]]:
        return [_sample(bench, name, *sample) for sample in samples[lane::LANES]]

    names = [f"boot-{lane}" for lane in range(LANES)]
    seen = [each for part in side_by_side(bench, names, share) for each in part]
    details = "killed at " + ", ".join(f"{each['variant']} {each['k']}" for each in seen)
    return Outcome(
        NAME, len(seen), problems(seen, ("variant", "k", "call")), max(each["boot"] for each in seen), details
    )


def _sample(bench: Stage, name: str, variant: str, part: str, share: float) -> dict[str, Any]:
    inside(bench, name, "kills", "strike", variant, part, share)
    began = time.monotonic()
    bench.power_cut(name)
    booted = time.monotonic() - began
    return {**inside(bench, name, "kills", "judge")[0], "boot": booted}
