# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders and files of our own have the mode that is wanted, whatever the umask."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import files
from ansible_collections.constellation.edge.plugins.module_utils._host.files import (
    exchange,
    explain,
    make_folders,
    replace_file,
)


@pytest.fixture(params=[0o022, 0o027, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run under a umask as hardened hosts have it."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("wanted", [0o755, 0o700])
def test_each_missing_folder_gets_the_mode(tmp_path: Path, wanted: int) -> None:
    tmp_path.chmod(0o711)
    make_folders(str(tmp_path / "a" / "b"), wanted)
    make_folders(str(tmp_path / "a" / "b"), wanted)
    assert [mode(tmp_path), mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o711, wanted, wanted]


@pytest.mark.usefixtures("umask")
def test_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(0o750)
    make_folders(str(tmp_path / "a" / "b"))
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o750, 0o755]


@pytest.mark.usefixtures("umask")
def test_state_file_brings_a_folder_that_others_can_enter(tmp_path: Path) -> None:
    replace_file(str(tmp_path / "lib" / "edge" / "state.json"), b"{}", 0o600)
    folder = tmp_path / "lib" / "edge"
    assert [mode(folder.parent), mode(folder), mode(folder / "state.json")] == [0o755, 0o755, 0o600]


def test_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(FileExistsError):
        make_folders(str(tmp_path / "a"))


def test_the_second_of_two_names_is_the_one_that_could_not_be_made() -> None:
    """os.symlink and os.link name what the link says first."""
    error = OSError(errno.EROFS, os.strerror(errno.EROFS), "/etc/hosts", None, "/proc/new")
    assert explain(error, "/").startswith("/proc/new: the file system at /proc is mounted read-only: ")
    assert explain(error, "/sys", exact=True).startswith("/sys: the file system at /sys is mounted")


def test_a_write_that_fails_names_its_file_and_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(OSError, match="No space") as caught:
        replace_file(str(tmp_path / "record"), b"content")
    assert caught.value.filename == str(tmp_path / ".record.tmp")
    assert list(tmp_path.iterdir()) == []


def test_two_names_change_places_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("elsewhere")
    assert exchange(str(tmp_path / "file"), str(tmp_path / "link")) is True
    assert os.readlink(tmp_path / "file") == "elsewhere"
    assert (tmp_path / "link").read_text() == "content"
    assert exchange(str(tmp_path / "file"), str(tmp_path / "missing")) is False
    assert os.readlink(tmp_path / "file") == "elsewhere"
