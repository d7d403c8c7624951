# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host's lock: exclusive between processes, free again when its holder ends."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.files import LockError, host_lock
from ansible_collections.constellation.edge.plugins.module_utils._host.names import LOCK_PATH


def test_second_process_waits_and_names_the_holder(tmp_path: Path) -> None:
    path = str(tmp_path / "run" / "lock")
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            with host_lock(path=path):
                os.write(writer, b"x")
                signal.pause()
        finally:
            os._exit(0)
    os.read(reader, 1)
    try:
        with pytest.raises(LockError, match=rf"held by process {pid} for more than 0\.2 s"), host_lock(0.2, path):
            pytest.fail("the lock was given twice")
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(reader)
        os.close(writer)
    with host_lock(0.2, path):
        pass


def test_holder_takes_it_again(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with host_lock(0, path):
        with host_lock(0, path):
            pass
        with open(path) as stream, pytest.raises(BlockingIOError):
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with open(path) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_free_after_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with pytest.raises(RuntimeError), host_lock(0, path):
        raise RuntimeError
    with host_lock(0, path):
        pass


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"12345678901234567890123456789012345\n"])
def test_old_content_does_not_matter(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    path.write_bytes(content)
    with host_lock(0, str(path)):
        assert path.read_text() == f"{os.getpid()}\n"


def test_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LockError, match="cannot be opened"), host_lock(0, str(tmp_path / "lock")):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_only_root_can_create_the_file_of_the_host() -> None:
    assert not os.stat(os.path.dirname(LOCK_PATH)).st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def test_nobody_else_can_open_the_file(tmp_path: Path) -> None:
    with host_lock(0, str(tmp_path / "lock")):
        assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600
