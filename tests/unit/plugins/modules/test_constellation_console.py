# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Console's file follows a server that moves."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from dotnet_world import SERVER
from module_runs import done, module, refused

TEXT = 'var constellationUri = "{}";\n'


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a server that serves a Console."""
    ours, host = module("constellation_console"), Places(str(tmp_path / "state"), str(tmp_path / "lock"))
    monkeypatch.setattr(ours, "rewrite", partial(ours.rewrite, host=host))
    path = tmp_path / "Server.exe.config"
    served = '</listenUris><fileServer path="/WebConsole" physicalPath="WebConsole" />'
    text = SERVER.format(uris='<uri listenUri="http://+:8088/" />', setting="1")
    path.write_text(text.replace("</listenUris>", served))
    (tmp_path / "WebConsole").mkdir()
    return path


def console(server: Path) -> Path:
    return server.parent / "WebConsole" / "config.js"


def test_check_mode_shows_the_change_and_writes_nothing(server: Path) -> None:
    console(server).write_text(TEXT.format("http://localhost:8088"))
    answer = done("constellation_console", check=True, path=str(server))
    assert (answer["changed"], answer["files"]) == (True, [str(console(server))])
    assert [(part["before"], part["after"]) for part in answer["diff"]] == [
        ('constellationUri = "http://localhost:8088"\n', 'constellationUri = ""\n')
    ]
    assert console(server).read_text() == TEXT.format("http://localhost:8088")


def test_a_copy_is_kept_and_a_second_call_changes_nothing(server: Path) -> None:
    console(server).write_text(TEXT.format("http://localhost:9000"))
    answer = done("constellation_console", path=str(server), uris=["http://+:9000/c"], backup=True)
    assert [Path(path).read_text() for path in answer["backup_files"]] == [TEXT.format("http://localhost:9000")]
    assert console(server).read_text() == TEXT.format("")
    again = done("constellation_console", path=str(server), backup=True)
    assert (again["changed"], again["backup_files"], again["diff"]) == (False, [], [])


def test_what_a_person_should_look_at_is_a_warning(server: Path) -> None:
    console(server).write_text("var constellationUri = here();\n")
    answer = done("constellation_console", path=str(server))
    assert answer["changed"] is False
    assert len(answer["warnings"]) == 1
    assert answer["warnings"][0].startswith(f"{console(server)}: ")


def test_a_server_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.exe.config"
    assert str(path) in refused("constellation_console", path=str(path))["msg"]
