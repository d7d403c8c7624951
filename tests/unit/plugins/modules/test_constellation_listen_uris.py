# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listenUris of a file; nothing is restarted."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from dotnet_world import SERVER
from module_runs import done, module, refused

OLD, NEW = "http://+:8088/", "http://+:8088/constellation"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ours, host = module("constellation_listen_uris"), Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    monkeypatch.setattr(ours, "rewrite", partial(ours.rewrite, host=host))
    path = tmp_path / "Server.exe.config"
    path.write_text(SERVER.format(uris=f'<uri listenUri="{OLD}" />', setting="1"))
    return path


def test_check_mode_shows_the_change_and_writes_nothing(file: Path) -> None:
    before = file.read_text()
    answer = done("constellation_listen_uris", check=True, path=str(file), uris=[NEW])
    assert (answer["changed"], answer["path"], answer["uris"]) == (True, str(file), [NEW])
    assert NEW in answer["diff"][0]["after"]
    assert "SECRET" not in answer["diff"][0]["after"]
    assert file.read_text() == before


def test_a_second_call_changes_nothing(file: Path) -> None:
    first = done("constellation_listen_uris", path=str(file), uris=[NEW], backup=True)
    assert OLD in Path(first["backup_file"]).read_text()
    again = done("constellation_listen_uris", path=str(file), uris=[NEW], backup=True)
    assert (again["changed"], again.get("backup_file")) == (False, None)


def test_an_uri_that_is_none_is_refused(file: Path) -> None:
    before = file.read_text()
    answer = refused("constellation_listen_uris", path=str(file), uris=["8088"])
    assert answer["msg"].startswith(f"{file}: ")
    assert file.read_text() == before


def test_a_server_that_is_not_there_is_refused_or_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("constellation_listen_uris"), "find_config", lambda *_arguments: "")
    said = "no program constellation-server in supervisor's configuration"
    assert refused("constellation_listen_uris", uris=[NEW])["msg"] == f"{said}: give path"
    skipped = done("constellation_listen_uris", uris=[NEW], missing="skip")
    assert (skipped["changed"], skipped["uris"], skipped["skipped_reason"]) == (False, [], said)


def test_an_uri_that_works_but_not_as_meant_is_set_and_told(file: Path) -> None:
    local = "http://localhost:8088/"
    answer = done("constellation_listen_uris", path=str(file), uris=[local])
    assert (answer["changed"], answer["uris"]) == (True, [local])
    assert f'listenUri="{local}"' in file.read_text()
    assert any(warning.endswith("write 127.0.0.1") for warning in answer["warnings"])
