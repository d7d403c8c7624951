# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print how long runs of site.yml take, beside a playbook with stock modules: `python -m bench_run [--rounds N]`.

With `--write FILE` the tables take the place between that file's marks.

The comparison is tests/bench_run/stock/site.yml: the same four routes, 29 tasks, without certificates of an authority
and without a proof. Both go over SSH with pipelining and without facts, in turns; a figure is the median. Nothing is
asserted: the exit code is 1 only when something could not be measured.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median

from lab.lab import Lab
from lab.progress import say
from tools import made_by
from tools.made_by import row

from .stage import Run, RunStage

ROUNDS, FEW, MANY, MOST = 5, 4, 100, 500


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench_run", description="Time runs of site.yml.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--few", action="store_true", help=f"measure {FEW} routes alone")
    parser.add_argument("--keep", action="store_true", help="leave the machines; LAB_RUN names the run")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks of this document")
    given = parser.parse_args()
    lab = Lab(f"{os.environ.get('LAB_RUN') or f'p{secrets.token_hex(3)}'}-runs")
    try:
        stage = RunStage(lab)
        say("bench_run: two home servers with the packages")
        stage.set_up()
        lines = _few(stage, given.rounds)
        if not given.few:
            lines += _many(stage, given.rounds)
    finally:
        if not given.keep:
            lab.down()
    text = "\n".join([_method(given.rounds), "", *lines]) + "\n"
    print(text)
    if given.write:
        made_by.write(given.write, "bench-run", text)
    return 0


def _method(rounds: int) -> str:
    core, processors = version("ansible-core"), os.cpu_count()
    return (
        f"Measured with ansible-core {core} and Debian 13 hosts; {processors} processors for them and the controller. "
        f"{rounds} rounds in turns; a figure is their median."
    )


def _few(stage: RunStage, rounds: int) -> list[str]:
    """Return the lines about a few routes: the first run, and those without a change."""
    say("bench_run: first runs")
    first, their_first = stage.site(FEW), stage.stock()
    ours, theirs = [], []
    for number in range(rounds):
        say(f"bench_run: runs without a change, {number + 1} of {rounds}")
        ours.append(_unchanged(stage.site(FEW)))
        theirs.append(_unchanged(stage.stock()))
    return [
        row("run", "ours", "stock modules", "ours/stock"),
        row("---", "---:", "---:", "---:"),
        row("first, packages present", *_pair(first.seconds, their_first.seconds)),
        row(f"no change, {FEW} routes", *_pair(_median(ours), _median(theirs))),
        row("module calls on the host, no change", str(ours[-1].calls), str(theirs[-1].calls), ""),
        "",
        *_by_task(ours),
        "",
    ]


def _many(stage: RunStage, rounds: int) -> list[str]:
    """Return the lines about many routes."""
    lines = [row("run", "ours"), row("---", "---:")]
    for routes in (MANY, MOST):
        say(f"bench_run: {routes} routes")
        stage.site(routes)
        runs = [_unchanged(stage.site(routes)) for _number in range(min(rounds, 3))]
        lines.append(row(f"no change, {routes} routes", f"{_median(runs):.1f} s"))
        if routes == MANY:
            lines.append(row(f"one route added to {routes}", f"{stage.site(routes + 1).seconds:.1f} s"))
    return lines


def _by_task(runs: list[Run]) -> list[str]:
    """Return what each task took, by the median of the runs: on the host and around it."""
    lines = [row("task", "on the host", "around it", "calls"), row("---", "---:", "---:", "---:")]
    for each in zip(*(run.tasks for run in runs), strict=True):
        if any(one.state != "skipped" for one in each):
            on_host = median(one.on_host for one in each)
            around = median(one.seconds - one.on_host for one in each)
            lines.append(row(each[0].name, f"{on_host:.2f} s", f"{around:.2f} s", str(each[0].calls)))
    skipped = [sum(one.seconds for one in run.tasks if one.state == "skipped") for run in runs]
    rest = [run.seconds - sum(one.seconds for one in run.tasks) for run in runs]
    lines.append(row("all that were skipped", "", f"{median(skipped):.2f} s", ""))
    lines.append(row("start and end of ansible-playbook", "", f"{median(rest):.2f} s", ""))
    return lines


def _unchanged(run: Run) -> Run:
    """Return a run. Raises AssertionError where it changed something, which would make it another one."""
    if run.changed:
        raise AssertionError(f"a run without a change has changed: {', '.join(run.changed)}")
    return run


def _median(runs: list[Run]) -> float:
    return median(run.seconds for run in runs)


def _pair(mine: float, other: float) -> tuple[str, str, str]:
    return f"{mine:.1f} s", f"{other:.1f} s", f"{mine / other:.2f}"


if __name__ == "__main__":
    sys.exit(main())
