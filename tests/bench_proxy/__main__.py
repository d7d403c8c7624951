# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare what `site.yml` makes with other proxies: `python -m bench_proxy [--rounds N] [--seconds N] [--keep]`.

Rounds are in turns, of which each figure is the median. The report goes to standard output, as the part of
docs/performance.md that it is: with `--write FILE` it takes the place between that file's marks. Nothing is asserted:
the exit code is 1 only when something could not be measured.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path
from statistics import median
from typing import Any

from lab.lab import Lab
from lab.progress import say
from tools import made_by

from . import report
from .others import MANY
from .stage import HOST, ProxyStage, Target, many, targets

CONNECTIONS = (1, 16, 64)
ROUNDS, SECONDS = 5, 4
EVENTS = 20


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench_proxy", description="Compare ours with other proxies.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="how long each measurement takes")
    parser.add_argument("--only", default="", help="measure requests alone, of targets whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="leave the machines; LAB_RUN names the run")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the report between the marks of this document")
    given = parser.parse_args()
    lab = Lab(f"{os.environ.get('LAB_RUN') or f'p{secrets.token_hex(3)}'}-proxies")
    try:
        stage = ProxyStage(lab)
        say("bench_proxy: site.yml and the other proxies")
        stage.set_up()
        measured = [each for each in targets() if given.only in each.name]
        figures: dict[str, Any] = {"requests": _requests(stage, [*measured, stage.direct], given.rounds, given.seconds)}
        if not given.only:
            figures |= _rest(stage, measured, given.rounds, given.seconds)
        text = report.markdown(figures, versions(stage), given.rounds, given.seconds)
    finally:
        if not given.keep:
            lab.down()
    print(text)
    if given.write:
        made_by.write(given.write, "bench-proxy", text)
    return 0


def _requests(
    stage: ProxyStage, several: list[Target], rounds: int, seconds: int
) -> dict[str, dict[int, dict[str, float]]]:
    """Return requests a second, p99 and processor time, by target and number of connections."""
    found: dict[str, dict[int, list[dict[str, float]]]] = {
        each.name: {count: [] for count in CONNECTIONS} for each in several
    }
    for number in range(rounds):
        say(f"bench_proxy: requests, round {number + 1} of {rounds}")
        # Each begins once, since what ran before may leave something behind.
        turn = several[number % len(several) :] + several[: number % len(several)]
        for count in CONNECTIONS:
            for each in turn:
                told: Any = stage.ask("requests", url=each.url, unit=each.unit, connections=count, seconds=seconds)
                found[each.name][count].append(told)
    return {
        name: {count: {key: median(each[key] for each in all_of) for key in all_of[0]} for count, all_of in of.items()}
        for name, of in found.items()
    }


def _rest(stage: ProxyStage, several: list[Target], rounds: int, seconds: int) -> dict[str, Any]:
    """Return new TLS connections, HTTP/2, events and memory, by target."""
    tls: dict[str, list[float]] = {each.name: [] for each in several}
    http2: dict[str, list[float]] = {each.name: [] for each in several}
    events: dict[str, list[float]] = {each.name: [] for each in several}
    protocols: dict[str, str] = {}
    direct: list[float] = []
    for number in range(rounds):
        say(f"bench_proxy: TLS, HTTP/2 and events, round {number + 1} of {rounds}")
        direct.append(_events(stage, f"http://{stage.upstream}"))
        for each in several:
            told: Any = stage.ask("requests", url=each.url, unit=each.unit, connections=16, seconds=seconds, close=True)
            tls[each.name].append(told["rate"])
            told = stage.ask("http2", url=each.url)
            http2[each.name].append(told["rate"])
            protocols[each.name] = told["protocol"]
            events[each.name].append(_events(stage, each.url))
    say(f"bench_proxy: memory with {MANY} routes")
    stage.converge(many(stage.upstream))
    stage.start_others(MANY)
    memory = {each.name: stage.ask("memory", unit=each.unit) for each in several}
    return {
        "tls": {name: median(values) for name, values in tls.items()},
        "http2": {name: (median(values), protocols[name]) for name, values in http2.items()},
        "events": {name: median(values) - median(direct) for name, values in events.items()},
        "memory": memory,
    }


def _events(stage: ProxyStage, url: str) -> float:
    told: Any = stage.ask("events", url=url, count=EVENTS)
    return float(told)


def versions(stage: ProxyStage) -> str:
    """Return what was compared, with versions."""
    asked = {
        "nginx": "nginx -v 2>&1 | cut -d/ -f2",
        "HAProxy": "haproxy -v | awk 'NR == 1 {print $3}'",
        "Caddy": "caddy version | cut -d' ' -f1",
        "OpenSSL": "openssl version | cut -d' ' -f2",
        "wrk": "dpkg-query -W -f '${Version}' wrk",
        "h2load": "h2load --version | cut -d/ -f2",
    }
    found = [f"{name} {stage.sh(HOST, command).strip()}" for name, command in asked.items()]
    return ", ".join(found) + f"; {stage.sh(HOST, 'nproc').strip()} processors"


if __name__ == "__main__":
    sys.exit(main())
