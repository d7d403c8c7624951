# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill `nginx_site` at system calls of its own, and see what becomes of the host.

`python3 -m inside.kills series VARIANT CALLS STEP LANE LANES` kills at every STEP-th call of CALLS (`changes`, `waits`)
until the module ends by itself, and of those takes every LANES-th. `strike VARIANT PART SHARE` kills at one call of the
part, SHARE of the way through it, and leaves it; `judge` says what came of that after the machine was started again.
Each line of output is one JSON object.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from dataclasses import asdict

from . import host
from .aftermath import judge
from .calls import Seen, calls_of, chosen, staged, strike
from .standing import Stand, look, prepare

NOTE = host.HOME / "strike"


def series(variant: str, calls: str, step: int, lane: int, lanes: int) -> None:
    """Kill at every `step`-th call until the module ends by itself, as far as this lane's share of it goes."""
    plan = calls_of(variant, calls)
    before = look(variant, 2)
    for k in chosen(plan, variant, calls, step)[lane::lanes]:
        seen = strike(before, calls, k, plan)
        judge(before, seen)
        print(json.dumps(asdict(seen)), flush=True)
        before = prepare(variant) if seen.problems else look(variant, before.version + 1)


def strike_only(variant: str, part: str, share: float) -> None:
    """Kill at one call of a part, `staged` or `swapped`, and note down what stood before."""
    plan = calls_of(variant, "changes")
    before, border = look(variant, 2), staged(plan[0])
    first, last = (1, border) if part == "staged" else (border + 1, len(plan[0]))
    seen = strike(before, "changes", first + int(share * (last - first)), plan)
    NOTE.write_text(repr((asdict(before), asdict(seen))))
    os.sync()
    print(json.dumps(asdict(seen)))


def judge_only() -> None:
    """Say what came of the noted kill after the machine was started again."""
    noted_stand, noted_kill = ast.literal_eval(NOTE.read_text())
    before, seen = Stand(**noted_stand), Seen(**noted_kill)
    state = host.run("systemctl", "is-active", "nginx").stdout.strip()
    if state != "active":
        seen.problems.append(f"after the boot nginx is {state}: {host.refusal()}")
    judge(before, seen, booted=True)
    print(json.dumps(asdict(seen)))


def main(command: str, *arguments: str) -> None:
    """Do what the command line says."""
    if command == "series":
        variant, calls, *numbers = arguments
        series(variant, calls, *(int(number) for number in numbers))
    elif command == "strike":
        variant, part, share = arguments
        strike_only(variant, part, float(share))
    else:
        judge_only()


if __name__ == "__main__":
    main(*sys.argv[1:])
