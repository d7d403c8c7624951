# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot's lock files: it keeps us out, we keep it out, and nobody's copy of the folder gives the lock away."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot._lock import (
    LOCK,
    CertbotBusyError,
    holder,
    kept_out,
)

# As certbot takes it.
CERTBOT = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600)
try:
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit("Another instance of Certbot is already running.")
print("held", flush=True)
sys.stdin.read()
os.remove(sys.argv[1])
"""


@contextmanager
def certbot(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock from another process, as certbot does, until the end."""
    with subprocess.Popen(
        [sys.executable, "-c", CERTBOT, str(folder / LOCK)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def refused(folder: Path) -> bool:
    """Tell whether a certbot that starts now is refused."""
    done = subprocess.run(
        [sys.executable, "-c", CERTBOT, str(folder / LOCK)], input="", capture_output=True, text=True, check=False
    )
    return "Another instance" in done.stderr


def test_a_certbot_at_work_is_waited_for_and_named(tmp_path: Path) -> None:
    with certbot(tmp_path) as process:
        assert holder(str(tmp_path)) == process.pid
        said = rf"{tmp_path}/\.certbot\.lock: certbot \(process {process.pid}\) has been at work for more than 0\.2 s"
        with pytest.raises(CertbotBusyError, match=said), kept_out(str(tmp_path), 0.2, "nothing was changed"):
            pytest.fail("the lock was given twice")
        assert process.poll() is None
    with kept_out(str(tmp_path), 0.2, ""):
        pass


def test_it_is_ours_as_soon_as_certbot_ends(tmp_path: Path) -> None:
    with certbot(tmp_path) as process:
        assert process.stdin
        process.stdin.close()
        with kept_out(str(tmp_path), 30.0, ""):
            assert refused(tmp_path)


def test_a_certbot_that_starts_meanwhile_is_refused(tmp_path: Path) -> None:
    with kept_out(str(tmp_path), 0.2, ""):
        assert refused(tmp_path)
        # Whoever copies the folder opens and closes the file: that frees a lock of certbot's own kind.
        assert (tmp_path / LOCK).read_bytes() == b""
        assert refused(tmp_path)
        assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []
    assert not refused(tmp_path)


def test_the_folder_is_as_it_was_unless_somebody_changed_it(tmp_path: Path) -> None:
    os.utime(tmp_path, ns=(5, 7))
    with kept_out(str(tmp_path), 0.2, ""):
        assert tmp_path.stat().st_mtime_ns != 7
    assert tmp_path.stat().st_mtime_ns == 7
    with kept_out(str(tmp_path), 0.2, ""):
        # As a rename in the folder does, some time later.
        os.utime(tmp_path, ns=(5, 9))
    assert tmp_path.stat().st_mtime_ns != 7


def test_the_file_of_a_dead_certbot_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    assert holder(str(tmp_path)) is None
    with kept_out(str(tmp_path), 0.2, ""):
        assert refused(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_on_a_file_that_is_gone_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certbot removes the file before it frees the lock: who had opened the old one locks nothing."""
    take, taken = fcntl.fcntl, []

    def late(descriptor: int, command: int, argument: bytes) -> bytes:
        if not taken:
            os.unlink(tmp_path / LOCK)
        taken.append(descriptor)
        return bytes(take(descriptor, command, argument))

    monkeypatch.setattr(fcntl, "fcntl", late)
    with kept_out(str(tmp_path), 0.2, ""):
        assert len(taken) == 2
        assert refused(tmp_path)


@pytest.mark.parametrize("folder", ["absent", "file/below"])
def test_a_folder_without_room_for_a_lock_is_passed_over(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    assert holder(str(tmp_path / folder)) is None
    with kept_out(str(tmp_path / folder), 0.2, ""):
        pass
