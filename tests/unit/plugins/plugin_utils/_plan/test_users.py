# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose passwords stand in which file of a host; a plan has names alone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.logins import (
    file_of,
    password_file,
    resolved,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.edges import edges, survey
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.sources import files_of
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.users import (
    password_files,
    readable_problems,
    user_problems,
    with_secrets,
)

SERVICE = "http://127.0.0.1:1"
HOST_USERS = {"anna": "pw-anna", "bert": "pw-bert"}
RAW: list[dict[str, Any]] = [
    {
        "server_name": "a.test",
        "access": "login",
        "users": ["anna"],
        "routes": [
            {"path": "/", "upstream": SERVICE},
            {
                "path": "/own/",
                "upstream": SERVICE,
                "users": {"carl": "pw-carl"},
                "locations": [
                    {"path": "/same/", "max_body_size": "1g"},
                    {"path": "/inner/", "users": {"dora": "pw-dora"}},
                    {"path": "/list/", "users": ["bert"]},
                ],
            },
            {"path": "/both/", "upstream": SERVICE, "users": ["bert", "anna"]},
        ],
    },
    {"server_name": "b.test", "routes": [{"path": "/", "upstream": SERVICE}]},
    {
        "server_name": ["c.test", "d.test"],
        "access": "login",
        "users": {"emil": "pw-emil"},
        "redirect": "https://a.test",
    },
]
SECRETS = ("pw-anna", "pw-bert", "pw-carl", "pw-dora", "pw-emil")


def read(raw: list[dict[str, Any]] | None = None) -> list[Site]:
    return read_sites(RAW if raw is None else raw, read_presets(OURS).found)


def test_the_inner_one_wins() -> None:
    a, b, c = read()
    found = {each.path: resolved(a, each, HOST_USERS) for each in a.places}
    assert found == {
        "/": {"anna": "pw-anna"},
        "/own/": {"carl": "pw-carl"},
        "/own/same/": {"carl": "pw-carl"},
        "/own/inner/": {"dora": "pw-dora"},
        "/own/list/": {"bert": "pw-bert"},
        "/both/": {"bert": "pw-bert", "anna": "pw-anna"},
    }
    assert resolved(b, b.routes[0], HOST_USERS) == {}
    assert resolved(c, c.routes[0], HOST_USERS) == {"emil": "pw-emil"}


def test_a_file_is_that_of_the_place_which_says_its_users() -> None:
    a, b, _c = read()
    root, own, both = a.routes
    same, inner, listed = own.locations
    assert password_file(a, root) == "/etc/nginx/constellation-edge/users/a.test"
    assert password_file(b, b.routes[0]) == "/etc/nginx/constellation-edge/users/edge_users"
    assert file_of(a, same) == file_of(a, own)
    # What is made of a location for its path without the last slash has the same users.
    assert file_of(a, replace(inner, path="= /own/inner")) == file_of(a, inner)
    names = [file_of(a, each) for each in (root, own, inner, listed, both)]
    assert len({*names}) == 5


def test_a_file_does_not_depend_on_who_is_in_it() -> None:
    changed = [{**RAW[0], "routes": [*RAW[0]["routes"][:2], {**RAW[0]["routes"][2], "users": ["bert"]}]}, *RAW[1:]]
    before, after = read(), read(changed)
    assert file_of(before[0], before[0].routes[2]) == file_of(after[0], after[0].routes[2])
    # Equal users of two places are in two files: who goes from one stays in the other.
    twice = read(
        [{"server_name": "a.test", "routes": [{**RAW[0]["routes"][2], "path": path} for path in ("/a/", "/b/")]}]
    )
    assert file_of(twice[0], twice[0].routes[0]) != file_of(twice[0], twice[0].routes[1])


def test_a_plan_has_names_alone_and_the_filter_adds_the_rest() -> None:
    sites = read()
    found = password_files(RAW, sites)
    assert not any(secret in json.dumps(found) for secret in SECRETS)
    complete = with_secrets(json.loads(json.dumps(found)), RAW, HOST_USERS)
    assert complete == {
        file_of(site, each): resolved(site, each, HOST_USERS)
        for site in sites
        for each in site.places
        if file_of(site, each)
    }
    assert len(complete) == 6
    assert password_files(RAW[1:2], sites[1:2]) == {}


def test_a_name_that_the_host_does_not_have_is_told_with_the_nearest() -> None:
    raw = [{"server_name": ["a.test", "b.test"], "users": ["ana"], "routes": [{**RAW[0]["routes"][2], "users": ["x"]}]}]
    found = user_problems(raw, read(raw), HOST_USERS)[:2]
    assert [(each.place, each.text) for each in found] == [
        ("site a.test, users", "'ana' is not in `edge_users`; did you mean 'anna'? known: anna, bert"),
        ("site a.test, route /both/, users", "'x' is not in `edge_users`; known: anna, bert"),
    ]
    assert "which is not given: write `edge_users:`" in user_problems(raw, read(raw), {})[0].text
    assert user_problems(RAW, read(), HOST_USERS) == []


def test_a_login_is_for_everybody_of_the_host_where_nobody_is_named() -> None:
    raw = [{"server_name": "a.test", "access": "login", "routes": [{"path": "/", "upstream": SERVICE}]}]
    sites = read(raw)
    assert with_secrets(password_files(raw, sites), raw, HOST_USERS) == {"edge_users": HOST_USERS}
    assert user_problems(raw, sites, HOST_USERS) == []
    (nobody,) = user_problems(raw, sites, {})
    assert (nobody.place, nobody.value) == ("site a.test", raw[0])
    assert nobody.text.startswith("access asks for a `login` that nobody has")


@pytest.mark.parametrize(
    ("site", "route", "place"),
    [
        ({"users": ["anna"]}, {}, "site a.test"),
        ({"users": ["anna"], "access": "lan"}, {}, "site a.test"),
        ({"access": "login"}, {"access": "lan", "users": ["anna"]}, "site a.test, route /"),
    ],
)
def test_users_whom_nobody_asks_are_told(site: dict[str, Any], route: dict[str, Any], place: str) -> None:
    raw = [{"server_name": "a.test", "routes": [{"path": "/", "upstream": SERVICE, **route}], **site}]
    found = user_problems(raw, read(raw), HOST_USERS)
    assert [(each.place, each.text.partition(",")[0]) for each in found] == [(place, "users counts nowhere")]


def test_a_start_page_asks_for_a_login_of_its_site() -> None:
    routes = [{"path": "/x/", "upstream": SERVICE, "access": "public"}]
    raw = [{"server_name": "a.test", "access": "login", "users": ["anna"], "index": True, "routes": routes}]
    assert with_secrets(password_files(raw, read(raw)), raw, HOST_USERS) == {"a.test": {"anna": "pw-anna"}}


def test_a_password_that_another_file_of_the_inventory_shows_is_told(tmp_path: Path) -> None:
    inventory, variables, program = (tmp_path / name for name in ("inventory.yml", "group_vars/edge/a.yml", "run"))
    variables.parent.mkdir(parents=True)
    inventory.write_text("a: pw-carl\n", encoding="utf-8")
    variables.write_text("x:\n  - pw-anna\n", encoding="utf-8")
    program.write_text("pw-bert\n", encoding="utf-8")
    program.chmod(0o755)
    extra = tmp_path / "extra.yml"
    extra.write_text("x: pw-dora\n", encoding="utf-8")
    sources = [str(inventory), str(program), str(tmp_path / "gone"), "a.test,"]
    found = readable_problems(RAW, HOST_USERS, files_of(sources, [f"@{extra}", "x=pw-emil"]))
    assert [(each.place, each.text.partition(": ")[0]) for each in found] == [
        ("edge_users", f"the password of 'anna' can be read in {shown(variables)}, line 2"),
        ("site a.test, route /own/, users", f"the password of 'carl' can be read in {shown(inventory)}, line 1"),
        (
            "site a.test, route /own/, location /inner/, users",
            f"the password of 'dora' can be read in {shown(extra)}, line 1",
        ),
    ]
    assert files_of([str(tmp_path)], []) == [str(extra), str(inventory), str(variables)]


def shown(path: Path) -> str:
    return os.path.relpath(path)


def test_a_hash_may_stand_anywhere(tmp_path: Path) -> None:
    known = "$6$abc$" + "a" * 86
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(f"a: {known}\n", encoding="utf-8")
    assert readable_problems([], {"anna": known}, [str(inventory)]) == []


@pytest.mark.parametrize("first", [True, False])
def test_what_is_kept_for_the_other_hosts_of_a_run_has_no_password(first: bool) -> None:
    routes = [
        {**route, "app": "constellation", "upstream": "http://192.168.0.9:8080"} for route in RAW[0]["routes"][:2]
    ]
    known = {"edge_sites": [{**RAW[0], "users": {"fred": "pw-fred"}, "routes": routes}]}
    hostvars = {"one": {} if first else known, "two": known}
    plain = survey({"edge": ["one", "two"]}, hostvars)
    assert [site.name for sites in edges(plain).sites.values() for site in sites] != []
    text = json.dumps(plain["sites"])
    assert not any(secret in text for secret in (*SECRETS, "pw-fred"))
