# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx's master is killed while it serves: systemd starts another one at once, time after time."""

from __future__ import annotations

import json
import time

from chaos.modules import HOME
from chaos.samples import Sample, samples
from chaos.stage import Stage
from chaos.trial import Outcome
from chaos.watch import Watch

NAME = "nginx's master killed"
TIMES, TIMES_SHORT = 20, 4
EDGE, CLIENT, SITE = "master-edge", "master-client", "up.example.org"
# Seconds: between two requests of the client; within which it is served again; after which we stop waiting.
PAUSE, ALLOWED, LONGEST = 0.05, 2.0, 15.0
# In `make test`, whose machines may be busy, the time is a figure and no verdict.
ALLOWED_SHORT = 4 * LONGEST
# Clients go on before the next one is killed.
BETWEEN = 0.5


def run(bench: Stage, short: bool) -> Outcome:
    """Kill it again and again, faster than any limit on starts would allow."""
    try:
        return _go(bench, *((TIMES_SHORT, ALLOWED_SHORT) if short else (TIMES, ALLOWED)))
    finally:
        bench.drop(EDGE, CLIENT)


def _go(bench: Stage, times: int, allowed: float) -> Outcome:
    address = bench.host(EDGE)
    server = {"server_name": [SITE], "listen": ["80"], "directives": {"return": "200 up"}}
    bench.module(EDGE, "nginx_site", {"sites": [{"name": SITE, "servers": [server]}], "disable_default": True})
    kills = []
    with Watch(bench, CLIENT) as watch:
        watch.start("asked", "poll", str(PAUSE), f"http://{SITE}/", address)
        watch.running()
        for _time in range(times):
            time.sleep(BETWEEN)
            kills.append(json.loads(bench.sh(EDGE, f"cd {HOME}; python3 -m inside.master {LONGEST}").out))
            if kills[-1]["new"] is None:
                break
        time.sleep(BETWEEN)
        reports, _loads = watch.stop()
    asked = samples(reports["asked"][f"http://{SITE}/"])
    return _judge(kills, asked, times, allowed)


def _judge(kills: list[dict[str, float | None]], asked: list[Sample], times: int, allowed: float) -> Outcome:
    violations: list[str] = []
    taken: list[float] = []
    for number, kill in enumerate(kills, 1):
        killed, seen = float(kill["killed"] or 0), float(kill["seen"] or 0)
        served = next((each for each in asked if each.good and each.began >= seen), None)
        if kill["new"] is None or served is None:
            violations.append(f"kill {number}: not served again within {LONGEST:g} s; nginx stays down")
            continue
        taken.append(served.ended - killed)
        if taken[-1] > allowed:
            violations.append(f"kill {number}: served again after {taken[-1]:.2f} s")
    if len(kills) < times:
        violations.append(f"only {len(kills)} of {times} kills")
    failed = sum(not each.good for each in asked)
    details = f"{len(asked)} requests, {failed} of them without an answer while nginx was down"
    return Outcome(NAME, len(kills), violations, max(taken, default=None), details)
