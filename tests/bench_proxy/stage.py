# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where proxies are compared: a host that site.yml set up, with other proxies beside it, and a service behind them.

All of them have the same certificate, ask the same service on the same host by the loopback, and listen at the same
time; only one is asked at a time, from the host itself. Between two machines, the article's proxy would soon have used
up the ports of its address, since each of its requests leaves one closed for a minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from chaos import image
from chaos.declared import Sites
from chaos.playbook import Playbook
from chaos.stage import Stage
from lab.containers import File
from lab.lab import Lab
from tools.checkout import ROOT

from . import others

SYSTEM = "debian13"
HOST = "proxies"
PACKAGES = ("caddy", "haproxy", "nghttp2-client")
# Where they stand on the host.
FOLDER = "/opt/bench"
PROGRAMS = ROOT / "tests" / "bench_proxy" / "inside"
DIRECT = "the service itself"
GENERIC, CONSTELLATION = "generic.example.org", "constellation.example.org"


@dataclass(frozen=True)
class Target:
    """A way to the service, by the `url` of its root, and the systemd `unit` that serves it."""

    name: str
    url: str
    unit: str


class ProxyStage:
    """The machines of one run."""

    def __init__(self, lab: Lab) -> None:
        """Use the lab of a run."""
        self.lab = lab
        self.stage = Stage(lab)

    def set_up(self) -> None:
        """Start the machines, run site.yml, and start the other proxies."""
        lab = self.lab
        pebble = lab.pebble()
        lab.machine(HOST, image.ensure(lab.images, SYSTEM, PACKAGES), files=self._programs())
        # Their packages have started them.
        self.sh(HOST, "systemctl disable --quiet --now caddy haproxy")
        self.sh(HOST, f"systemd-run --quiet --unit bench-service -p LimitNOFILE=65536 nginx -c {FOLDER}/service.conf")
        self.sh(HOST, f"systemd-run --quiet python3 {FOLDER}/service.py")
        lab.trust(HOST, pebble.transport_ca.read_bytes(), "pebble")
        for name in (GENERIC, CONSTELLATION):
            lab.dns(name, lab.address(HOST))
        self._playbook = Playbook(self.stage, HOST, pebble)
        self.converge(few(self.upstream))
        self.sh(HOST, f"echo '127.0.0.1 {GENERIC} {CONSTELLATION}' >> /etc/hosts")
        live = f"/etc/letsencrypt/live/{GENERIC}"
        self.sh(HOST, f"cat {live}/fullchain.pem {live}/privkey.pem > {FOLDER}/haproxy.pem")
        self.start_others(1)

    @property
    def upstream(self) -> str:
        """Address and port of the service."""
        return f"{others.HOST}:{others.PORT}"

    @property
    def direct(self) -> Target:
        """The service itself, without a proxy and without TLS. A proxy reaches about half of its rate at most."""
        return Target(DIRECT, f"http://{self.upstream}", "bench-service")

    def converge(self, sites: Sites) -> None:
        """Run site.yml. Raises AssertionError where it fails."""
        done = self._playbook.site(sites)
        if done.code:
            raise AssertionError(f"site.yml failed:\n{done.out[-4000:]}\n{done.err[-2000:]}")

    def start_others(self, routes: int) -> None:
        """Start every other proxy with so many routes, or start it anew."""
        texts = others.configurations(GENERIC, self.upstream, FOLDER, routes)
        self.lab.put(HOST, {f"{FOLDER}/{name}": File(text.encode()) for name, text in texts.items()})
        for name, command in others.commands(FOLDER).items():
            self.sh(
                HOST, f"systemctl stop bench-{name} 2>/dev/null; systemctl reset-failed bench-{name} 2>/dev/null; true"
            )
            self.sh(HOST, f"systemd-run --quiet --unit bench-{name} -p LimitNOFILE=65536 {command}")
        for port in others.PORTS.values():
            # The firewall lets nobody else ask for it.
            self.sh(HOST, f"timeout 60 sh -c 'until ss -Hltn sport = :{port} | grep -q .; do sleep 0.1; done'")

    def ask(self, work: str, **arguments: object) -> object:
        """Run a piece of work of `inside/ask.py` on the host; return what it prints."""
        given = json.dumps(arguments)
        return json.loads(self.sh(HOST, f"python3 {FOLDER}/ask.py {work} '{given}'"))

    def sh(self, machine: str, command: str) -> str:
        """Run a shell command on a machine; return what it prints. Raises LabError when it fails."""
        return self.stage.sh(machine, command).out

    def _programs(self) -> dict[str, File]:
        found = {f"{FOLDER}/{path.name}": File(path.read_bytes()) for path in PROGRAMS.iterdir() if path.is_file()}
        return {**found, f"{FOLDER}/service.conf": File(others.service().encode())}


def targets() -> list[Target]:
    """Return every way to the service, ours first."""
    mine = [
        Target("ours, app: generic", f"https://{GENERIC}", "nginx"),
        Target("ours, app: constellation", f"https://{CONSTELLATION}", "nginx"),
    ]
    return mine + [
        Target(name, f"https://{GENERIC}:{port}", f"bench-{name.replace(' ', '-')}")
        for name, port in others.PORTS.items()
    ]


def few(upstream: str) -> Sites:
    """Return the sites that are measured."""
    route = {"path": "/", "upstream": f"http://{upstream}"}
    return [
        {"server_name": GENERIC, "routes": [route]},
        {"server_name": CONSTELLATION, "routes": [{**route, "app": "constellation"}]},
    ]


def many(upstream: str) -> Sites:
    """Return the same with many routes, each to a service of its own."""
    host, _colon, port = upstream.partition(":")
    routes = [
        {"path": f"/route{number}/", "upstream": f"http://{host}:{int(port) + number}"}
        for number in range(1, others.MANY + 1)
    ]
    first, second = few(upstream)
    return [{**first, "routes": [*first["routes"], *routes]}, second]
