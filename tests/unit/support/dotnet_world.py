# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Constellation program under supervisor, as a small world without processes."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import program, restart, service
from ansible_collections.constellation.edge.plugins.module_utils._constellation.program import WantedProgram
from ansible_collections.constellation.edge.plugins.module_utils._constellation.supervisor import Status
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import (
    ListenUri,
    parse_listen_uri,
)

SERVER = """<configuration>
  <appSettings><add key="Counters" value="{setting}" /></appSettings>
  <constellation>
    <listenUris>{uris}</listenUris>
    <credentials><credential accessKey="SECRET-OF-FILE" /></credentials>
  </constellation>
</configuration>
"""
SENTINEL = (
    '<configuration><appSettings><add key="ConstellationServerURI" value="{setting}" /></appSettings></configuration>'
)


class World:
    """A program under supervisor: it reads its file when it starts, and serves the listenUris of that moment."""

    def __init__(self, folder: pathlib.Path) -> None:
        """Run since now, in a folder of its own."""
        self.path = folder / "a.exe.config"
        self.folder = folder
        self.pid = 100
        self.state = "RUNNING"
        self.started = time.time()
        self.served: list[ListenUri] = []
        self.restarts = 0
        self.foreign: dict[int, str] = {}
        self.fails: Callable[[World], None] = lambda world: None

    def write(self, *uris: str, setting: str = "1", age: float = 0.0) -> None:
        """Write the file, `age` seconds ago."""
        entries = "".join(f'<uri listenUri="{uri}" />' for uri in uris)
        self.path.write_text((SERVER if uris else SENTINEL).format(uris=entries, setting=setting))
        os.utime(self.path, (time.time() - age,) * 2)

    def start(self, *uris: str, age: float = 0.0) -> None:
        """Run with these URIs since `age` seconds ago."""
        self.pid += 1
        self.started = time.time() - age
        self.served = [parse_listen_uri(uri) for uri in uris]

    def status(self, _process: str) -> Status:
        """Answer as supervisorctl does."""
        return Status(self.state, self.pid if self.state == "RUNNING" else 0, f"a {self.state}")

    def restart(self, _process: str) -> str:
        """Start anew with what the file says now."""
        self.restarts += 1
        self.state = "RUNNING"
        text = self.path.read_text()
        self.start(*(part.split('"')[0] for part in text.split('listenUri="')[1:]))
        self.fails(self)
        return "a: started"

    def ask(self, uri: ListenUri, path: str = "") -> str:
        """Answer as the listener of Mono does."""
        here = [one for one in self.served if one.port == uri.port]
        if not here or self.state != "RUNNING":
            return "connection refused"
        return "" if any((path or uri.path).startswith(one.path) for one in here) else "Invalid host"

    def start_ticks(self, pid: int) -> str:
        """Tell since when the process runs; there is one at a time."""
        return f"boot/{pid}" if pid == self.pid else ""

    def wanted(self, kind: str = "server") -> WantedProgram:
        """Return the program as the modules name it."""
        return WantedProgram(
            "a", str(self.path), kind, timeout=2.0, settle=0.02, state_folder=str(self.folder / "state")
        )

    def run(self, kind: str = "server", check: bool = False) -> service.ServiceOutcome:
        """Do what the module constellation_service does."""
        return service.bring_in_line(self.wanted(kind), check)


def play(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a program in this folder, which whoever asks supervisor or the network finds."""
    made = World(folder)
    monkeypatch.setattr(program.supervisor, "find_program", lambda _name: None)
    monkeypatch.setattr(program.supervisor, "status", made.status)
    monkeypatch.setattr(program.supervisor, "restart", made.restart)
    monkeypatch.setattr(
        program.supervisor, "log_tail", lambda _process: "accessKey=abc SECRET-OF-FILE\nfatal: port taken"
    )
    for module in (program, restart):
        monkeypatch.setattr(module, "ask", made.ask)
        monkeypatch.setattr(module, "foreign_holders", lambda _ports, _pid: made.foreign)
        monkeypatch.setattr(module, "PAUSE", 0.005)
        monkeypatch.setattr(module, "start_ticks", made.start_ticks)
    monkeypatch.setattr(program, "_STARTING_SECONDS", 0.05)
    monkeypatch.setattr(program, "started_at", lambda _pid: made.started)
    return made
