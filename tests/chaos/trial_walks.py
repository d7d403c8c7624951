# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random walks: runs, hand edits, renewals, package upgrades and reboots in any order; a last run settles all of it."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

from lab.progress import say

from chaos.clients.web import Place
from chaos.declared import Declared, Sites
from chaos.owner import Owner
from chaos.playbook import Playbook
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "random walks"
WALKS, WALKS_SHORT = 10, 2
STEPS, STEPS_SHORT = 5, 4
# The first two walks from here on have something of everything, also in the short form.
FIRST_SEED = 33
# The last walk's runs are site.yml itself, which takes its time.
STEPS_OF_SITE_YML = 3
EDGE, LAN = "walks-edge", "walks-lan"
MAIN, CAMERA = "walks.example.org", "camera.walks.example.org"
NAMES = (MAIN, CAMERA)
VARIANTS = 3
# Seconds until a host answers again after whatever was done to it.
ANSWERS_WITHIN = 10.0
OK = 200
PACKAGES = "nginx nginx-common"
STATE = "/var/lib/constellation-edge"
REINSTALL = f"apt-get install --reinstall -y -qq {PACKAGES}"


def run(bench: Stage, short: bool) -> Outcome:
    """Walk from one state into the next; the host is the same one all the time."""
    walks, steps = (WALKS_SHORT, STEPS_SHORT) if short else (WALKS, STEPS)
    try:
        host = _Host(bench)
        for seed in range(FIRST_SEED, FIRST_SEED + walks):
            # In the short form there is no time for it.
            whole = not short and seed == FIRST_SEED + walks - 1
            host.walk(seed, STEPS_OF_SITE_YML if whole else steps, whole=whole)
    finally:
        bench.drop(EDGE, LAN)
    return Outcome(NAME, walks, host.violations, host.slowest, host.details)


class _Host:
    """The host, and what was done to it."""

    def __init__(self, bench: Stage) -> None:
        self._bench = bench
        self._pebble = bench.lab.pebble()
        self._lan = bench.lab.standins(LAN, zoneminder=80, camera=8765)
        self._address = bench.host(EDGE)
        bench.lab.trust(EDGE, self._pebble.transport_ca.read_bytes(), "pebble")
        for name in NAMES:
            bench.lab.dns(name, self._address)
        bench.sh(EDGE, f"{REINSTALL} --download-only")
        bench.sh(EDGE, "systemctl enable nginx")
        self._declared = Declared(bench, EDGE)
        self._owner = Owner(bench, EDGE)
        self._playbook = Playbook(bench, EDGE, self._pebble)
        self._variant = 0
        self._place = ""
        self._done: dict[str, int] = {}
        self.violations: list[str] = []
        self.slowest = 0.0
        self._run()
        certificates = [{"name": name} for name in NAMES]
        bench.module(EDGE, "certbot_certificate", {"certificates": certificates, "server": self._pebble.directory})
        self._run()

    @property
    def details(self) -> str:
        """What was done, and how often."""
        return ", ".join(f"{count} {what}" for what, count in sorted(self._done.items()))

    def walk(self, seed: int, steps: int, *, whole: bool) -> None:
        """Take some steps, then run, and see whether everything is settled."""
        chance = random.Random(seed)  # noqa: S311 - the walks are to be the same each time
        runs = self._site_yml if whole else self._run
        names = chance.choices(["run", "edit", "renewal", "package", "reboot"], [2, 2, 1, 1, 1], k=steps)
        path: list[str] = []
        for name in names:
            path.append(name)
            self._place = f"walk {seed}, {' > '.join(path)}"
            say(f"chaos: {self._place}")
            self._step(name, chance, runs)
        self._place = f"walk {seed}, {' > '.join(path)} > last run"
        self._variant = chance.randrange(VARIANTS)
        self._count("run")
        runs()
        self._answers()
        if runs():
            self._violated("the run after the last one still changes something")
        self._settled()

    def _step(self, name: str, chance: random.Random, runs: Callable[[], bool]) -> None:
        self._count(name)
        if name == "run":
            self._variant = chance.randrange(VARIANTS)
            runs()
        elif name == "edit":
            self._owner.edit(chance, list(NAMES))
        elif name == "renewal":
            self._renew(chance.choice(NAMES))
        elif name == "package":
            self._bench.sh(EDGE, f"{REINSTALL} --no-download")
        else:
            self._bench.lab.restart(EDGE)
        self._answers()

    def _count(self, name: str) -> None:
        self._done[name] = self._done.get(name, 0) + 1

    def _violated(self, text: str) -> None:
        self.violations.append(f"{self._place}: {text}")

    def _sites(self) -> Sites:
        routes = [{"path": "/zm/", "app": "zoneminder", "upstream": f"http://{self._lan}"}]
        routes += [
            {"path": f"/extra-{number}/", "prefix": "strip", "upstream": f"http://{self._lan}:8765"}
            for number in range(self._variant)
        ]
        camera = {"path": "/", "app": "motioneye", "upstream": f"http://{self._lan}:8765"}
        return [{"server_name": MAIN, "routes": routes}, {"server_name": CAMERA, "routes": [camera]}]

    def _run(self) -> bool:
        """Do what site.yml does to nginx; return whether anything changed."""
        changed = False
        steps: list[tuple[str, dict[str, Any]]] = [
            ("nginx_service", {}),
            ("nginx_site", self._declared.arguments(self._sites())),
            ("nginx_reload", {"start": True}),
        ]
        for module, arguments in steps:
            answer = self._bench.module(EDGE, module, arguments, check=False)
            if answer.get("failed"):
                self._violated(f"{module} failed: {answer.get('msg')}")
            changed = changed or bool(answer.get("changed"))
        return changed

    def _site_yml(self) -> bool:
        self._count("site.yml")
        done = self._playbook.site(self._sites())
        if done.code:
            self._violated(f"site.yml failed: {done.out[-1500:]}")
        return not re.search(r"\bchanged=0\b", done.out)

    def _renew(self, name: str) -> None:
        command = f"certbot renew --force-renewal --no-random-sleep-on-renew --cert-name {name}"
        done = self._bench.sh(EDGE, command, check=False)
        if done.code:
            self._violated(f"the renewal of {name} failed: {(done.out + done.err)[-600:]}")

    def _answers(self) -> None:
        """See that each site answers, whatever was done."""
        began = time.monotonic()
        for url in (f"https://{MAIN}/zm/", f"https://{CAMERA}/"):
            while (status := _ask(url, self._address)) != OK:
                if time.monotonic() > began + ANSWERS_WITHIN:
                    self._violated(f"{url} is not answered within {ANSWERS_WITHIN:g} s: {status}")
                    return
                time.sleep(0.1)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def _settled(self) -> None:
        """See that nothing of anybody is lost, and that nginx serves what is on disk."""
        for text in self._owner.lost():
            self._violated(text)
        test = self._bench.sh(EDGE, "nginx -t", check=False)
        if test.code:
            self._violated(f"nginx -t: {test.err}")
        for url in self._owner.urls():
            if (status := _ask(url, self._address)) != OK:
                self._violated(f"{url} of the owner's is not answered: {status}")
        for name in NAMES:
            self._newest_is_served(name)
        if left := self._bench.sh(EDGE, f"find /etc/nginx {STATE} -name '.?*' ! -name .well-known").out.split():
            self._violated(f"left behind: {left}")

    def _newest_is_served(self, name: str) -> None:
        digest = "openssl x509 -noout -fingerprint -sha256"
        newest = self._bench.sh(EDGE, f"{digest} -in /etc/letsencrypt/live/{name}/cert.pem").out
        ask = f"echo | timeout 10 openssl s_client -connect 127.0.0.1:443 -servername {name} 2>/dev/null | {digest}"
        served = self._bench.sh(EDGE, ask, check=False).out
        if served != newest:
            self._violated(f"{name}: the newest certificate is not served")


def _ask(url: str, address: str) -> int | str:
    """Return the status of a request, or why there was none."""
    place = Place(url, address)
    try:
        connection = place.connect()
        try:
            connection.request("GET", place.path, headers={"Host": place.host, "Connection": "close"})
            return connection.getresponse().status
        finally:
            connection.close()
    except OSError as error:
        return repr(error)
