# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on disk: kept attributes, a change meanwhile, clear errors."""

from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import files
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uris import change_uris
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from places import TEXTS

FIXTURES = TEXTS / "dotnet"


@dataclass
class Plan:
    """The least that a plan is."""

    content: bytes


@pytest.fixture
def host(tmp_path: pathlib.Path) -> Places:
    return Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"))


@pytest.fixture
def target(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "app.exe.config"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_new_content_keeps_the_mode_and_has_a_backup(target: pathlib.Path, host: Places) -> None:
    _plan, changed, kept = files.rewrite(
        str(target), lambda data: Plan(data + b" new"), backup=True, check=False, host=host
    )
    assert changed
    assert target.read_bytes() == b"old new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert pathlib.Path(kept).read_bytes() == b"old"
    assert pathlib.Path(kept).stat().st_mode & 0o777 == 0o640


def test_same_content_is_not_written(target: pathlib.Path, host: Places) -> None:
    before = target.stat()
    _plan, changed, kept = files.rewrite(str(target), Plan, backup=True, check=False, host=host)
    assert (changed, kept) == (False, "")
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_check_writes_nothing(target: pathlib.Path, host: Places) -> None:
    _plan, changed, kept = files.rewrite(str(target), lambda _: Plan(b"new"), backup=True, check=True, host=host)
    assert (changed, kept) == (True, "")
    assert sorted(os.listdir(target.parent)) == ["app.exe.config"]
    assert target.read_bytes() == b"old"


def test_link_stays_a_link(target: pathlib.Path, host: Places) -> None:
    link = target.with_name("link.config")
    link.symlink_to(target.name)
    files.rewrite(str(link), lambda _: Plan(b"new"), backup=False, check=False, host=host)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_change_by_the_program_meanwhile_is_kept(target: pathlib.Path, host: Places) -> None:
    calls = []

    def plan(data: bytes) -> Plan:
        calls.append(data)
        if len(calls) == 1:
            target.write_bytes(b"rewritten")
        return Plan(data + b" new")

    files.rewrite(str(target), plan, backup=False, check=False, host=host)
    assert calls == [b"old", b"rewritten"]
    assert target.read_bytes() == b"rewritten new"


def test_file_that_never_rests_is_an_error(target: pathlib.Path, host: Places) -> None:
    def plan(data: bytes) -> Plan:
        target.write_bytes(data + b".")
        return Plan(b"new")

    with pytest.raises(DotnetError, match=r"app\.exe\.config.*keeps changing"):
        files.rewrite(str(target), plan, backup=False, check=False, host=host)
    assert target.read_bytes() == b"old..."


def test_error_of_the_plan_names_the_file(target: pathlib.Path, host: Places) -> None:
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


def bad_inputs() -> dict[str, tuple[bytes, str]]:
    """Return each bad file, and what its error says."""
    plain = (FIXTURES / "accepted" / "plain.config").read_bytes()
    entities = b"".join(b'<!ENTITY l%d "%s">\n' % (at + 1, b"&l%d;" % at * 10) for at in range(30))
    laughs = b'<?xml version="1.0"?>\n<!DOCTYPE c [\n<!ENTITY l0 "lol">\n' + entities + b"]>\n<c>&l30;</c>\n"
    quadratic = b'<?xml version="1.0"?>\n<!DOCTYPE c [<!ENTITY a "' + b"x" * 100_000 + b'">]>\n<c>' + b"&a;" * 50_000
    return {
        "truncated": (plain[:-30], r"line 10, column [0-9]+: not well-formed XML"),
        "two lists": (plain.replace(b"<listenUris>", b"<listenUris/>\n<listenUris>"), r"line 8, column 1: .*line 7"),
        "two sections": (plain.replace(b"  <constellation>", b"<constellation/>\n<constellation>"), "line 7, column 1"),
        "both names": (plain.replace(b"  <constellation>", b"<constellationSection/>\n<constellation>"), "line 7, col"),
        "wrong root": (plain.replace(b"configuration>", b"settings>"), "line 2, column 1: .*<settings>"),
        "unknown encoding": (plain.replace(b"utf-8", b"koi8-r"), "line 1, column 1: .*'koi8-r'"),
        "no server's": (
            b"<configuration>\n  <runtime/>\n</configuration>",
            "line 1, column 1: .*not the configuration",
        ),
        "no XML": (b"listenUris: http://+:8088/\n", "line 1, column 1: not well-formed XML"),
        "empty": (b"", "line 1, column [01]: "),
        "30 MB": (plain + b"<!--" + b"x" * (30 << 20) + b"-->", "[0-9]+ bytes are too many for a configuration file"),
        "billion laughs": (laughs, "line 2, column [0-9]+: a DOCTYPE"),
        "quadratic laughs": (quadratic, "line 2, column [0-9]+: a DOCTYPE"),
        "millions deep": (b"<configuration>" + b"<a>" * 2_000_000, "line 1, column [0-9]+: not well-formed XML"),
    }


BAD = bad_inputs()


@pytest.mark.parametrize("check", [True, False], ids=["check", "write"])
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_place_and_nothing_is_written(
    name: str, check: bool, tmp_path: pathlib.Path
) -> None:
    data, why = BAD[name]
    folder = tmp_path / "server"
    folder.mkdir()
    path = folder / "app.exe.config"
    path.write_bytes(data)
    before = path.stat()
    host = Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"))
    with pytest.raises(DotnetError, match=rf"app\.exe\.config: {why}"):
        files.rewrite(
            str(path),
            lambda content: change_uris(content, ["http://+:8088/constellation"], "exact"),
            backup=True,
            check=check,
            host=host,
        )
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)
    assert path.read_bytes() == data
    assert os.listdir(folder) == ["app.exe.config"]
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and one not in (path, tmp_path / "lock")]
