# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run all tests: static checks, unit tests, then in the lab nginx as the judge, the trials and the Molecule scenarios.

``python -m tools.run_tests [--long] [--systems "debian12 ..."] [SCENARIO ...]``. Output is shown as it comes, and kept
in ``.cache/logs/STEP.log``. A failed step does not stop the steps that do not need it. In the end what failed is named
once more, and the last line is ``N passed, N failed``: static checks, unit tests, the judge's, the trials, and of each
scenario its run and every assertion of its verifier.
"""

from __future__ import annotations

import argparse
import itertools
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType

from . import counts, failures, stream
from .checkout import BIN, LOGS, ROOT, tool_environment
from .counts import Count

# All limits are in seconds and far above what a two-core machine takes: they end a step that hangs.
_LIMIT_OVERALL = 5400.0
_LIMIT_LINT = 1200.0
_LIMIT_UNIT = 600.0
_LIMIT_ENGINE = 300.0
_LIMIT_IMAGES = 1800.0
_LIMIT_JUDGE = 1200.0
_LIMIT_CHAOS = 900.0
_LIMIT_SCENARIO = 2400.0
_LIMIT_CLEAN = 300.0
# How many steps that may run beside one another do.
_LANES = 2
# With the long tests, on all systems, everything may take that many times as long.
_LONG_FACTOR = 5


@dataclass(frozen=True)
class Step:
    """One command of the run.

    ``needs`` names steps that must have passed, or this one is not run and counts as failed. ``cleanup`` is run when
    the step was stopped before its end. ``beside`` steps run beside their neighbours that may, too: those that use
    one processor at most, and judge nothing by the clock.
    """

    name: str
    argv: tuple[str, ...]
    limit: float
    count: Callable[[str, int], Count]
    needs: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = field(default=())
    beside: bool = False


# What a step counted, and how it ended, in lines.
Outcome = tuple[Count, list[str]]
_UNIT = ("tests/unit", "tests/fuzz")


def steps(scenarios: list[str], systems: list[str]) -> list[Step]:
    """Return the steps for these scenarios, in order. No systems: each step's own choice."""
    python = str(BIN / "python")
    molecule = str(BIN / "molecule")
    chaos = (python, "-m", "chaos")
    lab = [
        Step("lab-engine", (python, "-m", "lab", "engine"), _LIMIT_ENGINE, counts.of_exit),
        Step("lab-images", (python, "-m", "lab", "images", *systems), _LIMIT_IMAGES, counts.of_exit, ("lab-engine",)),
        Step("judge", (python, "-m", "pytest", "-q", "tests/judge"), _LIMIT_JUDGE, counts.of_pytest, ("lab-images",)),
        Step("chaos", (*chaos, "--short"), _LIMIT_CHAOS, counts.of_trials, ("lab-images",), cleanup=(*chaos, "--down")),
    ]
    return [
        Step("lint", (python, "-m", "tools.lint"), _LIMIT_LINT, counts.of_lint, beside=True),
        Step("unit", (python, "-m", "pytest", "-q", *_UNIT), _LIMIT_UNIT, counts.of_pytest, beside=True),
        *(lab if scenarios else []),
        *(
            Step(
                f"molecule-{name}",
                (molecule, "test", "--scenario-name", name),
                _LIMIT_SCENARIO,
                counts.of_molecule,
                ("lab-images",),
                (molecule, "destroy", "--scenario-name", name),
                beside=name != "default",  # which has all five systems
            )
            for name in scenarios
        ),
    ]


def run_all(chosen: list[Step], env: dict[str, str], patience: int) -> Count:
    """Run the steps and return the sum of their counts; their limits count ``patience`` times."""
    end = time.monotonic() + _LIMIT_OVERALL * patience
    total = Count()
    passed: set[str] = set()
    failed: list[str] = []

    def attempt(step: Step) -> Outcome:
        missing = [name for name in step.needs if name not in passed]
        told: list[str] = []
        if missing:
            count, line = Count(0, 1), f"NOT RUN, {missing[0]} failed"
        else:
            count, line, told = _run(step, env, min(step.limit * patience, end - time.monotonic()))
        line = f"test: {step.name} {line}"
        print(f"{line}\n", flush=True)
        return count, [line, *(f"  {each}" for each in told)]

    for batch in _batches(chosen):
        for step, (count, lines) in zip(batch, _in_lanes(attempt, batch), strict=True):
            total += count
            if count.failed:
                failed += lines
            else:
                passed.add(step.name)
    print("\n".join(failed), flush=True)
    return total


def _batches(chosen: list[Step]) -> Iterator[list[Step]]:
    """Yield neighbours that may run beside one another together, and every other step by itself."""
    for beside, group in itertools.groupby(chosen, lambda step: step.beside):
        batch = list(group)
        yield from [batch] if beside else ([step] for step in batch)


def _in_lanes(attempt: Callable[[Step], Outcome], batch: list[Step]) -> list[Outcome]:
    """Attempt steps side by side, in few lanes. When this process is told to stop, all of them are."""
    with ThreadPoolExecutor(_LANES) as pool:
        pending = [pool.submit(attempt, step) for step in batch]
        try:
            return [each.result() for each in pending]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stream.end_all()
            raise


def _run(step: Step, env: dict[str, str], limit: float) -> tuple[Count, str, list[str]]:
    """Run a step for so many seconds at most; return its count, how it ended, and what it says of failures."""
    print(f"test: {step.name} ...", flush=True)
    label = f"{step.name}: " if step.beside else ""
    result = stream.run(step.argv, env, LOGS / f"{step.name}.log", max(0.0, limit), label)
    count = step.count(result.output, result.code)
    if result.stopped and step.cleanup:
        stream.run(step.cleanup, env, LOGS / f"{step.name}-cleanup.log", _LIMIT_CLEAN)
    word = "FAILED" if count.failed else "ok"
    stopped = ", stopped at its time limit" if result.stopped else ""
    return count, f"{word}{stopped}: {count} ({result.seconds:.0f} s)", failures.of(result.output)


def _environment(systems: list[str], *, long: bool) -> dict[str, str]:
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
        total = run_all(steps(arguments.scenarios, systems), _environment(systems, long=arguments.long), patience)
    except KeyboardInterrupt:
        print("test: interrupted", file=sys.stderr)
        return 130
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
