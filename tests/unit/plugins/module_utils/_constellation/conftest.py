# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that the tests of this folder run."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import program, restart
from dotnet_world import World


@pytest.fixture
def world(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a program in a folder of its own."""
    made = World(tmp_path)
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
