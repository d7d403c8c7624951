# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on the host is told, and nothing else is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dotnet_world import SENTINEL, SERVER
from module_runs import done, module, refused

SENTINEL_CALLS = "http://127.0.0.1:8088/"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the files of a server and of a sentinel."""
    ours = module("constellation_info")
    monkeypatch.setattr(ours, "too_new", lambda: "")
    monkeypatch.setattr(ours, "is_due", lambda: False)
    monkeypatch.setattr(ours, "is_unmarked", lambda: True)
    server, sentinel = tmp_path / "Server.exe.config", tmp_path / "Sentinel.exe.config"
    server.write_text(SERVER.format(uris='<uri listenUri="http://+:8088/" />', setting="1"))
    sentinel.write_text(SENTINEL.format(setting=SENTINEL_CALLS))
    return {"server_path": str(server), "sentinel_path": str(sentinel)}


def test_both_files_are_told(places: dict[str, str]) -> None:
    answer = done("constellation_info", check=True, **places, hosts=["localhost", "203.0.113.7"])
    assert answer["server"] == {
        "path": places["server_path"],
        "listen_uris": ["http://+:8088/"],
        "file_servers": [],
    }
    assert (answer["sentinel"]["path"], answer["sentinel"]["uri"]) == (places["sentinel_path"], SENTINEL_CALLS)
    assert (answer["own_hosts"], answer["record_due"], answer["changed"]) == (["localhost"], True, False)
    assert "SECRET" not in str(answer)


def test_the_server_of_this_host_is_not_asked(places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("constellation_info"), "ask_all", lambda questions: {one.url: "" for one in questions})
    other, own = "http://203.0.113.7:8088/", "http://127.0.0.1:8088/"
    given: dict[str, Any] = {"questions": [{"url": other, "host": "a"}, {"url": own, "host": "a"}]}
    assert done("constellation_info", **places, **given)["answers"] == {other: ""}


def test_a_file_that_nobody_can_read_is_refused(places: dict[str, str]) -> None:
    Path(places["server_path"]).write_text("<configuration>")
    message = refused("constellation_info", **places)["msg"]
    assert message.startswith(places["server_path"])
    assert message.endswith(". Nothing was changed.")


def test_a_host_of_a_newer_version_is_refused(places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("constellation_info"), "too_new", lambda: "a newer version manages this host")
    assert refused("constellation_info", **places)["msg"] == "a newer version manages this host. Nothing was changed."
