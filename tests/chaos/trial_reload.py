# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reload under load: nginx gets a new route every second, and no client notices."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import Counter
from typing import Any

from chaos.backends import constellation_at
from chaos.declared import Declared, Sites
from chaos.stage import Stage
from chaos.trial import Outcome
from chaos.watch import Load, Watch

NAME = "reload under load"
# With the second one's nginx a reload leaves kept connections alone until they have been asked once more.
SYSTEMS = ("debian13", "ubuntu2604")
RELOADS, RELOADS_SHORT = 60, 8
MAIN, CAMERA = "load.example.org", "camera.example.org"
KEPT, WRK = 8, 4
# nginx 1.27.4 brought keepalive_min_timeout.
KEEPS = (1, 27, 4)
# In front of what is counted, and behind it.
SETTLE = 1.0


def run(bench: Stage, short: bool) -> Outcome:
    """Change a route again and again while clients of every kind are being served."""
    violations: list[str] = []
    details: list[str] = []
    slowest = 0.0
    systems = SYSTEMS[:1] if short else SYSTEMS
    reloads = RELOADS_SHORT if short else RELOADS
    lan = bench.lab.standins("reload-lan", zoneminder=80, camera=8765)
    constellation = constellation_at(bench, "reload-constellation", "/constellation/")
    try:
        for system in systems:
            trial = _Trial(bench, f"reload-{system}", system, lan, constellation)
            trial.go(reloads)
            violations += [f"{system}: {text}" for text in trial.violations]
            details.append(f"{system}: {trial.details}")
            slowest = max(slowest, trial.slowest)
    finally:
        bench.drop(
            "reload-lan",
            "reload-constellation",
            *(f"reload-{system}{end}" for system in systems for end in ("", "-client")),
        )
    return Outcome(NAME, reloads * len(systems), violations, slowest, "; ".join(details))


class _Trial:
    """The trial on one host."""

    def __init__(self, bench: Stage, name: str, system: str, lan: str, constellation: str) -> None:
        self._bench = bench
        self._name = name
        self._address = bench.host(name, system)
        self._declared = Declared(bench, name)
        self._lan = lan
        self._constellation = constellation
        self.violations: list[str] = []
        self.details = ""
        self.slowest = 0.0
        self.keeps = self._declared.nginx >= KEEPS

    def go(self, reloads: int) -> None:
        """Serve, start the clients, change, stop the clients, and judge what they saw."""
        self._change(0)
        began: list[float] = []
        with Watch(self._bench, f"{self._name}-client") as watch:
            watch.know(self._address, MAIN, CAMERA)
            watch.start("kept", "kept", f"https://{MAIN}/zm/", self._address, str(KEPT), "0.03")
            watch.start("events", "events", f"https://{MAIN}/constellation/signalr/connect", self._address)
            watch.start("echo", "echo", f"https://{CAMERA}/ws", self._address)
            watch.load("wrk kept", f"https://{MAIN}/zm/", WRK)
            watch.load("wrk new", f"https://{MAIN}/zm/", WRK, "Connection: close")
            watch.running()
            time.sleep(SETTLE)
            for number in range(1, reloads + 1):
                began.append(time.monotonic())
                if not self._change(number)["reloaded"]:
                    self.violations.append(f"change {number} did not reload nginx")
            time.sleep(SETTLE)
            reports, loads = watch.stop()
        self._judge(reports, loads, began)

    def _change(self, number: int) -> dict[str, Any]:
        return self._bench.module(self._name, "nginx_site", self._declared.arguments(self._sites(number)))

    def _sites(self, number: int) -> Sites:
        """Return what is declared; one route is another one each time."""
        routes = [
            {"path": "/constellation/", "app": "constellation", "upstream": f"http://{self._constellation}:8088"},
            {"path": "/zm/", "app": "zoneminder", "upstream": f"http://{self._lan}"},
            {"path": f"/change-{number}/", "prefix": "strip", "upstream": f"http://{self._lan}:8765"},
        ]
        camera = {"path": "/", "app": "motioneye", "upstream": f"http://{self._lan}:8765"}
        return [{"server_name": MAIN, "routes": routes}, {"server_name": CAMERA, "routes": [camera]}]

    def _judge(self, reports: dict[str, Any], loads: dict[str, Load], began: list[float]) -> None:
        kept = reports["kept"]["connections"]
        self.slowest = max(each["slowest"] for each in kept)
        self.violations += [f"kept connections: {text}" for each in kept for text in each["failures"]]
        allowed = 0 if self.keeps else 1
        for place, each in enumerate(kept):
            self.violations += [f"connection {place}: {text}" for text in too_many(each["closings"], began, allowed)]
        self._judge_load(loads, len(began))
        self._judge_streams(reports["events"], reports["echo"], len(began))
        self.details = (
            f"{len(began)} reloads in {time.monotonic() - began[0]:.0f} s; "
            f"{loads['wrk new'].requests} requests on new connections; "
            f"{loads['wrk kept'].requests + sum(each['answered'] for each in kept)} on kept ones, "
            f"of which {sum(len(each['closings']) for each in kept)} of ours and {loads['wrk kept'].closed} of wrk's "
            f"were closed; {reports['events']['numbers']} events, "
            f"longest gap {reports['events']['longest_gap']:.2f} s; "
            f"{reports['echo']['echoed']} echoes, slowest {reports['echo']['slowest']:.2f} s"
        )

    def _judge_load(self, loads: dict[str, Load], reloads: int) -> None:
        new, kept = loads["wrk new"], loads["wrk kept"]
        if new.closed or new.other_errors or new.bad_answers:
            self.violations.append(f"new connections failed: {new}")
        allowed = 0 if self.keeps else WRK * reloads
        if kept.closed > allowed or kept.other_errors or kept.bad_answers:
            self.violations.append(f"kept connections of wrk, at most {allowed} may be closed: {kept}")
        self.violations += [f"{name}: hardly any request" for name, each in loads.items() if each.requests < reloads]

    def _judge_streams(self, events: dict[str, Any], echo: dict[str, Any], reloads: int) -> None:
        if events["status"] != 200 or events["lost"] or events["ended"] or events["numbers"] < reloads:
            self.violations.append(f"events: {events}")
        if " 101 " not in echo["status"] or echo["wrong"] or echo["ended"] or echo["echoed"] < reloads:
            self.violations.append(f"WebSocket: {echo}")


def too_many(closings: list[float], began: list[float], allowed: int) -> list[str]:
    """Return which reloads closed one connection more often than that."""
    counts = Counter(bisect_right(began, moment) for moment in closings)
    # Before the first one nothing closes any.
    limits = {number: allowed if number else 0 for number in counts}
    return [
        f"closed {counts[number]} times at reload {number}, at most {limit} allowed"
        for number, limit in limits.items()
        if counts[number] > limit
    ]
