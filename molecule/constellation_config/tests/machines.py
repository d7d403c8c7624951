# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first home of the run with its server, and the sentinels on other machines, as the tests see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import runs
import testinfra
from conftest import SCENARIO
from testinfra.host import Host

CONFIG = "/opt/constellation-sentinel/Constellation.Sentinel.exe.config"
SENTINELS_RECORD = "/var/lib/constellation-edge/found.json"
SERVER = "/opt/constellation-server/Constellation.Server.exe.config"
# The sentinels' step of site.yml alone.
STEP = Path(__file__).parents[1] / "sentinel.yml"
# The same with the server before it and after it.
ALL_STEPS = Path(__file__).parents[1] / "step.yml"
# Every key of the stand-ins' files is one digit, forty times.
KEY = re.compile(r"(\d)\1{39}")


@dataclass(frozen=True)
class Sentinel:
    """A machine with a sentinel and nothing else."""

    name: str
    ipv4: str
    host: Host

    @property
    def uri(self) -> str:
        """The server that its file names."""
        return re.findall(r'"ConstellationServerURI" value="([^"]*)"', self.file)[0]

    @property
    def file(self) -> str:
        """The whole text of its file."""
        return str(self.host.check_output("cat %s", CONFIG))

    @property
    def process(self) -> str:
        """The sentinel's process: another one after a restart."""
        return str(self.host.check_output("supervisorctl pid constellation-sentinel"))

    @property
    def syncs(self) -> bool:
        """Whether the system brings Mono's certificates in line by itself: Ubuntu 26.04 has no such package."""
        return bool(self.host.file("/usr/bin/cert-sync").exists)

    def peers(self, port: int) -> list[str]:
        """Return the addresses with which something on the machine is connected on a port."""
        lines = self.host.check_output("ss -Htn state established '( dport = :%d )'" % port).splitlines()  # noqa: UP031
        return [line.split()[3].rpartition(":")[0].strip("[]").removeprefix("::ffff:") for line in lines]

    def calls(self, uri: str) -> None:
        """Have the file name another server, by hand, and the sentinel run so."""
        self.host.check_output("sed -i 's|%s|%s|' %s", self.uri, uri, CONFIG)
        # Within one second of the file nobody could tell which text the process has read.
        self.host.check_output("touch -d '1 minute ago' %s", CONFIG)
        self.host.check_output("supervisorctl restart constellation-sentinel")

    def moves_to(self, uri: str, *options: str) -> runs.Run:
        """Run the sentinels' step for this machine alone."""
        given = ("--limit", self.name, "--extra-vars", f"constellation_config_sentinel_uri={uri}", *options)
        return runs.playbook(STEP, runs.INVENTORY, *given)


def sentinels() -> list[Sentinel]:
    """Return the machines with a sentinel."""
    return [
        Sentinel(name, machine["ipv4"], testinfra.get_host(f"docker://{machine['container']}"))
        for name, machine in sorted(SCENARIO["machines"].items())
        if name.startswith("sentinel-")
    ]


def listens(host: Host) -> list[str]:
    """Return the listenUris of a home's server."""
    return re.findall(r'^\s*<uri listenUri="([^"]*)"', host.check_output("cat %s", SERVER), re.MULTILINE)


def ports(host: Host) -> list[str]:
    """Return the lines of the firewall that concern the server's port."""
    return [line for line in host.check_output("ufw status").splitlines() if line.startswith("8088")]


def answers(host: Host, address: str, port: int = 8088) -> bool:
    """Tell whether a machine reaches a port of another one; a packet that is dropped takes three seconds."""
    code = f"import socket; socket.create_connection(('{address}', {port}), 3)"
    return host.run("python3 -c %s", code).rc == 0
