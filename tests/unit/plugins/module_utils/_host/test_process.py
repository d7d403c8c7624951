# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a process."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import process as host_process

NOBODY = 2**22 + 1


@pytest.fixture
def child() -> Iterator[int]:
    """Give a process of this one that lives as long as the test."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def test_this_process() -> None:
    found = host_process.stat(os.getpid())
    assert found is not None
    assert (found.pid, found.parent, found.ended) == (os.getpid(), os.getppid(), False)
    begun = host_process.since_epoch(found.started)
    assert begun is not None
    assert 0 <= time.time() - begun < 3600
    assert host_process.boot_id()


def test_a_container_that_shows_its_own_uptime_tells_no_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As lxcfs does, while the ticks of its processes count from the machine's boot."""
    monkeypatch.setattr(host_process, "PROC", tmp_path)
    (tmp_path / "uptime").write_text("3600.00 100.00\n")
    ticks = os.sysconf("SC_CLK_TCK")
    assert host_process.since_epoch(40 * 86400 * ticks) is None
    begun = host_process.since_epoch(3600 * ticks)
    assert begun is not None
    assert abs(begun - time.time()) < 60


def test_no_process() -> None:
    assert host_process.stat(NOBODY) is None
    assert (host_process.name(NOBODY), host_process.title(NOBODY), host_process.sockets(NOBODY)) == ("", "", set())


def test_child(child: int) -> None:
    assert child in [each.pid for each in host_process.children(os.getpid())]
    assert (host_process.name(child), host_process.title(child)) in [("sleep", "sleep 60"), ("coreutils", "sleep 60")]
    assert host_process.is_within(child, os.getpid())
    assert host_process.is_within(child, child)
    assert not host_process.is_within(os.getpid(), child)
    assert not host_process.is_within(child, 0)


def test_process_that_has_ended_is_no_child() -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        found = host_process.stat(process.pid)
        assert found is not None
        assert found.ended
        assert process.pid not in [each.pid for each in host_process.children(os.getpid())]


def test_name_with_brackets_and_spaces(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a) b) S 3" + " 0" * 17 + " 4711 0 0\n")
    assert host_process.stat(7, tmp_path) == host_process.Stat(7, 3, 4711, ended=False)
    (tmp_path / "7" / "stat").write_text("7 (a")
    assert host_process.stat(7, tmp_path) is None
