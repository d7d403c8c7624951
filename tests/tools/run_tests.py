# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run all tests: static checks, unit tests, then in the lab nginx as the judge, the trials and the Molecule scenarios.

``python -m tools.run_tests [--long] [--systems "debian12 ..."] [SCENARIO ...]``. Output is shown as it comes, and kept
in ``.cache/logs/STEP.log``. A failed step does not stop the steps that do not need it. In the end stand the steps by
time and what failed, and the last line is ``N passed, N failed``: static checks, unit tests, the judge's, the trials,
and of each scenario its run and every assertion of its verifier.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from . import failures, stream
from .checkout import LOGS, ROOT, tool_environment
from .counts import Count
from .deprecations import of_ours
from .lanes import in_lanes
from .steps import Step, steps

# Seconds.
_LIMIT_OVERALL = 5400.0
_LIMIT_CLEAN = 300.0
# How many steps run beside one another. None judges anything by the clock, so that they may.
_LANES = 2
# With the long tests, on all systems, everything may take that many times as long.
_LONG_FACTOR = 5


@dataclass(frozen=True)
class Outcome:
    """What a step counted, how it ended in one line, what it says of failures, and the seconds that it took."""

    count: Count
    line: str
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_all(chosen: list[Step], env: dict[str, str], patience: int) -> Count:
    """Run the steps and return the sum of their counts; their limits count ``patience`` times."""
    end = time.monotonic() + _LIMIT_OVERALL * patience
    passed: set[str] = set()

    def attempt(step: Step) -> Outcome:
        missing = [name for name in step.needs if name not in passed]
        if missing:
            outcome = Outcome(Count(0, 1), f"test: {step.name} NOT RUN, {missing[0]} failed")
        else:
            outcome = _run(step, env, min(step.limit * patience, end - time.monotonic()))
        if not outcome.count.failed:
            passed.add(step.name)
        stream.say(f"{outcome.line}\n")
        return outcome

    outcomes = in_lanes(chosen, _LANES, attempt, stream.end_all)
    _print_times(outcomes)
    for outcome in outcomes.values():
        if outcome.count.failed:
            print("\n".join([outcome.line, *(f"  {each}" for each in outcome.told)]), flush=True)
    return sum((outcome.count for outcome in outcomes.values()), Count())


def _run(step: Step, env: dict[str, str], limit: float) -> Outcome:
    """Run a step for so many seconds at most."""
    stream.say(f"test: {step.name} ...")
    if step.ansible_log:
        step.ansible_log.unlink(missing_ok=True)
        env = {**env, "ANSIBLE_LOG_PATH": str(step.ansible_log)}
    result = stream.run(step.argv, env, LOGS / f"{step.name}.log", max(0.0, limit), f"{step.name}: ")
    if result.stopped and step.cleanup:
        stream.run(step.cleanup, env, LOGS / f"{step.name}-cleanup.log", _LIMIT_CLEAN)
    deprecated = _deprecations(step)
    count = step.count(result.output, result.code) + Count(0, len(deprecated))
    word = "FAILED" if count.failed else "ok"
    stopped = ", stopped at its time limit" if result.stopped else ""
    line = f"test: {step.name} {word}{stopped}: {count} ({result.seconds:.0f} s)"
    return Outcome(count, line, deprecated or failures.of(result.output), result.seconds)


def _deprecations(step: Step) -> list[str]:
    if step.ansible_log is None or not step.ansible_log.exists():
        return []
    return of_ours(step.ansible_log.read_text(encoding="utf-8", errors="replace"))


def _print_times(outcomes: dict[str, Outcome]) -> None:
    """Print the steps by time: each beside others, so that the sum is what the lanes had to do."""
    by_time = sorted(outcomes.items(), key=lambda item: -item[1].seconds)
    together = sum(outcome.seconds for _name, outcome in by_time)
    print(f"the steps by time, {_LANES} beside one another; together {together:.0f} s")
    for name, outcome in by_time:
        print(f"  {outcome.seconds:6.0f} s  {name:32} {outcome.count}")


def environment(systems: list[str], *, long: bool) -> dict[str, str]:
    """Return the environment of every step; ``LAB_RUN`` tells the containers of this run from those of others.

    Tests that are marked as long run only when asked for.
    """
    env = tool_environment(
        LAB_RUN=os.environ.get("LAB_RUN") or f"t{secrets.token_hex(3)}",
        MOLECULE_GLOB="molecule/*/molecule.yml",
        PYTHONPATH=str(ROOT / "tests"),
    )
    if not long:
        env["PYTEST_ADDOPTS"] = "-m 'not long'"
    if systems:
        env["LAB_SYSTEMS"] = env["JUDGE_SYSTEMS"] = " ".join(systems)
    return env


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run what the command line asks for; return 0 when everything passed."""
    parser = argparse.ArgumentParser(prog="run_tests", description="Run static checks, unit tests and scenarios.")
    parser.add_argument("--long", action="store_true", help="run the tests that are marked as long, too")
    parser.add_argument("--systems", default="", help="systems for the scenarios, parted by spaces")
    parser.add_argument("scenarios", nargs="*", help="Molecule scenarios; none: no containers at all")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    LOGS.mkdir(parents=True, exist_ok=True)
    systems = arguments.systems.split()
    try:
        patience = _LONG_FACTOR if arguments.long else 1
        chosen = steps(arguments.scenarios, systems, long=arguments.long)
        total = run_all(chosen, environment(systems, long=arguments.long), patience)
    except KeyboardInterrupt:
        print("test: interrupted", file=sys.stderr)
        return 130
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
