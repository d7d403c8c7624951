# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server and proxy change in one call; the sites are checked as `nginx_site` checks them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import step
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.modules.constellation_server import checked_sites
from dotnet_world import World, play
from module_runs import done, module, refused

OLD, NEW = "http://+:8088/", "http://+:8088/constellation"
SITE = {"name": "a", "servers": [{"server_name": ["a.example.org"], "listen": [80]}]}


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({"servers": []}, "nginx, the site at place 2: missing required arguments: name found in sites"),
        ({"name": "a", "server": []}, "nginx, site 'a': unknown key sites.server"),
        ({"name": "a", "servers": [{"locatons": []}]}, r"unknown key sites\.servers\.locatons\. Supported parameters"),
        ({"name": "a", "servers": [{"locations": [{}]}]}, "missing required arguments: location"),
        ({"name": "a", "servers": [{"state": "gone"}]}, "value of state must be one of: present, exact, absent"),
    ],
)
def test_what_nginx_site_would_refuse_is_refused(site: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        checked_sites([{"name": "first"}, site])


def test_what_is_left_out_has_its_default() -> None:
    [site] = checked_sites([{"name": "a", "servers": [{"server_name": "a.example.org", "listen": [80]}]}])
    assert site["state"] == "present"
    assert site["servers"][0]["server_name"] == ["a.example.org"]
    assert site["servers"][0]["listen"] == ["80"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a server that runs as its file says, on a host with nginx."""
    made, ours = play(tmp_path, monkeypatch), module("constellation_server")
    monkeypatch.setattr(ours, "find_program", lambda name: {} if name == "a" else None)
    monkeypatch.setattr(ours, "find", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(step, "find", lambda _name: None)
    monkeypatch.setattr(ours, "WantedProgram", partial(ours.WantedProgram, state_folder=str(tmp_path / "state")))
    monkeypatch.setattr(ours, "plan", partial(ours.plan, root=str(tmp_path / "nginx")))
    made.write(OLD, age=100)
    made.start(OLD, age=50)
    return made


def test_one_that_runs_as_wished_is_left_alone(world: World) -> None:
    answer = done("constellation_server", check=True, program="a", path=str(world.path), uris=[OLD])
    assert (answer["changed"], answer["uris"], answer["pid"], answer["reloaded"]) == (False, [OLD], 101, False)
    assert "sites" not in answer


def test_check_mode_tells_the_change_of_both_and_makes_none(world: World) -> None:
    before = world.path.read_bytes()
    given = {"program": "a", "path": str(world.path), "uris": [NEW], "nginx": {"sites": [SITE]}}
    answer = done("constellation_server", check=True, **given)
    assert (answer["changed"], answer["restarted"], answer["uris"]) == (True, True, [NEW])
    assert answer["reason"] == "its listenUris change"
    assert [site["name"] for site in answer["sites"]] == ["a"]
    headers = [part["after_header"] for part in answer["diff"]]
    assert headers[:2] == [f"{world.path} (listenUris)", "a"]
    assert f"{world.folder}/nginx/sites-available/a" in headers
    assert (world.path.read_bytes(), world.restarts) == (before, 0)


def test_a_site_that_cannot_be_carried_out_keeps_the_server_too(world: World) -> None:
    site = {**SITE, "name": "no/name"}
    given = {"program": "a", "path": str(world.path), "uris": [NEW], "nginx": {"sites": [site]}}
    assert "no/name" in refused("constellation_server", check=True, **given)["msg"]


def test_a_server_that_nobody_could_restart_is_refused(world: World) -> None:
    answer = refused("constellation_server", program="b", path=str(world.path), uris=[NEW])
    assert answer["msg"].startswith("supervisor's configuration has no [program:b]: give the server's name")


def test_what_is_not_on_the_host_is_refused_or_skipped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("constellation_server"), "find", lambda _name: None)
    given = {"program": "a", "path": str(world.path), "uris": [NEW], "nginx": {"sites": [SITE]}}
    assert refused("constellation_server", **given)["msg"].startswith("nginx is not installed: install it")
    skipped = done("constellation_server", **given, missing="skip")
    assert (skipped["changed"], skipped["path"], skipped["skipped_reason"]) == (False, "", "nginx is not installed")


def test_no_server_at_all_is_skipped_where_that_is_wished(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module("constellation_server"), "find_config", lambda *_arguments: "")
    skipped = done("constellation_server", program="a", uris=[NEW], missing="skip")
    assert skipped["skipped_reason"] == "no program a in supervisor's configuration"
