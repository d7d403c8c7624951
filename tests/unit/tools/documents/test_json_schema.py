# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema for editors: our inventories pass it, wrong ones do not, and it refuses nothing that a run takes."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from places import ROOT
from tools.documents.__main__ import presets

SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/edge_sites.schema.json").read_text(encoding="utf-8")))
FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]
WRITTEN = [
    yaml.safe_load(text)
    for path in DOCUMENTS
    for text in FENCE.findall(path.read_text(encoding="utf-8"))
    if re.search(r"^ *edge_\w+:", text, re.MULTILINE) and "{{" not in text
]
EXAMPLE = yaml.safe_load((ROOT / "inventory.example.yml").read_text(encoding="utf-8"))
ROUTE = {"path": "/zm/", "app": "zoneminder", "upstream": "http://192.168.0.10"}
SITE = {"server_name": "home.example.org", "routes": [ROUTE]}
RULE = {"port": "445"}

WRONG_ROUTES: list[Any] = [
    "/zm/",
    {"path": "/zm/"},
    {"upstream": "http://192.168.0.10"},
    *(
        {**ROUTE, **more}
        for more in (
            {"upstrem": "http://192.168.0.10"},
            {"hsts": True},
            {"server_name": "home.example.org"},
            {"timeout": 5},
            {"app": ["zoneminder"]},
            {"app": 5},
            {"path": "/zm"},
            {"path": "zm"},
            {"path": "//zm/"},
            {"path": "/a b/"},
            {"path": "/$x/"},
            {"path": 5},
            {"upstream": "192.168.0.10"},
            {"upstream": "ftp://192.168.0.10"},
            {"upstream": "http://"},
            {"upstream": "http://h/zm"},
            {"upstream": "http://h?a=1"},
            {"upstream": "unix:run/x.sock"},
            {"upstream": "camera:8080"},
            {"upstream": 8080},
            {"prefix": "kep"},
            {"prefix": True},
            {"console": "pubic"},
            {"console": True},
            {"buffering": "off"},
            {"websocket": 1},
            {"method_override": "no"},
            {"read_timeout": 0},
            {"read_timeout": 86401},
            {"read_timeout": "60s"},
            {"max_body_size": "1T"},
            {"max_body_size": "1m; deny all"},
            {"max_body_size": -1},
            {"probe": "sse"},
            {"probe": {"ssee": "x"}},
            {"probe": {"sse": True}},
            {"probe": {"status": 200}},
            {"probe": {"status": [20]}},
            {"probe": {"status": [True]}},
            {"moved_from": "/old"},
            {"moved_from": None},
            {"drops": "auth_basic"},
            {"drops": ["auth"]},
            {"drops": ["ssl_certificate"]},
        )
    ),
]
WRONG_SITES: list[Any] = [
    "home.example.org",
    {"routes": [ROUTE]},
    {"server_name": "home.example.org"},
    *(
        {**SITE, **more}
        for more in (
            {"server_name": []},
            {"server_name": "home"},
            {"server_name": "*.example.org"},
            {"server_name": "https://home.example.org"},
            {"server_name": "home.example.org:8443"},
            {"server_name": 7},
            {"routes": []},
            {"routes": ROUTE},
            {"route": []},
            {"hst": True},
            {"hsts": "yes"},
            {"adopt": "yes"},
            {"drops": ["nothing"]},
            {"frame_ancestors": "all"},
            {"frame_ancestors": ["dashboard.example.org"]},
            {"path": "/"},
        )
    ),
]
WRONG_VARIABLES: list[dict[str, Any]] = [
    {"edge_site": [SITE]},
    {"edge_sites": []},
    {"edge_sites": SITE},
    {"edge_email": "me"},
    {"edge_acme_server": "http://ca.lan/"},
    {"edge_adopt": "yes"},
    {"edge_firewall_rules": [{"port": "445", "sorce": "any"}]},
    {"edge_firewall_rules": [{"source": "any"}]},
    {"edge_firewall_rules": [{**RULE, "proto": "tpc"}]},
    {"edge_fail2ban_ignoreip": "192.168.0.0/24"},
    {"edge_lan": "2001:db8::/64"},
    {"edge_ufw_was": "on"},
    {"edge_verify_hostile": "no"},
    {"edge_report_file": ""},
]


def inventory(**variables: Any) -> dict[str, Any]:
    return {"edge": {"hosts": {"home": {"ansible_host": "192.168.0.2"}}, "vars": variables}}


@pytest.mark.parametrize("found", [EXAMPLE, *WRITTEN])
def test_what_we_show_passes(found: Any) -> None:
    SCHEMA.validate(found)


def test_something_is_shown() -> None:
    assert len(WRITTEN) >= 5


@pytest.mark.parametrize("route", WRONG_ROUTES, ids=str)
def test_a_wrong_route_does_not(route: Any) -> None:
    assert not SCHEMA.is_valid(inventory(edge_sites=[{**SITE, "routes": [route]}]))


@pytest.mark.parametrize("site", WRONG_SITES, ids=str)
def test_a_wrong_site_does_not(site: Any) -> None:
    assert not SCHEMA.is_valid(inventory(edge_sites=[site]))


@pytest.mark.parametrize("variables", WRONG_VARIABLES, ids=str)
def test_wrong_variables_do_not(variables: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(inventory(**variables))
    assert not SCHEMA.is_valid(variables), "a file of host_vars"
    assert not SCHEMA.is_valid({"edge": {"hosts": {"home": variables}}})
    assert not SCHEMA.is_valid({"all": {"children": {"edge": {"vars": variables}}}})


@pytest.mark.parametrize(
    "variables",
    [
        {"edge_sites": "{{ my_sites }}"},
        {"edge_sites": [{**SITE, "server_name": "{{ name }}"}]},
        {"edge_sites": [{**SITE, "hsts": "{{ strict }}"}]},
        {"edge_email": "", "edge_firewall_rules": [{"port": 445}]},
        {"edge_sites": [{**SITE, "server_name": "home.example.org."}], "other": {"hosts": 5}},
    ],
)
def test_what_only_a_run_can_judge_passes(variables: dict[str, Any]) -> None:
    SCHEMA.validate(inventory(**variables))
    SCHEMA.validate(variables)


@pytest.mark.parametrize("written", ["HTTP://nas:80", "https://[fd00::5]:8443/", "http://xn--mnchen-3ya"])
def test_an_upstream_that_a_run_takes_passes(written: str) -> None:
    sites = [{**SITE, "routes": [{**ROUTE, "upstream": written}]}]
    read_sites(sites, presets())
    SCHEMA.validate(inventory(edge_sites=sites))


@pytest.mark.parametrize("site", [{**SITE, "routes": [route]} for route in WRONG_ROUTES] + WRONG_SITES, ids=str)
def test_what_an_editor_underlines_a_run_refuses(site: Any) -> None:
    with pytest.raises(SchemaError):
        read_sites([site], presets())
