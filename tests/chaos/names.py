# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DNS server for names of the LAN, for the proxy's host to ask; its answers may be kept for an hour."""

from __future__ import annotations

import json

from lab import recipes
from lab.containers import File
from lab.paths import STANDINS

from chaos.stage import Stage

SERVER = STANDINS / "name_server.py"
PROGRAM, ZONE = "/opt/name_server.py", "/opt/names.json"


class Names:
    """One machine that answers for names."""

    def __init__(self, bench: Stage, name: str, names: dict[str, str]) -> None:
        """Start it with some names and their addresses."""
        self._bench = bench
        self._name = name
        bench.lab.images.ensure([], homes=False)
        files = {PROGRAM: File(SERVER.read_bytes()), ZONE: _zone(names)}
        bench.lab.machine(name, recipes.services_tag(), command=["python3", PROGRAM, ZONE], files=files)
        self.address = bench.lab.address(name)

    def use(self, machine: str) -> None:
        """Let a machine resolve names here."""
        # The file is a mount of Docker's: written in place.
        self._bench.sh(machine, f"echo 'nameserver {self.address}' > /etc/resolv.conf")

    def give(self, names: dict[str, str]) -> None:
        """Answer with these from the next question on."""
        self._bench.lab.put(self._name, {ZONE: _zone(names)})


def _zone(names: dict[str, str]) -> File:
    return File(json.dumps({name: [address] for name, address in names.items()}).encode())
