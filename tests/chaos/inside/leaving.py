# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill the modules of `remove.yml` at system calls of their own, and see what becomes of the host.

`python3 -m inside.leaving CALLS STEP LANE LANES` reads what to run from `steps.json`: pairs of module and arguments, in
the order of the playbook. Each module is killed at every STEP-th call of CALLS; of all these kills the lane takes every
LANES-th. Before each one, the host is put back to where that module's turn had come. Each line of output is one JSON
object.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from . import host, snapshot
from .calls import STAGED_STEP, Seen, kill, staged, traced

STEPS = host.HOME / "steps.json"
OWN_RULE = "ufw allow 22/tcp"
SETTLED = 10.0

Step = tuple[str, dict[str, Any]]


@dataclass
class Way:
    """The modules in their order, the calls of each, what is served all the time, and the host in the end."""

    steps: list[Step]
    served: dict[str, str]
    lines: list[list[str]]
    end: snapshot.Look


def series(calls: str, step: int, lane: int, lanes: int) -> None:
    """Kill at every `step`-th call of each module, as far as this lane's share of it goes."""
    steps = list(map(tuple, json.loads(STEPS.read_text())))
    # Another series has left this host already.
    if (snapshot.KEPT / "0").exists():
        snapshot.restore("0")
    # The owner's own site, and a site of ours that holds a block of the owner's.
    way = walk(steps, {"own.example.org": "own", f"kept-{lane}.example.org": "status 301"}, calls)
    kills = [(number, k) for number, lines in enumerate(way.lines) for k in chosen(lines, step)]
    for number, k in kills[lane::lanes]:
        module, arguments = way.steps[number]
        snapshot.restore(str(number))
        seen = Seen(module, calls, k)
        kill(seen, module, arguments, way.lines[number])
        judge(way, seen)
        print(json.dumps(asdict(seen)), flush=True)


def chosen(lines: list[str], step: int) -> list[int]:
    """Return the calls of a module to kill at: every `step`-th, at least one; few of those that make staged copies."""
    first, last = staged(lines) + 1, len(lines)
    few = range(STAGED_STEP, first, STAGED_STEP * step)
    begin = min(first + (step - 1) // 2, (first + last) // 2)
    return [*few, *range(max(begin, 1), last + 1, step)] if lines else []


def walk(steps: list[Step], served: dict[str, str], calls: str) -> Way:
    """Leave once without a kill; keep the host as it is before each module."""
    lines = []
    for number, (module, arguments) in enumerate(steps):
        snapshot.keep(str(number))
        lines.append(traced(module, arguments, calls))
    way = Way(steps, served, lines, snapshot.look())
    seen = Seen("", calls, 0)
    judge(way, seen)
    if seen.problems:
        raise SystemExit(f"a run that nobody killed: {seen.problems}")
    return way


def judge(way: Way, seen: Seen) -> None:
    """See what stands on the host after a kill, and what the next runs make of it; problems go into `seen`."""
    say = seen.problems.append
    if problem := host.refusal():
        say(f"nginx -t at once: {problem}")
    if not _steady(way):
        say(f"served at once: {host.served(way.served)}")
    if OWN_RULE not in host.run("ufw", "show", "added").stdout:
        say("the owner's rule of the firewall is not there at once")
    began = time.monotonic()
    done = host.run("systemctl", "restart", "nginx")
    if done.returncode:
        say(f"systemctl restart nginx: {done.stderr.strip()} {host.refusal()}")
    if not _steady(way):
        say(f"served after systemctl restart nginx: {host.served(way.served)}")
    seen.recovery = time.monotonic() - began
    for name, changes in (("the next run", True), ("the run after it", False)):
        for module, arguments in way.steps:
            answer = host.run_module(module, arguments)
            if problem := host.failure(answer):
                say(f"{name}: {module}: {problem}")
            elif answer[1]["changed"] and not changes:
                say(f"{name}: {module} changes something: {json.dumps(answer[1])[:400]}")
    if not _steady(way):
        say(f"served in the end: {host.served(way.served)}")
    if seen.variant and (different := snapshot.different(way.end, snapshot.look())):
        say(f"in the end not as after a run that nobody killed: {' '.join(different)}")


def _steady(way: Way) -> bool:
    return host.until(lambda: host.served(way.served) == list(way.served.values()), SETTLED)


if __name__ == "__main__":
    series(sys.argv[1], *(int(number) for number in sys.argv[2:]))
