# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a configuration file is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import locate
from ansible_collections.constellation.edge.plugins.module_utils._constellation.supervisor import (
    Program,
    SupervisorError,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError

COMMAND = "mono Constellation.Server.exe"
BESIDE = "/srv/c/Constellation.Server.exe.config"


@pytest.mark.parametrize(
    ("path", "section", "kind", "exists", "expected"),
    [
        ("/given", Program("p", "p", COMMAND, "/srv/c"), "server", True, "/given"),
        ("", Program("p", "p", COMMAND, "/srv/c"), "server", True, BESIDE),
        (None, Program("p", "p", "/srv/c/run.sh", "/srv/c"), "server", False, BESIDE),
        (None, Program("p", "p", "run.sh", "/srv/c"), "sentinel", False, "/srv/c/Constellation.Sentinel.exe.config"),
        ("/given", None, "server", True, "/given"),
        (None, None, "server", False, ""),
        (None, None, "sentinel", True, ""),
    ],
)
def test_places(
    monkeypatch: pytest.MonkeyPatch, path: str | None, section: Program | None, kind: str, exists: bool, expected: str
) -> None:
    monkeypatch.setattr(locate, "find_program", lambda _name: section)
    monkeypatch.setattr(locate.os.path, "exists", lambda _path: exists)
    assert locate.find_config(path, "p", kind) == expected


def test_section_that_names_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "find_program", lambda _name: Program("p", "p", "run.sh"))
    with pytest.raises(EdgeError, match=r"\[program:p\].*give the path"):
        locate.find_config(None, "p", "server")


def test_error_of_supervisor_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_name: str) -> Program | None:
        raise SupervisorError("unreadable")

    monkeypatch.setattr(locate, "find_program", broken)
    with pytest.raises(EdgeError, match="unreadable"):
        locate.find_config(None, "p", "server")


def test_server_that_supervisor_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "find_program", lambda _name: None)
    monkeypatch.setattr(locate.os.path, "exists", lambda path: path == locate.DEFAULT_SERVER_PATH)
    with pytest.raises(EdgeError, match=r"\[program:p\]") as error:
        locate.find_config(None, "p", "server")
    for word in (locate.DEFAULT_SERVER_PATH, "constellation_config_program", "path", "nothing was changed"):
        assert word in str(error.value)


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have supervisor start the server in a folder of its own; return the file beside its `.exe`."""
    monkeypatch.setattr(locate, "find_program", lambda _name: Program("p", "p", COMMAND, str(tmp_path)))
    return tmp_path / "Constellation.Server.exe.config"


def with_base(folder: str) -> str:
    setting = f'<add key="{locate.BASE_DIRECTORY}" value="{folder}" />'
    return f"<configuration><appSettings>{setting}</appSettings></configuration>"


@pytest.mark.parametrize("absolute", [True, False])
def test_the_live_file_is_in_the_base_directory(beside: Path, absolute: bool) -> None:
    folder = beside.parent / "data"
    folder.mkdir()
    (folder / beside.name).write_text("<configuration />")
    beside.write_text(with_base(str(folder) if absolute else "data/"))
    assert locate.find_config(None, "p", "server") == str(folder / beside.name)


def test_an_empty_base_directory_is_none(beside: Path) -> None:
    beside.write_text(with_base(""))
    assert locate.find_config(None, "p", "server") == str(beside)


def test_a_base_directory_without_a_file_is_refused(beside: Path) -> None:
    beside.write_text(with_base("/nowhere"))
    with pytest.raises(EdgeError, match=r"BaseDirectory names /nowhere, where there is no Constellation\.Server"):
        locate.find_config(None, "p", "server")
