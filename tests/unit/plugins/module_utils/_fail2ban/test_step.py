# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `fail2ban_jails` does to a host: fail2ban is asked, and what fails or is killed leaves the file of before."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban import host
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.host import WantedJails
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.jail import wanted_jails
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.leaving import leave
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.step import JailsOutcome, reconcile
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places, recover
from struck import struck

OLD = "# an earlier run's\n[sshd]\nenabled = true\n"
STATUS = "   |- Currently banned: 0\n   `- Journal matches:\t_COMM=sshd\n"
# What the fake fail2ban can read beside plain times.
TIMES = {"2*1h": "7200\n", "1 - 2": "-1\n"}
RUNNING = {"active": True, "enabled": True}
FOUND_OFF = {"active": False, "enabled": False}


@dataclass
class World:
    """A host: its files, and its fail2ban with the file of ours that it runs with (None: it does not run)."""

    folder: Path
    place: Places
    runs_with: str | None = ""
    dump: Answer = field(default_factory=lambda: Answer(0, "", ""))
    verdict: Answer = field(default_factory=lambda: Answer(0, "OK", ""))
    refused: str = ""
    dead: bool = False
    commands: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    asked_of_jails: list[list[str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "etc" / "jail.d" / "zz.local"

    @property
    def on_disk(self) -> str:
        return self.path.read_text() if self.path.exists() else ""

    def call(self, command: Sequence[str]) -> Answer:
        program, *words = command
        if program == "fail2ban-client":
            return self.client(words)
        if words[0] == "show":
            return Answer(0, f"{os.getpid() if self.runs_with is not None else 0}\n", "")
        if words[0] in ("is-active", "is-enabled", "is-failed"):
            states = {"is-active": "active" if self.runs_with is not None else "inactive", "is-enabled": "enabled"}
            return Answer(0, states.get(words[0], "active") + "\n", "")
        self.commands.append(words[0])
        if words[0] == self.refused and OLD not in self.on_disk:
            return Answer(1, "", "it went wrong")
        if words[0] == "restart":
            self.runs_with = self.on_disk
        return Answer(0, "", "")

    def client(self, words: list[str]) -> Answer:
        if words[0] == "-c":
            found = {path.name: path.read_text() for path in Path(words[1]).rglob("*") if path.is_file()}
            self.asked.append(found)
            return self.dump if words[2] == "-d" else self.verdict
        if words[0] == "--str2sec":
            return Answer(0, TIMES[words[1]], "") if words[1] in TIMES else Answer(255, "", "ERROR")
        self.asked_of_jails.append(words)
        if self.runs_with is None or (self.dead and OLD not in self.runs_with):
            return Answer(1, "", "there is no such jail")
        return Answer(0, STATUS if words[0] == "status" else "following actions:\nnftables\n", "")

    def request(self, **values: str | int) -> WantedJails:
        stated = [key for key in ("bantime", "findtime", "maxretry") if key in values]
        defaults = {"bantime": "1h", "findtime": "10m", "maxretry": 5, **values}
        jails = wanted_jails([{"name": "sshd", "backend": "systemd"}], defaults, [22], stated)
        return WantedJails(tuple(jails), ("127.0.0.1/8",), path=str(self.path), timeout=0)

    def bring(self, check: bool = False, **values: str | int) -> JailsOutcome:
        return reconcile(self.request(**values), check, self.call, self.place)

    def leave(self, found: dict[str, bool]) -> JailsOutcome:
        return leave(found, False, str(self.path), self.place, self.call)

    def leftovers(self) -> list[str]:
        names = ("journal.json", "journal.done.json")
        return [
            str(path)
            for path in self.folder.rglob("*")
            if path.name in names or (path.name[0] == "." and path.parent == self.path.parent)
        ]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    etc = tmp_path / "etc"
    (etc / "jail.d").mkdir(parents=True)
    (etc / "filter.d").mkdir()
    (etc / "filter.d" / "sshd.conf").write_text("")
    (etc / "jail.local").write_text("[DEFAULT]\nbantime = 1w\n")
    monkeypatch.setattr(host, "ETC", str(etc))
    monkeypatch.setattr(host, "find", lambda name: f"/usr/bin/{name}")
    return World(tmp_path, Places(str(tmp_path / "state"), str(tmp_path / "lock")))


def test_jails_are_brought_to_life_once(world):
    assert (world.bring().changed, world.runs_with) == (True, world.on_disk)
    assert "[sshd]" in world.on_disk
    world.commands.clear()
    assert (world.bring().changed, world.commands, world.leftovers()) == (False, [], [])


@pytest.mark.parametrize("check", [False, True])
def test_a_run_that_changes_nothing_asks_each_jail_once(world, check):
    """Each question starts a Python of its own on the host."""
    world.bring()
    world.asked_of_jails.clear()
    assert world.bring(check=check).jails["sshd"].alive
    assert world.asked_of_jails == [["status", "sshd"], ["get", "sshd", "actions"]]


def test_fail2ban_is_asked_without_our_file_and_with_the_owners(world):
    world.path.write_text(OLD + "ignoreip = 10.0.0.1\n")
    world.dump = Answer(0, "['set', 'sshd', 'addignoreip', '192.0.2.1', '#', 'a%b', ';c']\n", "")
    world.bring(check=True)
    question = world.asked[0]
    assert question["jail.local"] == "[DEFAULT]\nbantime = 1w\n"
    assert "enabled = true" in question["zz.local"]
    assert "ignoreip" not in question["zz.local"]
    assert "ignoreip = 127.0.0.1/8 192.0.2.1 # a%%b,;c\n" in world.bring(check=True).after


def test_a_link_in_fail2bans_folder_is_followed(world):
    (world.folder / "elsewhere").write_text("[DEFAULT]\nignoreip = 192.0.2.7\n")
    (world.path.parent / "mine.local").symlink_to("../../elsewhere")
    world.bring(check=True)
    assert "192.0.2.7" in world.asked[0]["mine.local"]


def test_c2_what_is_stricter_is_taken_over_and_told_once(world):
    world.dump = Answer(0, "['set', 'sshd', 'bantime', '1w']\n['set', 'sshd', 'maxretry', 3]\n", "")
    notes = world.bring().notes
    assert notes == [
        "jail sshd keeps bantime 1w, which this host's own files say and which is stricter than the default 1h: to have"
        " another one, write hardening_bantime into the inventory",
        "jail sshd keeps maxretry 3, which this host's own files say and which is stricter than the default 5: to have"
        " another one, write hardening_maxretry into the inventory",
    ]
    assert "maxretry = 3\nfindtime = 10m\nbantime = 1w\n" in world.on_disk
    assert world.bring().notes == []


@pytest.mark.parametrize(("theirs", "ours"), [("2*1h", "7200"), ("1 - 2", "-1")])
def test_a_time_that_only_fail2ban_can_read_is_written_as_seconds(world, theirs, ours):
    world.dump = Answer(0, f"['set', 'sshd', 'bantime', '{theirs}']\n['set', 'sshd', 'findtime', 'soon']\n", "")
    assert f"findtime = 10m\nbantime = {ours}\n" in world.bring().after


def test_what_fail2ban_cannot_read_stops_the_run_before_it_touches_anything(world):
    world.dump = Answer(255, "", "Bad value substitution")
    with pytest.raises(EdgeError, match=r"cannot read this host's own files below .*etc, nothing was changed"):
        world.bring()
    assert (world.commands, world.on_disk) == ([], "")


def test_a_dry_run_before_nginx_is_there_is_not_stopped_by_logs_that_will_come(world, monkeypatch):
    monkeypatch.setattr(host, "_NGINX_LOGS", str(world.folder / "nginx"))
    world.dump = Answer(255, "", "Have not found any log file for nginx-botsearch jail")
    jail = {"name": "web", "filter": "sshd", "logpath": [str(world.folder / "nginx" / "error.log")]}
    request = WantedJails(tuple(wanted_jails([jail], {}, [22])), path=str(world.path), timeout=0)
    assert "[web]" in reconcile(request, True, world.call, world.place).after
    with pytest.raises(EdgeError, match="cannot read"):
        world.bring(check=True)


def test_what_fail2ban_refuses_is_never_live(world):
    world.verdict = Answer(255, "", "no such action")
    with pytest.raises(EdgeError, match="fail2ban refuses the jails, nothing was changed"):
        world.bring()
    assert (world.commands, world.on_disk) == ([], "")


@pytest.mark.parametrize("old", ["", OLD])
@pytest.mark.parametrize("fault", ["restart", "dead"])
def test_a_failed_start_puts_the_former_file_back_and_runs_with_it(world, old, fault):
    if old:
        world.path.write_text(old)
        world.path.chmod(0o640)
    before = os.stat(world.path).st_ino if old else None
    world.refused, world.dead = ("restart", False) if fault == "restart" else ("", True)
    with pytest.raises(EdgeError, match="every file was put back as it was"):
        world.bring()
    assert world.on_disk == old
    assert world.path.exists() == bool(old)
    assert (os.stat(world.path).st_ino if old else None) == before
    assert world.commands[-2:] == ["reset-failed", "restart"]
    assert world.runs_with == old
    assert world.leftovers() == []
    world.refused, world.dead = "", False
    assert world.bring().changed


@pytest.mark.parametrize("old", ["", OLD])
def test_a_kill_at_any_moment_leaves_one_whole_file_and_the_next_run_ends_it(world, old):
    wanted = world.bring(check=True).after
    for die_at in range(1, 200):
        world.path.unlink(missing_ok=True)
        if old:
            world.path.write_text(old)
        was_struck = struck(world.bring, die_at)
        assert world.on_disk in (old, wanted)
        recover(host=world.place)
        assert world.leftovers() == []
        world.runs_with = wanted  # what it had read when the run was killed
        world.bring()
        assert (world.on_disk, world.runs_with) == (wanted, wanted)
        if not was_struck:
            break
    assert die_at > 20


@pytest.mark.parametrize("found", [RUNNING, FOUND_OFF])
def test_leaving_that_is_killed_is_ended_by_the_next_one(world, found):
    for die_at in range(1, 100):
        world.path.write_text(OLD)
        world.runs_with = OLD
        was_struck = struck(lambda: world.leave(found), die_at)
        assert world.on_disk in ("", OLD)
        world.commands.clear()
        world.leave(found)
        assert (world.on_disk, world.leftovers()) == ("", [])
        if not was_struck:
            break
    assert die_at > 10


def test_leaving_after_a_first_run_that_was_killed_restarts_fail2ban_without_our_jails(world):
    def dies() -> None:
        real = world.call

        def call(command: Sequence[str]) -> Answer:
            answer = real(command)
            if command[1] == "restart":
                os._exit(9)
            return answer

        reconcile(world.request(), False, call, world.place)

    pid = os.fork()
    if pid == 0:
        dies()
        os._exit(0)
    os.waitpid(pid, 0)
    assert "[sshd]" in world.on_disk
    recover(host=world.place)
    assert world.on_disk == ""
    world.leave(RUNNING)
    assert world.commands == ["restart"]


def jail(name: str = "web", **values: object) -> dict[str, object]:
    return {"name": name, "filter": "sshd", "backend": "systemd", **values}


def bring_jails(world: World, *jails: dict[str, object], check: bool = False) -> JailsOutcome:
    request = WantedJails(tuple(wanted_jails(list(jails), {}, [22])), path=str(world.path), timeout=0)
    return reconcile(request, check, world.call, world.place)


def test_a_jail_without_its_log_is_left_out_with_a_warning_and_the_others_run(world):
    missing = str(world.folder / "none.log")
    outcome = bring_jails(world, jail("web", backend="auto", logpath=[missing]), jail("sshd"))
    assert "[sshd]" in world.on_disk
    assert "[web]" not in world.on_disk
    assert outcome.warnings == [
        f"jail web is left out, because {missing} does not exist: install what writes it, or correct the path, and run"
        " again"
    ]


def test_a_jail_without_its_filter_is_refused_before_anything_is_touched(world):
    with pytest.raises(EdgeError, match=r"jail web: this fail2ban has no filter 'own' \(.*own\.conf does not exist\)"):
        bring_jails(world, jail(filter="own"))
    assert (world.commands, world.on_disk) == ([], "")
    (world.folder / "etc" / "filter.d" / "own.local").write_text("")
    assert bring_jails(world, jail(filter="own")).changed


def test_bans_that_would_block_nobody_are_refused(world, monkeypatch):
    monkeypatch.setattr(host, "find", lambda name: None if name == "nft" else f"/usr/bin/{name}")
    with pytest.raises(EdgeError, match="jail web: banaction nftables-multiport needs the program nft"):
        bring_jails(world, jail(banaction="nftables-multiport"))
    assert world.commands == []
    assert bring_jails(world, jail(banaction="nftables-multiport"), check=True).changed


def test_a_file_that_may_not_be_read_is_told(world):
    world.path.mkdir()
    with pytest.raises(EdgeError, match=rf"{world.path}: Is a directory: run as root"):
        world.bring(check=True)


def test_a_folder_that_cannot_be_copied_is_told(world, monkeypatch):
    def refused(*_arguments, **_options):
        raise OSError(13, "Permission denied", "/etc/fail2ban")

    monkeypatch.setattr(host.shutil, "copytree", refused)
    with pytest.raises(EdgeError, match="/etc/fail2ban: Permission denied: run as root"):
        world.bring(check=True)


def test_a_time_of_which_fail2ban_says_no_number_is_no_time(world, monkeypatch):
    monkeypatch.setitem(TIMES, "soon", "what?\n")
    world.dump = Answer(0, "['set', 'sshd', 'bantime', 'soon']\n", "")
    assert "bantime = 1h\n" in world.bring().after


def test_without_a_jail_the_owners_files_are_not_asked_and_ours_is_tested(world):
    bring_jails(world, check=True)
    [tested] = world.asked
    assert "[" not in tested["zz.local"]


def forget(world: World) -> None:
    """Have nothing say which file fail2ban has read."""
    for record in Path(world.place.state).glob("*.json"):
        record.unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: setattr(world, "runs_with", None), "fail2ban is not running"),
        (lambda world: setattr(world, "dead", True), "dead jails: sshd"),
        (forget, "fail2ban has not read the jails that are on disk"),
    ],
)
def test_what_does_not_run_as_the_file_says_is_restarted(world, monkeypatch, change, reason):
    world.bring()
    assert world.bring(check=True).reason == ""
    monkeypatch.setattr(host.host_process, "since_epoch", lambda _ticks: None)
    change(world)
    assert world.bring(check=True).reason == reason


def test_a_service_that_does_not_start_with_the_host_is_enabled_or_the_reason_told(world, monkeypatch):
    real, states = world.call, {"is-enabled": Answer(1, "disabled\n", "")}
    enabled = []

    def call(command: Sequence[str]) -> Answer:
        if command[1] == "enable":
            enabled.append(command[2])
            return states.get("enable", Answer(0, "", ""))
        return states.get(command[1]) or real(command)

    monkeypatch.setattr(world, "call", call)
    assert world.bring().changed
    assert enabled == ["fail2ban.service"]
    states["enable"] = Answer(1, "", "Unit is masked.")
    with pytest.raises(EdgeError, match=r"`systemctl enable fail2ban` fails: Unit is masked\.\. Correct what it names"):
        world.bring(bantime="2h")
