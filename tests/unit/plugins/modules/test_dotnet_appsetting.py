# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings are changed by their keys; check mode shows it and writes nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from module_runs import done, module, refused

TEXT = '<configuration>\n  <appSettings><add key="A" value="1" /></appSettings>\n</configuration>\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ours, host = module("dotnet_appsetting"), Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    monkeypatch.setattr(ours, "rewrite", partial(ours.rewrite, host=host))
    path = tmp_path / "Sentinel.exe.config"
    path.write_text(TEXT)
    return path


def test_check_mode_shows_the_change_and_writes_nothing(file: Path) -> None:
    answer = done("dotnet_appsetting", check=True, path=str(file), settings=[{"key": "A", "value": "2"}])
    assert (answer["changed"], answer["path"]) == (True, str(file))
    assert [(part["before"], part["after"]) for part in answer["diff"]] == [
        ('<add key="A" value="1" />\n', '<add key="A" value="2" />\n')
    ]
    assert file.read_text() == TEXT


def test_a_setting_that_is_absent_goes_and_a_copy_stays(file: Path) -> None:
    answer = done("dotnet_appsetting", path=str(file), settings=[{"key": "A", "state": "absent"}], backup=True)
    assert "key" not in file.read_text()
    assert Path(answer["backup_file"]).read_text() == TEXT
    again = done("dotnet_appsetting", path=str(file), settings=[{"key": "A", "state": "absent"}])
    assert again["changed"] is False
    assert "backup_file" not in again


def test_a_file_that_is_none_is_refused_with_its_place(file: Path) -> None:
    file.write_text("<configuration>\n  <appSettings>\n")
    answer = refused("dotnet_appsetting", path=str(file), settings=[{"key": "A", "value": "2"}])
    assert answer["msg"].startswith(f"{file}: ")


def test_a_value_is_needed(file: Path) -> None:
    assert "value" in refused("dotnet_appsetting", path=str(file), settings=[{"key": "A"}])["msg"]


def test_a_program_that_is_not_there_is_refused_or_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("dotnet_appsetting"), "find_config", lambda *_arguments: "")
    settings = [{"key": "A", "value": "2"}]
    said = "no program p in supervisor's configuration"
    assert refused("dotnet_appsetting", program="p", settings=settings)["msg"] == f"{said}: give path"
    skipped = done("dotnet_appsetting", program="p", settings=settings, missing="skip")
    assert (skipped["changed"], skipped["path"], skipped["skipped_reason"]) == (False, "", said)
