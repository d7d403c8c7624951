# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A back end goes and comes back, at its old address or at another one: the proxy must not keep clients from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from docker.models.containers import Container

from chaos.backends import PORT, constellation_at
from chaos.declared import Declared
from chaos.names import Names
from chaos.samples import Sample, lag, outage, samples
from chaos.stage import Stage
from chaos.trial import Outcome
from chaos.watch import Watch

NAME = "back end restarted"
TIMES, TIMES_SHORT = 20, 2
EDGE, CLIENT, SERVER, DNS = "backend-edge", "backend-client", "backend-constellation", "backend-dns"
HOSTS = ("backend-one", "backend-two")
SITE, MOVING = "back.example.org", "moving.lan.example.org"
# Seconds: between two requests of the clients; that the proxy may be later than the service itself; that it is watched
# further, so that a longer delay is measured and not only found.
PAUSE, ALLOWED, WATCHED = 0.1, 1.0, 1.5
BACK_TIMEOUT = 60.0
# Seconds that Constellation stays down, so that it is seen to be.
DOWN = 0.5
# Seconds from the moment at which a machine has its address, and DNS knows it, to the start of its services. nginx
# counts in whole seconds and notices a new address within two at most; with less between, these would be measured.
BOOT = 1.0
# In `make test`, whose machines may be busy, the time is a figure and no verdict.
ALLOWED_SHORT, WATCHED_SHORT = 30.0, 8.0
NEVER = float("inf")


def run(bench: Stage, short: bool) -> Outcome:
    """Restart Constellation, and meanwhile move a name from one machine to another, again and again."""
    try:
        return _Trial(bench, short=short).go(TIMES_SHORT if short else TIMES)
    finally:
        bench.drop(EDGE, CLIENT, SERVER, DNS, *HOSTS)


class _Trial:
    def __init__(self, bench: Stage, *, short: bool) -> None:
        self._bench = bench
        self._allowed, self._watched = (ALLOWED_SHORT, WATCHED_SHORT) if short else (ALLOWED, WATCHED)
        self._server = constellation_at(bench, SERVER, "/constellation/")
        self._hosts = {name: bench.lab.standins(name, zoneminder=80) for name in HOSTS}
        self._at = HOSTS[0]
        self._machine(HOSTS[1]).kill()
        self._names = Names(bench, DNS, {MOVING: self._hosts[self._at]})
        self._edge = bench.host(EDGE)
        self._names.use(EDGE)
        routes = [
            {"path": "/constellation/", "app": "constellation", "upstream": f"http://{self._server}:{PORT}"},
            {"path": "/zm/", "app": "zoneminder", "upstream": f"http://{MOVING}"},
        ]
        arguments = Declared(bench, EDGE).arguments([{"server_name": SITE, "routes": routes}])
        bench.module(EDGE, "nginx_site", arguments)

    def go(self, times: int) -> Outcome:
        direct = [f"http://{self._server}:{PORT}/constellation/", self._server]
        for address in self._hosts.values():
            direct += [f"http://{address}/zm/", address]
        proxied = [f"https://{SITE}/constellation/", self._edge, f"https://{SITE}/zm/", self._edge]
        with Watch(self._bench, CLIENT) as watch:
            watch.start("all", "poll", str(PAUSE), *direct, *proxied)
            watch.running()
            time.sleep(self._watched)
            with ThreadPoolExecutor(2) as pool:
                restarts, moves = pool.map(lambda change: self._steps(change, times), (self._restart, self._move))
            reports, _loads = watch.stop()
        seen = {url: samples(raw) for url, raw in reports["all"].items()}
        violations: list[str] = []
        lags: list[float] = []
        for what, url, steps in (
            ("Constellation restarted", proxied[0], restarts),
            ("moved to another address", proxied[2], moves),
        ):
            measured = len(lags)
            for number, (began, until, asked) in enumerate(steps, 1):
                late = _lag(seen[asked], seen[url], began, until)
                if late is not None:
                    lags.append(late)
                    if late > self._allowed:
                        violations.append(f"{what}, {number}: answered through the proxy {late:.2f} s later")
            if len(lags) == measured:
                violations.append(f"{what}: the back end itself was never seen going and coming back")
        slowest = max(lags, default=None)
        count = len(restarts) + len(moves)
        return Outcome(NAME, count, violations, slowest, f"{len(lags)} of {count} seen from outside; {_spread(lags)}")

    def _steps(self, change: Callable[[], str], times: int) -> list[tuple[float, float, str]]:
        return [self._step(change) for _time in range(times)]

    def _step(self, change: Callable[[], str]) -> tuple[float, float, str]:
        began = time.monotonic()
        asked = change()
        time.sleep(self._watched)
        return began, time.monotonic(), asked

    def _restart(self) -> str:
        program = "constellation-server"
        self._bench.sh(SERVER, f"supervisorctl stop {program}; sleep {DOWN}; supervisorctl start {program}")
        self._bench.lab.wait_port(SERVER, PORT, BACK_TIMEOUT)
        return f"http://{self._server}:{PORT}/constellation/"

    def _move(self) -> str:
        """Let one machine go, give its name to the other one, and start that: its name is there before its services."""
        old = self._at
        self._at = next(name for name in HOSTS if name != old)
        self._machine(old).kill()
        self._names.give({MOVING: self._hosts[self._at]})
        time.sleep(BOOT)
        self._machine(self._at).start()
        self._bench.lab.wait_port(self._at, 80, BACK_TIMEOUT)
        return f"http://{self._hosts[self._at]}/zm/"

    def _machine(self, name: str) -> Container:
        return self._bench.lab.client.containers.get(self._bench.lab.container_name(name))


def _lag(direct: list[Sample], proxied: list[Sample], began: float, until: float) -> float | None:
    """Return by how much the proxy was later than the back end; None where nobody saw that one come back."""
    found = outage(direct, began, until)
    if found is None:
        return None
    late = lag(proxied, *found)
    return NEVER if late is None else late


def _spread(lags: list[float]) -> str:
    if not lags:
        return ""
    middle = sorted(lags)[len(lags) // 2]
    return f"the proxy was later than the back end by {middle:.2f} s in the middle, {max(lags):.2f} s at most"
