# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second nginx: where its copy listens, what it is started with, and which restrictions are to blame."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._host.process import Stat
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service import _trial
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service._trial import (
    Plain,
    Said,
    Trial,
    broken,
    trial,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.unit import RESTRICTIONS
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse, walk


@dataclass
class Systemd:
    """Takes commands, keeps what the copies held, and lets nothing start."""

    commands: list[list[str]] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def call(self, command: Collection[str]) -> Answer:
        self.commands.append(list(command))
        for word in command:
            if word.startswith("BindReadOnlyPaths="):
                copy, path = word.split("=", 1)[1].split(":")
                self.copies[os.path.basename(path)] = Path(copy).read_text()
            if word.startswith("StandardError=file:"):
                Path(word.split(":", 1)[1]).write_text(self.log)
        return Answer(1, "", "Job failed") if "systemd-run" in command else Answer(0, "", "")


def dumped(folder: Path, **files: str) -> str:
    """Write configuration files and return what `nginx -T` says of them."""
    for name, text in files.items():
        (folder / name).write_text(text)
    return "".join(f"# configuration file {folder}/{name}:\n{text}\n" for name, text in files.items())


def tried(tmp_path: Path, systemd: Systemd, **files: str) -> Said:
    with trial("/usr/sbin/nginx", dumped(tmp_path, **files), systemd.call) as second:
        return second.run(["ProtectHome"])


def listens(text: str) -> list[list[str]]:
    return [statement.args for statement, _depth in walk(parse(text)) if statement.name == "listen"]


def test_every_address_becomes_a_socket_of_its_own(tmp_path: Path) -> None:
    systemd = Systemd()
    text = """http { server { listen 80; listen [::]:443 ssl ipv6only=on reuseport default_server; }
        server { server_name none; } server { listen 443 quic; http3 on; } upstream a { server 192.0.2.1; } }
        stream { server { listen 53 udp; } }"""
    tried(tmp_path, systemd, main=text)
    found = listens(systemd.copies["main"])
    assert len({each[0] for each in found}) == len(found) == 5
    assert all(each[0].startswith("unix:/run/constellation-edge-trial-") for each in found)
    assert [each[1:] for each in found] == [[], ["ssl", "default_server"], [], [], ["udp"]]
    assert "quic" not in systemd.copies["main"]
    assert "server 192.0.2.1;" in systemd.copies["main"]


def test_only_files_that_are_edited_are_covered(tmp_path: Path) -> None:
    systemd = Systemd()
    tried(tmp_path, systemd, main="pid /run/nginx.pid; daemon on; user www-data;", mime="types { text/html html; }")
    assert systemd.copies == {"main": " user www-data;"}


def test_the_unit_has_the_sandbox_and_goes_again(tmp_path: Path) -> None:
    systemd = Systemd()
    said = tried(tmp_path, systemd, main="events {}")
    start, stop = systemd.commands
    assert "ProtectHome=yes" in start
    assert not any("ProtectSystem" in word for word in start)
    assert start[-3:-1] == ["/usr/sbin/nginx", "-g"]
    assert stop[:2] == ["systemctl", "stop"]
    assert f"--unit={stop[2]}" in start
    assert said == Said(False, ["Job failed"])


def test_nginx_s_own_words_are_told_without_numbers(tmp_path: Path) -> None:
    line = "2026/01/01 00:00:00 [alert] 12#12: worker process 34 exited with fatal code 2\n"
    systemd = Systemd(log=line + line.replace("34", "35") + "2026/01/01 00:00:00 [warn] 1#1: never mind\n")
    said = tried(tmp_path, systemd, main="events {}")
    assert said == Said(False, ["worker process exited with fatal code 2"])


def test_what_cannot_be_tried(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="cannot be given to systemd"):
        tried(tmp_path, Systemd(), **{"a b": "http { server { listen 80; } }"})
    with pytest.raises(EdgeError, match="nginx cannot read this file"):
        tried(tmp_path, Systemd(), main="http {")


class Second(Trial):
    """An nginx that does not bear some restrictions."""

    def __init__(self, *faults: str, always: tuple[str, ...] = (), works: bool = True) -> None:
        """Bear what is not among the faults; complain about `always` in any case."""
        self.faults, self.always, self.works, self.runs = faults, always, works, 0

    def run(self, restrictions: Collection[str], writable: Collection[str] = ()) -> Said:
        self.runs += 1
        hit = [f"{name} hurts" for name in self.faults if name in restrictions]
        return Said(self.works and not hit, [*self.always, *hit])


def test_two_runs_are_enough_when_nothing_breaks() -> None:
    second = Second(always=("setpriority(-5) failed",))
    assert broken(second, RESTRICTIONS) == {}
    assert second.runs == 2


def test_each_restriction_that_breaks_is_found() -> None:
    second = Second("PrivateTmp", "UMask", always=("noise",))
    assert broken(second, RESTRICTIONS) == {"PrivateTmp": "PrivateTmp hurts", "UMask": "UMask hurts"}


def test_what_does_not_work_at_all_is_no_trial() -> None:
    with pytest.raises(EdgeError, match="noise"):
        broken(Second(always=("noise",), works=False), RESTRICTIONS)


def test_no_worker_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_trial, "_TURN_SECONDS", 0.2)
    assert _trial._wait_for_workers(os.getpid(), frozenset()) == frozenset()


def test_a_program_that_does_nothing_shows_what_the_host_refuses() -> None:
    systemd = Systemd()
    assert Plain(systemd.call).run(["UMask"]) == Said(False, ["Job failed"])
    assert systemd.commands[0][-3:] == ["--property", "UMask=0027", "/bin/true"]
    assert Plain(lambda _command: Answer(0, "", "")).run([]) == Said(True, [])


WORKER = "nginx: worker process"


class Beside:
    """A second nginx that systemd started: its workers, by what has happened to it, and who asks it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        """Run with one worker; a reload makes another one."""
        self.master, self.workers, self.killed = "50", [51], []  # type: ignore[var-annotated]
        self.reloads = True
        self.heard: list[bytes] = []
        self.folder = folder
        self.answers = True
        monkeypatch.setattr(_trial, "_TURN_SECONDS", 0.3)
        monkeypatch.setattr(_trial, "_STEADY_SECONDS", 0.05)
        monkeypatch.setattr(_trial, "_POLL", 0.01)
        monkeypatch.setattr(
            _trial.process, "children", lambda _master: [Stat(pid, 50, pid, False) for pid in self.workers]
        )
        monkeypatch.setattr(_trial.process, "title", lambda pid: WORKER if pid != 52 else f"{WORKER} is shutting down")
        monkeypatch.setattr(_trial.os, "kill", self.kill)

    def kill(self, pid: int, number: int) -> None:
        self.killed.append((pid, number))
        if self.reloads:
            self.workers = [52, 53]

    def call(self, command: Collection[str]) -> Answer:
        words = list(command)
        return Answer(0, f"{self.master}\n" if words[:2] == ["systemctl", "show"] else "", "")

    def run(self, text: str = "events {}", socket_path: str = "") -> Said:
        with trial("/usr/sbin/nginx", dumped(self.folder, main=text), self.call) as second:
            if socket_path:
                second._sockets = [socket_path]
            return second.run(["ProtectHome"])


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Beside:
    return Beside(monkeypatch, tmp_path)


def test_an_nginx_that_works_and_reloads_bears_its_sandbox(beside: Beside) -> None:
    assert beside.run() == Said(True, [])
    assert beside.killed == [(50, signal.SIGHUP)]


def test_a_worker_that_does_not_come_is_told(beside: Beside) -> None:
    beside.workers = []
    assert beside.run() == Said(False, ["nginx has no worker process that lives"])
    assert beside.killed == []


def test_a_reload_that_makes_no_worker_is_told(beside: Beside) -> None:
    beside.reloads = False
    assert beside.run() == Said(False, ["nginx does not reload"])


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_connection_is_taken_by_a_worker_or_it_is_told(beside: Beside, tmp_path: Path, is_taken: bool) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        taker = threading.Thread(target=lambda: take(listener, beside.heard))
        if is_taken:
            taker.start()
        said = beside.run(socket_path=path)
        if is_taken:
            taker.join(5)
    assert said == (Said(True, []) if is_taken else Said(False, ["no worker process takes a connection"]))
    # No request: nothing that a service behind a site would be asked for.
    assert beside.heard == ([b"\r\n\0\r\n\r\n"] if is_taken else [])


def take(listener: socket.socket, heard: list[bytes]) -> None:
    """Take one connection, as a worker does, and hang up."""
    taken, _address = listener.accept()
    with taken:
        heard.append(taken.recv(100))
