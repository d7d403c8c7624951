# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders and files of our own have the mode that is wanted, whatever the umask."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import files
from ansible_collections.constellation.edge.plugins.module_utils._host.files import (
    copy_attributes,
    exchange,
    explain,
    keep_name,
    make_folders,
    replace_file,
    write_new,
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


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EDQUOT, "the file system at / has no quota left: raise it or free space there and run again"),
        (errno.EROFS, "the file system at / is mounted read-only: mount it writable and run again"),
        (errno.EACCES, "run as root (become: true), and look for an immutable flag (lsattr)"),
        (errno.EPERM, "run as root (become: true), and look for an immutable flag (lsattr)"),
        (errno.EISDIR, "Is a directory"),
    ],
)
def test_what_the_system_refuses_has_its_remedy(monkeypatch: pytest.MonkeyPatch, code: int, said: str) -> None:
    monkeypatch.setattr(files.os.path, "ismount", lambda path: path == "/")
    assert explain(OSError(code, os.strerror(code)), "/a/b").endswith(said)


@pytest.mark.parametrize(
    ("inodes", "said"), [((100, 0), "has no inode left: remove files there"), ((100, 5), "is full: free space there")]
)
def test_a_disk_without_inodes_is_told_from_a_full_one(
    monkeypatch: pytest.MonkeyPatch, inodes: tuple[int, int], said: str
) -> None:
    class Usage:
        """What the file system says of itself."""

        f_files, f_favail = inodes

    monkeypatch.setattr(files.os, "statvfs", lambda _mount: Usage)
    assert said in explain(OSError(errno.ENOSPC, "No space left on device"), "/a/b")


class TestWithoutHardLinks:
    """A file system that has none: what is kept is a copy."""

    @pytest.fixture(autouse=True)
    def _refuse(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code = errno.EPERM

        def link(*_names: str, **_how: bool) -> None:
            raise OSError(self.code, os.strerror(self.code))

        monkeypatch.setattr(files.os, "link", link)

    def test_a_file_is_copied_with_its_mode_and_times(self, tmp_path: Path) -> None:
        path, kept = tmp_path / "a", tmp_path / "kept"
        path.write_text("content")
        path.chmod(0o640)
        os.utime(path, ns=(1, 2))
        keep_name(str(path), str(kept))
        assert (kept.read_text(), mode(kept), kept.stat().st_mtime_ns) == ("content", 0o640, 2)
        assert kept.stat().st_ino != path.stat().st_ino

    def test_a_link_is_made_anew(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("elsewhere")
        keep_name(str(tmp_path / "a"), str(tmp_path / "kept"))
        assert os.readlink(tmp_path / "kept") == "elsewhere"

    def test_another_refusal_is_one(self, tmp_path: Path) -> None:
        self.code = errno.ENOSPC
        (tmp_path / "a").write_text("content")
        with pytest.raises(OSError, match="No space"):
            keep_name(str(tmp_path / "a"), str(tmp_path / "kept"))
        assert not (tmp_path / "kept").exists()


class TestAttributes:
    """Owner, mode and extended attributes follow the content."""

    @pytest.fixture(autouse=True)
    def _source(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.source = tmp_path / "source"
        self.source.write_text("")
        self.source.chmod(0o604)
        self.codes = {"security.selinux": errno.EPERM, "user.a": errno.ENOTSUP}
        self.set: dict[str, bytes] = {}
        monkeypatch.setattr(files.os, "listxattr", lambda _path: ["security.selinux", "user.a", "user.b"])
        monkeypatch.setattr(files.os, "getxattr", lambda _path, name: name.encode())
        monkeypatch.setattr(files.os, "setxattr", self.setxattr)

    def setxattr(self, _descriptor: int, name: str, value: bytes) -> None:
        if name in self.codes:
            raise OSError(self.codes[name], os.strerror(self.codes[name]))
        self.set[name] = value

    def test_labels_that_the_kernel_sets_itself_are_left_to_it(self, tmp_path: Path) -> None:
        write_new(str(tmp_path / "new"), b"", 0o600, like=str(self.source))
        assert self.set == {"user.b": b"user.b"}
        assert mode(tmp_path / "new") == 0o604

    def test_an_access_list_that_is_refused_leaves_no_file(self, tmp_path: Path) -> None:
        self.codes["user.b"] = errno.ENOSPC
        with pytest.raises(OSError, match="No space"):
            write_new(str(tmp_path / "new"), b"", 0o600, like=str(self.source))
        assert not (tmp_path / "new").exists()

    def test_the_owner_is_asked_for_only_where_it_differs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owners: list[tuple[int, int]] = []
        status = os.stat(self.source)
        other = os.stat_result((status.st_mode, *status[1:4], status.st_uid + 1, status.st_gid, *status[6:]))
        monkeypatch.setattr(files.os, "fchown", lambda _descriptor, user, group: owners.append((user, group)))
        descriptor = os.open(tmp_path / "new", os.O_WRONLY | os.O_CREAT)
        try:
            copy_attributes(str(self.source), descriptor)
            assert owners == []
            monkeypatch.setattr(files.os, "stat", lambda _path: other)
            copy_attributes(str(self.source), descriptor)
        finally:
            os.close(descriptor)
        assert owners == [(status.st_uid + 1, status.st_gid)]


def test_a_group_has_the_file_before_it_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, int, int]] = []

    def note(name: str) -> None:
        real = getattr(os, name)

        def call(descriptor: int, *more: int) -> None:
            status = os.fstat(descriptor)
            seen.append((name, stat.S_IMODE(status.st_mode), status.st_gid))
            real(descriptor, *more)

        monkeypatch.setattr(os, name, call)

    note("fchown")
    note("fchmod")
    write_new(str(tmp_path / "new"), b"secret", 0o640, group=1)
    assert seen == [("fchown", 0o600, os.getgid()), ("fchmod", 0o600, 1)]
    status = (tmp_path / "new").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, 1)
