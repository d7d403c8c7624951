# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_service` decides: when a trial is due, what it writes, what is pending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import records
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._host.versions import FORMAT, marked
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Dump, NginxError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service import client_names, service
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service._trial import TrialError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.service import (
    WantedService,
    bring,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.unit import RESTRICTIONS, drop_in
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places

_DECIDED = ("restrictions", "omitted", "writable")


@dataclass
class World:
    """A host: its nginx, its systemd, and how often a trial was made."""

    folder: Path
    host: Places
    text: str = "events {}"
    start: str = ""
    stale: bool = False
    refused: bool = False
    breaks: dict[str, str] = field(default_factory=dict)
    impossible: str = ""
    trials: int = 0
    commands: list[str] = field(default_factory=list)
    reload_fails: bool = False

    def call(self, command: Sequence[str]) -> Answer:
        words = " ".join(command)
        if words.startswith("systemctl show"):
            state = "active" if self.start else "inactive"
            stale = "yes" if self.stale else "no"
            return Answer(0, f"ActiveState={state}\nInvocationID={self.start}\nNeedDaemonReload={stale}\n", "")
        self.commands.append(words)
        if self.reload_fails:
            self.reload_fails = False
            return Answer(1, "", "Access denied")
        return Answer(0, "", "")

    def dump(self, _host: Places) -> Dump:
        if self.refused:
            raise NginxError("nginx refuses the configuration on disk")
        return Dump(self.text, "digest")

    def broken(self, *_arguments: Any) -> dict[str, str]:
        self.trials += 1
        if self.impossible:
            raise TrialError(self.impossible)
        return self.breaks

    def install(self, version: str = "one") -> None:
        Path(self.host.nginx).write_text(version)
        Path(self.host.nginx).chmod(0o755)

    def bring(self, *, check_mode: bool = False, **wanted: Any) -> dict[str, Any]:
        return bring(WantedService(**wanted), check_mode=check_mode, host=self.host, call=self.call)

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    folder = tmp_path / "etc"
    host = Places(str(tmp_path / "state"), str(tmp_path / "lock"), str(tmp_path / "nginx"))
    made = World(folder, host)
    monkeypatch.setattr(service, "NGINX_DROP_IN_PATH", str(folder / "nginx.service.d" / "drop-in.conf"))
    monkeypatch.setattr(service, "RECOVERY_PATH", str(folder / "recover.service"))
    monkeypatch.setattr(service, "ARCHIVE_PATH", str(folder / "lib" / "edge.pyz"))
    for name in ("PATH", "UNIT_PATH", "TIMER_PATH", "TIMER_LINK", "STAMP"):
        monkeypatch.setattr(client_names, f"CLIENT_NAMES_{name}", str(folder / "names" / name.lower()))
    monkeypatch.setattr(client_names, "SETTINGS_FOLDER", str(folder / "names"))
    monkeypatch.setattr(service, "read_dump", made.dump)
    monkeypatch.setattr(service, "broken", made.broken)
    monkeypatch.setattr(service, "_systemd_runs", lambda: True)
    return made


def text(world: World) -> str:
    return (world.folder / "nginx.service.d" / "drop-in.conf").read_text()


def test_before_the_package_and_after_its_first_start(world: World) -> None:
    first = world.bring()
    assert (first["changed"], first["pending_restart"], world.trials) == (True, False, 1)
    assert world.files == ["drop-in.conf", "edge.pyz", "recover.service"]
    assert text(world) == drop_in(RESTRICTIONS)
    assert world.commands == ["systemctl daemon-reload"]
    world.install()
    world.start = "one"
    second = world.bring()
    assert (second["changed"], second["pending_restart"], world.trials) == (False, False, 1)
    assert world.commands == ["systemctl daemon-reload"]


def test_older_versions_are_kept_off_behind_the_archive_that_knows_it(world: World) -> None:
    world.bring(check_mode=True)
    world.reload_fails = True
    with pytest.raises(EdgeError):
        world.bring()
    assert marked(world.host.state) == 0
    world.bring()
    assert marked(world.host.state) == FORMAT
    world.bring(present=False)
    assert marked(world.host.state) == 0


def test_what_the_host_refuses_to_systemd_is_left_out_before_the_package_too(world: World) -> None:
    world.breaks = {"ProtectSystem": "Failed at step NAMESPACE"}
    first = world.bring()
    assert (first["omitted"], world.trials) == (world.breaks, 1)
    assert world.bring()["changed"] is False
    world.install()
    world.start = "one"
    again = world.bring()
    assert (again["changed"], again["omitted"], world.trials) == (False, world.breaks, 1)


def test_a_host_that_tries_nothing_has_no_sandbox(world: World) -> None:
    world.impossible = "Failed to connect to bus"
    assert world.bring()["restrictions"] == []
    assert text(world) == drop_in([])


def test_a_running_nginx_is_tried_first_and_goes_on(world: World) -> None:
    world.install()
    world.start = "one"
    world.breaks = {"PrivateTmp": "open() failed"}
    first = world.bring()
    assert (first["omitted"], first["pending_restart"], world.trials) == ({"PrivateTmp": "open() failed"}, True, 1)
    assert "PrivateTmp" not in text(world)
    second = world.bring()
    assert (second["changed"], second["omitted"], second["pending_restart"]) == (False, first["omitted"], True)
    assert world.trials == 1
    world.start = "two"
    assert world.bring()["pending_restart"] is False
    assert world.trials == 1


def test_a_new_version_or_a_new_need_is_tried_again(world: World) -> None:
    world.install()
    world.start = "one"
    world.bring()
    world.install("a new version")
    assert world.bring()["changed"] is False
    assert world.trials == 2
    world.start = "two"
    world.install("the version after that")
    world.bring()
    assert world.trials == 2, "it runs confined: that is proof enough"
    world.text = "root /home/me;"
    again = world.bring()
    assert (again["changed"], again["pending_restart"], world.trials) == (True, True, 3)
    assert again["omitted"] == {"ProtectHome": "root /home/me"}


def test_check_mode_predicts_and_writes_nothing(world: World, tmp_path: Path) -> None:
    world.install()
    world.start = "one"
    told = world.bring(check_mode=True)
    assert (told["changed"], told["pending_restart"], world.files) == (True, True, [])
    assert [path.name for path in tmp_path.iterdir()] == ["nginx"]
    assert world.bring()["diff"] == told["diff"]
    assert [Path(each["after_header"]).name for each in told["diff"]] == ["edge.pyz", "recover.service", "drop-in.conf"]
    assert "  constellation_edge/_transaction/journal.py" in told["diff"][0]["after"]


def test_a_configuration_that_is_refused_later_leaves_the_sandbox_as_it_is(world: World) -> None:
    """Such as by a site's file that somebody has removed, which the next step of the run writes again."""
    world.install()
    world.start, world.breaks = "one", {"PrivateTmp": "open() failed"}
    world.text = "access_log /srv/log/a.log; root /home/me;"
    first, before = world.bring(omit=["ProtectClock"]), text(world)
    world.refused = True
    again = world.bring(omit=["ProtectClock"])
    assert (again["changed"], text(world), world.trials) == (False, before, 1)
    assert again["trial"].startswith("not made: nginx refuses the configuration")
    assert [again[name] for name in _DECIDED] == [first[name] for name in _DECIDED]
    # What somebody has changed in it is put right all the same, and what the owner asks for counts.
    drop = world.folder / "nginx.service.d" / "drop-in.conf"
    drop.write_text("[Service]\n")
    assert world.bring(omit=["ProtectClock"])["changed"]
    assert text(world) == before
    assert world.bring()["restrictions"] == [each for each in RESTRICTIONS if each not in ("PrivateTmp", "ProtectHome")]
    world.refused = False
    assert world.bring()["changed"] is False


@pytest.mark.parametrize("why", ["refused", "impossible"])
def test_without_a_trial_only_the_restart_is_written(world: World, why: str) -> None:
    world.install()
    world.start = "one"
    world.refused, world.impossible = why == "refused", "no" if why == "impossible" else ""
    told = world.bring()
    assert told["trial"].startswith("the trial cannot be made: ")
    assert (told["restrictions"], told["pending_restart"]) == ([], False)
    assert text(world) == drop_in([])
    assert world.bring()["changed"] is False
    world.refused, world.impossible = False, ""
    assert world.bring()["restrictions"] == list(RESTRICTIONS)


def test_the_owner_decides(world: World) -> None:
    told = world.bring(omit=["UMask"])
    assert told["omitted"] == {"UMask": "asked for"}
    world.start = "one"
    told = world.bring(sandbox=False)
    assert (told["changed"], told["restrictions"], told["pending_restart"]) == (True, [], True)
    assert text(world) == drop_in([])


def test_units_that_systemd_has_not_read_are_read(world: World) -> None:
    world.bring()
    world.stale = True
    assert world.bring(check_mode=True)["changed"] is True
    assert world.commands == ["systemctl daemon-reload"]
    assert world.bring()["changed"] is True
    assert world.commands == ["systemctl daemon-reload"] * 2


def test_a_manager_that_refuses_puts_everything_back(world: World) -> None:
    world.reload_fails = True
    with pytest.raises(EdgeError, match="Access denied"):
        world.bring()
    assert world.files == []
    assert world.bring()["changed"] is True


def test_absent_removes_it_all(world: World) -> None:
    world.bring()
    told = world.bring(present=False)
    assert told["changed"] is True
    assert list(world.folder.iterdir()) == []
    assert records.read("nginx-service", world.host.state) == {}
    assert world.bring(present=False)["changed"] is False


def test_absent_ends_the_timer_for_names_of_clients(world: World) -> None:
    world.bring()
    timer = world.folder / "names" / "timer_path"
    timer.parent.mkdir()
    timer.touch()
    assert world.bring(present=False, check_mode=True)["changed"] is True
    assert timer.exists()
    world.bring(present=False)
    assert [*world.folder.iterdir()] == []
    assert f"systemctl stop {client_names.CLIENT_NAMES_TIMER}" in world.commands


def test_without_systemd_nothing_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_systemd_runs", lambda: False)
    with pytest.raises(EdgeError, match="systemd does not run here"):
        world.bring()
    assert world.files == []


def test_a_full_state_folder_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device", world.host.state)

    monkeypatch.setattr(service.records, "write", full)
    with pytest.raises(EdgeError, match=r"is full: free space there and run again\. Nothing was changed"):
        world.bring()
    assert world.files == []
