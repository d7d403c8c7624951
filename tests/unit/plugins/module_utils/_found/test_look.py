# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is before the first run, and that the record of it is whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._found import look
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.leaving import Found
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import UfwError
from dotnet_world import SENTINEL, SERVER

URI = "http://+:8088/"


class World:
    """A host: its packages and services, its firewall, its server and its sentinel."""

    def __init__(self, folder: Path) -> None:
        """Have nothing installed."""
        self.folder = folder
        self.packages: set[str] = set()
        self.active: set[str] = set()
        self.enabled: set[str] = set()
        self.ufw: State | UfwError = State(installed=False)
        server, sentinel = folder / "Server.exe.config", folder / "Sentinel.exe.config"
        server.write_text(SERVER.format(uris=f'<uri listenUri="{URI}" />', setting="1"))
        sentinel.write_text(SENTINEL.format(setting="http://127.0.0.1:8088/"))
        self.places = {"server_path": str(server), "sentinel_path": str(sentinel)}

    def call(self, command: Sequence[str]) -> Answer:
        what = command[-1]
        if command[0] == "dpkg-query":
            return Answer(0, "".join(f"{name} installed\n" for name in command[4:] if name in self.packages), "")
        name = what.removesuffix(".service")
        if command[1] == "is-active":
            return Answer(0, "active\n" if name in self.active else "inactive\n", "")
        return Answer(0, "enabled\n" if name in self.enabled else "disabled\n", "")

    def read_state(self, call: object) -> State:
        if isinstance(self.ufw, State):
            return self.ufw
        raise UfwError(str(self.ufw))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.setattr(look, "find", lambda name: f"/usr/sbin/{name}" if name in made.packages else None)
    monkeypatch.setattr(look, "read_state", made.read_state)
    monkeypatch.setattr(look, "standing_files", Found)
    return made


def test_a_bare_host(world: World) -> None:
    found = look.look({}, world.call)
    assert (found["packages"], found["nginx"]) == ([], {})
    assert found["services"] == {name: {"active": False, "enabled": False} for name in ("nginx", "fail2ban")}
    assert found["ufw"] == {"active": False, "boots": True, "incoming": "deny", "outgoing": "allow"}


def test_what_is_there_is_told(world: World) -> None:
    world.packages, world.active, world.enabled = {"nginx", "ufw"}, {"nginx"}, {"nginx", "fail2ban"}
    world.ufw = State(active=True, incoming="reject")
    found = look.look(world.places, world.call)
    assert found["packages"] == ["nginx", "ufw"]
    assert found["services"]["nginx"] == {"active": True, "enabled": True}
    assert found["services"]["fail2ban"] == {"active": False, "enabled": True}
    assert (found["ufw"]["active"], found["ufw"]["incoming"]) == (True, "reject")
    assert found["nginx"] != {}
    assert found["constellation"]["server"] == {"path": world.places["server_path"], "uris": [URI]}
    assert found["constellation"]["sentinel"]["uri"] == "http://127.0.0.1:8088/"


def test_a_firewall_that_nobody_can_read_is_not_known(world: World) -> None:
    world.ufw = UfwError("ufw fails")
    assert look.look({}, world.call)["ufw"] == {}


def test_a_file_that_nobody_can_read_is_left_out_and_what_was_read_stays(world: World) -> None:
    Path(world.places["sentinel_path"]).write_text("<configuration>")
    assert list(look.constellation(world.places)) == ["server"]
    Path(world.places["server_path"]).write_text("<configuration>")
    assert look.constellation(world.places) == {}


def test_the_record_that_says_that_there_is_one_is_written_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = look.records.write

    def write(name: str, record: dict[str, object], folder: str) -> None:
        written.append(name)
        real(name, record, folder)

    monkeypatch.setattr(look.records, "write", write)
    monkeypatch.setattr(look, "snapshot", lambda: {"/etc/a": "1"})
    state = world.folder / "state"
    record = look.keep(world.places, str(state), world.call)
    assert written == ["found-etc", "found"]
    assert json.loads((state / "found.json").read_text()) == record
    assert json.loads((state / "found-etc.json").read_text()) == {"/etc/a": "1"}
