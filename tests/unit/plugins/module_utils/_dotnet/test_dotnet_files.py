# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on disk: kept attributes, a change meanwhile, clear errors."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dotnet import files
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._transaction import Host


@dataclass
class Plan:
    """The least that a plan is."""

    content: bytes


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Host:
    return Host(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"))


@pytest.fixture
def target(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "app.exe.config"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_new_content_keeps_the_mode_and_has_a_backup(target: pathlib.Path, host: Host) -> None:
    _plan, changed, kept = files.rewrite(
        str(target), lambda data: Plan(data + b" new"), backup=True, check=False, host=host
    )
    assert changed
    assert target.read_bytes() == b"old new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert pathlib.Path(kept).read_bytes() == b"old"
    assert pathlib.Path(kept).stat().st_mode & 0o777 == 0o640


def test_same_content_is_not_written(target: pathlib.Path, host: Host) -> None:
    before = target.stat()
    _plan, changed, kept = files.rewrite(str(target), Plan, backup=True, check=False, host=host)
    assert (changed, kept) == (False, "")
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_writes_nothing(target: pathlib.Path, host: Host) -> None:
    _plan, changed, kept = files.rewrite(str(target), lambda _: Plan(b"new"), backup=True, check=True, host=host)
    assert (changed, kept) == (True, "")
    assert sorted(os.listdir(target.parent)) == ["app.exe.config"]
    assert target.read_bytes() == b"old"


def test_link_stays_a_link(target: pathlib.Path, host: Host) -> None:
    link = target.with_name("link.config")
    link.symlink_to(target.name)
    files.rewrite(str(link), lambda _: Plan(b"new"), backup=False, check=False, host=host)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_change_by_the_program_meanwhile_is_kept(target: pathlib.Path, host: Host) -> None:
    calls = []

    def plan(data: bytes) -> Plan:
        calls.append(data)
        if len(calls) == 1:
            target.write_bytes(b"rewritten")
        return Plan(data + b" new")

    files.rewrite(str(target), plan, backup=False, check=False, host=host)
    assert calls == [b"old", b"rewritten"]
    assert target.read_bytes() == b"rewritten new"


def test_file_that_never_rests_is_an_error(target: pathlib.Path, host: Host) -> None:
    def plan(data: bytes) -> Plan:
        target.write_bytes(data + b".")
        return Plan(b"new")

    with pytest.raises(DotnetError, match=r"app\.exe\.config.*keeps changing"):
        files.rewrite(str(target), plan, backup=False, check=False, host=host)
    assert target.read_bytes() == b"old..."


def test_error_of_the_plan_names_the_file(target: pathlib.Path, host: Host) -> None:
    def plan(_data: bytes) -> Plan:
        raise DotnetError("wrong", 3, 7)

    with pytest.raises(DotnetError, match=r"app\.exe\.config: line 3, column 7: wrong"):
        files.rewrite(str(target), plan, backup=False, check=False, host=host)


def test_no_file_a_folder_and_a_huge_file(tmp_path: pathlib.Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as stream:
        stream.truncate(30 << 20)
    for path, why in ((tmp_path / "none", "no such file"), (tmp_path, "not a plain file"), (huge, "too many")):
        with pytest.raises(DotnetError, match=why):
            files.read_config(str(path))
