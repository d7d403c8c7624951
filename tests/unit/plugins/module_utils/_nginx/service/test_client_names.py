# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timer for names of clients comes, changes and goes in one transaction with what else a run does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service import client_names
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.client_names import (
    ClientNamesStep,
    WantedNames,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.unit import RESTRICTIONS
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import (
    Pausing,
    Planned,
    RunOptions,
    Step,
    carry_out,
)

NAMES = {"clients-0123456789abcdef.conf": {"names": [["anna.dyndns.example.org", "near"]], "fixed": []}}
OTHERS = {"clients-f123456789abcdef.conf": {"names": [["otto.dyndns.example.org", "near"]], "fixed": []}}
TIMER = "constellation-edge-names.timer"


class Refusing(Step):
    """The sites, of which one lost its answer."""

    def plan(self, held: ExitStack) -> Planned:
        return Planned()

    def follow(self) -> Pausing:
        yield
        raise EdgeError("https://home.example.org/ answered with 502")


@dataclass
class World:
    """A host, and what systemd is told there."""

    folder: Path
    host: Places
    active: bool = False
    refuses: str = ""
    commands: list[str] = field(default_factory=list)

    def call(self, command: Sequence[str]) -> Answer:
        words = " ".join(command)
        if words.startswith("systemctl show"):
            return Answer(0, f"ActiveState={'active' if self.active else 'inactive'}\n", "")
        self.commands.append(words)
        if self.refuses and words.startswith(f"systemctl {self.refuses}"):
            self.refuses = ""
            return Answer(1, "", "Unit not found")
        if words in (f"systemctl restart {TIMER}", f"systemctl stop {TIMER}"):
            self.active = "restart" in words
        return Answer(0, "", "")

    def bring(
        self, files: dict[str, Any] | None = None, *, check_mode: bool = False, beside: Sequence[Step] = (), **held: Any
    ) -> bool:
        step = ClientNamesStep(WantedNames(files or {}, **held), self.call)
        options = RunOptions(validate=False, check_mode=check_mode)
        return carry_out([*beside, step], options, host=self.host).changed

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    folder = tmp_path / "names"
    for name in ("PATH", "UNIT_PATH", "TIMER_PATH", "TIMER_LINK", "STAMP"):
        monkeypatch.setattr(client_names, f"CLIENT_NAMES_{name}", str(folder / name.lower()))
    monkeypatch.setattr(client_names, "SETTINGS_FOLDER", str(folder))
    return World(folder, Places(str(tmp_path / "state"), str(tmp_path / "lock"), str(tmp_path / "nginx")))


def test_names_have_a_timer_and_without_them_nothing_of_it_stays(world: World) -> None:
    assert world.bring() is False
    assert world.bring(NAMES, check_mode=True) is True
    assert (world.files, world.commands) == ([], [])
    assert world.bring(NAMES) is True
    assert world.active
    assert world.files == ["path", "timer_link", "timer_path", "unit_path"]
    assert (world.folder / "timer_link").resolve() == world.folder / "timer_path"
    assert json.loads(world.text("path")) == NAMES
    assert world.commands == ["systemctl daemon-reload", f"systemctl restart {TIMER}"]
    assert world.bring(NAMES) is False
    (world.folder / "stamp").touch()
    assert world.bring() is True
    assert (world.active, world.folder.exists()) == (False, False)
    assert world.commands[2:] == [
        f"systemctl stop {TIMER}",
        f"systemctl reset-failed constellation-edge-names.service {TIMER}",
        "systemctl daemon-reload",
    ]
    assert world.bring() is False


def test_other_names_leave_the_timer_alone(world: World) -> None:
    world.bring(NAMES)
    world.commands.clear()
    assert world.bring(OTHERS) is True
    assert (json.loads(world.text("path")), world.commands) == (OTHERS, [])


def test_a_timer_that_somebody_stopped_is_started(world: World) -> None:
    world.bring(NAMES)
    world.active = False
    assert world.bring(NAMES, check_mode=True) is True
    assert world.bring(NAMES) is True
    assert world.active


@pytest.mark.parametrize("refused", ["restart", "daemon-reload"])
def test_a_timer_that_does_not_start_puts_everything_back(world: World, refused: str) -> None:
    world.refuses = refused
    with pytest.raises(EdgeError, match="Unit not found"):
        world.bring(NAMES)
    assert (world.files, world.active) == ([], False)


@pytest.mark.parametrize("wanted", [OTHERS, {}], ids=["others", "none"])
def test_sites_that_are_put_back_keep_the_names_that_they_have(world: World, wanted: dict[str, Any]) -> None:
    world.bring(NAMES)
    with pytest.raises(EdgeError, match="answered with 502"):
        world.bring(wanted, beside=[Refusing()])
    assert (json.loads(world.text("path")), world.active) == (NAMES, True)
    assert world.files == ["path", "timer_link", "timer_path", "unit_path"]


def test_the_unit_is_confined_as_nginx_is(world: World) -> None:
    world.bring(NAMES, restrictions=[name for name in RESTRICTIONS if name != "PrivateTmp"], writable=["/srv/logs"])
    lines = set(world.text("unit_path").splitlines())
    assert {"ProtectSystem=strict", "NoNewPrivileges=yes", "LogLevelMax=notice", "Type=oneshot"} <= lines
    assert not {"PrivateTmp=yes", "ProtectProc=invisible", "MemoryDenyWriteExecute=yes"} & lines
    (writable,) = (line for line in lines if line.startswith("ReadWritePaths="))
    assert {"-/srv/logs", "-/etc/nginx/constellation-edge", "-/var/lib/constellation-edge"} <= set(
        writable.split("=")[1].split()
    )
    world.bring(NAMES)
    lines = set(world.text("unit_path").splitlines())
    assert "NoNewPrivileges=yes" in lines
    assert "ProtectSystem=strict" not in lines
