# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test leaves behind is found, and nothing is found where it tidied up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from pathlib import Path

import left_behind
import pytest
from left_behind import left_behind as found
from left_behind import state


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(left_behind, "_SECONDS", 0.1)


def test_who_tidies_up_leaves_nothing(tmp_path: Path) -> None:
    before = state()
    thread = threading.Thread(target=lambda: None)
    thread.start()
    with socket.create_server(("127.0.0.1", 0)), (tmp_path / "file").open("w"):
        subprocess.run(["true"], check=True)
    assert found(before) == []


def test_a_thread() -> None:
    before, end = state(), threading.Event()
    thread = threading.Thread(target=end.wait, name="late")
    thread.start()
    said = found(before)
    end.set()
    thread.join()
    assert said == ["the thread late is still running"]


def test_a_descriptor_that_is_open_and_one_that_is_closed() -> None:
    before = state()
    held = socket.create_server(("127.0.0.1", 0))
    after = state()
    said = found(before)
    number = held.fileno()
    held.close()
    assert [each.partition(": ")[0] for each in said] == [f"the file descriptor {number} is open"]
    assert found(after) == [f"the file descriptor {number} is closed"]


def test_a_socket_that_nobody_holds_any_more_is_closed() -> None:
    before = state()
    circle: list[object] = [socket.socket()]
    circle.append(circle)
    del circle
    assert found(before) == []


def test_a_child_process() -> None:
    before = state()
    with subprocess.Popen(["true"]):
        assert found(before) == ["a child process was not waited for"]


def test_a_handler_of_a_signal() -> None:
    before = state()
    old = signal.signal(signal.SIGALRM, lambda _number, _frame: None)
    said = found(before)
    signal.signal(signal.SIGALRM, old)
    assert said == ["the handler of SIGALRM is another one"]


def test_environment_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    monkeypatch.setenv("LEFT_BEHIND", "1")
    monkeypatch.chdir(tmp_path)
    assert found(before) == ["the environment variable LEFT_BEHIND changed", f"the working directory is {os.getcwd()}"]
