# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old workers end after the time that they have, and no other process does."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import process as host_process
from ansible_collections.constellation.edge.plugins.module_utils._nginx import old_workers
from ansible_collections.constellation.edge.plugins.module_utils._nginx.old_workers import Ended, end
from ansible_collections.constellation.edge.plugins.module_utils._nginx.process import Process


def identity(pid: int) -> Process:
    found = host_process.stat(pid)
    assert found is not None
    return Process(found.started, pid)


@contextlib.contextmanager
def worker(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give a child of this process, which stands in for the master."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_is_still_there_is_ended_after_its_time() -> None:
    master = identity(os.getpid())
    with worker("sleep", "60") as one, worker("sleep", "60") as other, worker("sleep", "60") as new:
        begun = time.monotonic()
        assert end(master, [identity(one.pid), identity(other.pid)], 1) == Ended(2, [])
        assert 1 <= time.monotonic() - begun < 4
        assert (one.wait(), other.wait()) == (-signal.SIGTERM, -signal.SIGTERM)
        assert new.poll() is None


def test_nobody_waits_for_workers_that_are_gone() -> None:
    master = identity(os.getpid())
    with worker("sleep", "0.3") as brief:
        begun = time.monotonic()
        assert end(master, [identity(brief.pid)], 30) == Ended(0, [])
        assert end(master, [], 30) == Ended(0, [])
        assert time.monotonic() - begun < 5
        assert brief.wait() == 0


def test_at_once_means_at_once() -> None:
    with worker("sleep", "60") as one:
        begun = time.monotonic()
        assert end(identity(os.getpid()), [identity(one.pid)], 0) == Ended(1, [])
        assert time.monotonic() - begun < 1


def test_a_worker_that_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_workers, "_TO_EXIT", 0.3)
    with worker("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done") as deaf:
        assert deaf.stdout is not None
        assert deaf.stdout.readline() == b"ready\n"
        assert end(identity(os.getpid()), [identity(deaf.pid)], 0) == Ended(0, [deaf.pid])


class FakeProc:
    """Processes that a test writes, and who was signalled."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put them in the place of the kernel's."""
        self.folder = folder
        self.signalled: list[int] = []
        self.at_open: dict[int, tuple[int, int]] = {}
        monkeypatch.setattr(host_process, "stat", functools.partial(host_process.stat, proc=folder))
        monkeypatch.setattr(os, "pidfd_open", self.open)
        monkeypatch.setattr(os, "close", lambda _descriptor: None)
        monkeypatch.setattr(signal, "pidfd_send_signal", self.send)

    def put(self, pid: int, parent: int, started: int, state: str = "S") -> None:
        (self.folder / str(pid)).mkdir(exist_ok=True)
        (self.folder / str(pid) / "stat").write_text(f"{pid} (nginx) {state} {parent}{' 0' * 17} {started} 0 0\n")

    def open(self, pid: int) -> int:
        """Let another process have the number in that very moment, where a test says so."""
        if pid in self.at_open:
            self.put(pid, *self.at_open[pid])
        return pid

    def send(self, descriptor: int, number: int) -> None:
        assert number == signal.SIGTERM
        self.signalled.append(descriptor)
        (self.folder / str(descriptor) / "stat").unlink()


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProc:
    fake = FakeProc(tmp_path, monkeypatch)
    monkeypatch.setattr(old_workers, "_TO_EXIT", 0)
    return fake


MASTER = Process(5, 10)


def test_the_very_worker_is_signalled(proc: FakeProc) -> None:
    proc.put(11, 10, 70)
    proc.put(12, 10, 90)
    assert end(MASTER, [Process(70, 11)], 0) == Ended(1, [])
    assert proc.signalled == [11]


@pytest.mark.parametrize(
    "there",
    [
        pytest.param((10, 71), id="a later process has its number"),
        pytest.param((1, 70), id="its master is gone"),
        pytest.param((10, 70, "Z"), id="it has ended already"),
    ],
)
def test_nothing_else_is_signalled(proc: FakeProc, there: tuple[int, int]) -> None:
    proc.put(11, *there)
    assert end(MASTER, [Process(70, 11)], 30) == Ended(0, [])
    assert proc.signalled == []


def test_a_number_that_is_taken_over_in_between_is_left_alone(proc: FakeProc) -> None:
    proc.put(11, 10, 70)
    proc.at_open[11] = (10, 71)
    end(MASTER, [Process(70, 11)], 0)
    assert proc.signalled == []


def test_what_may_not_be_signalled_is_named(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int) -> int:
        raise PermissionError

    proc.put(11, 10, 70)
    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert end(MASTER, [Process(70, 11)], 0) == Ended(0, [11])
