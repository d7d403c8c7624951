# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that nginx keeps to services: which block of a site has them, who shares it, and for how long."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

BY_ITSELF, NEW, OLD = (Platform(each, (3, 5), ipv6=True) for each in ((1, 30, 0), (1, 28, 3), (1, 18, 0)))
A = "http://10.0.0.1:8080"
NAMES = {
    name: {"full_name": name, "servers": ["10.0.0.53"], "in_dns": True, "fresh": True, "address": ""}
    for name in ("nas.lan", "fd00--1")
}
KEPT = {"keepalive": "128", "keepalive_timeout": "800ms"}


def declared(*routes: dict[str, Any], platform: Platform = NEW) -> dict[str, Any]:
    sites = read_sites(
        [{"server_name": "a.example.org", "routes": [*routes]}], {"generic": {}, "slow": {"keepalive": 9}}
    )
    found: dict[str, Any] = nginx_sites(sites, Host(platform, NAMES))[1]
    return found


def blocks(*routes: dict[str, Any], platform: Platform = NEW) -> dict[str, Any]:
    """Return the blocks by what their names end with."""
    begin = "upstream constellation_edge_a.example.org_"
    found = declared(*routes, platform=platform)["directives"]
    return {name.removeprefix(begin): each for name, each in found.items()}


def passes(*routes: dict[str, Any], platform: Platform = NEW) -> list[str]:
    locations = declared(*routes, platform=platform)["servers"][1]["locations"]
    return [each["directives"]["proxy_pass"] for each in locations if "proxy_pass" in each["directives"]]


@pytest.mark.parametrize("platform", [BY_ITSELF, NEW, OLD])
@pytest.mark.parametrize(
    ("upstream", "name", "server"),
    [
        (A, "10.0.0.1_8080", "10.0.0.1:8080 max_fails=0"),
        ("http://[fd00::1]", "c7c4bf800733_80", "[fd00::1]:80 max_fails=0"),
        ("http://localhost:8080", "localhost_8080", "127.0.0.1:8080 max_fails=0"),
        ("unix:/run/a.sock", "509ca7a5ffd2", "unix:/run/a.sock max_fails=0"),
    ],
)
def test_every_nginx_keeps_connections_to_an_address(platform: Platform, upstream: str, name: str, server: str) -> None:
    route = {"path": "/", "upstream": upstream}
    assert blocks(route, platform=platform) == {name: {"server": server, **KEPT}}
    assert passes(route, platform=platform) == [f"http://constellation_edge_a.example.org_{name}"]


@pytest.mark.parametrize(("platform", "kept"), [(BY_ITSELF, KEPT), (NEW, KEPT), (OLD, None)])
def test_to_a_name_where_nginx_asks_for_it_itself(platform: Platform, kept: dict[str, str] | None) -> None:
    found = blocks({"path": "/", "upstream": "http://nas.lan"}, platform=platform)
    assert [{name: each[name] for name in KEPT} for each in found.values()] == ([kept] if kept else [])


@pytest.mark.parametrize("upstream", [A, [A, "http://10.0.0.2"], "http://nas.lan"])
def test_none_is_kept_where_a_route_says_so(upstream: Any) -> None:
    route = {"path": "/", "upstream": upstream, "keepalive": False}
    (found,) = blocks(route, platform=BY_ITSELF).values()
    assert (found["keepalive"], "keepalive_timeout" in found) == ("0", False)
    assert not any("keepalive" in each for each in blocks(route).values())


def test_a_list_keeps_them_behind_the_rule_by_which_it_chooses() -> None:
    ((_name, found),) = blocks({"path": "/", "upstream": [A, "http://10.0.0.2"], "sticky": "address"}).items()
    assert [*found] == ["ip_hash", "zone", "server", "keepalive", "keepalive_timeout"]


def test_routes_to_one_service_share_its_connections() -> None:
    assert len(blocks({"path": "/a/", "upstream": A}, {"path": "/b/", "upstream": A, "prefix": "strip"})) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"upstream": "https://10.0.0.1:8080"}, {"upstream": "https://10.0.0.1:8080"}),
        ({"upstream": "http://[fd00::1]"}, {"upstream": "http://fd00--1"}),
        ({"upstream": A}, {"upstream": "https://10.0.0.1:8080"}),
        ({"upstream": A}, {"upstream": "grpc://10.0.0.1:8080"}),
        ({"upstream": A}, {"upstream": A, "keepalive": 5}),
        ({"upstream": A}, {"upstream": A, "raw": "proxy_bind 10.0.0.9;"}),
        ({"upstream": A, "raw": "proxy_bind 10.0.0.8;"}, {"upstream": A, "raw": "proxy_bind 10.0.0.9;"}),
    ],
)
def test_who_begins_a_connection_otherwise_has_his_own(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert len(blocks({"path": "/a/", **one}, {"path": "/b/", **other})) == 2


@pytest.mark.parametrize(
    ("said", "time"),
    [(True, "800ms"), (0.1, "100ms"), (1.5, "1500ms"), (12, "12000ms"), (3600, "3600000ms")],
)
def test_seconds_are_told_in_milliseconds(said: object, time: str) -> None:
    (found,) = blocks({"path": "/", "upstream": A, "keepalive": said}).values()
    assert found["keepalive_timeout"] == time


@pytest.mark.parametrize(("said", "number"), [(True, "128"), (1, "128"), (1.5, "32"), (12, "32")])
def test_fewer_are_kept_where_they_stay_for_seconds(said: object, number: str) -> None:
    (found,) = blocks({"path": "/", "upstream": A, "keepalive": said}).values()
    assert found["keepalive"] == number


def test_a_preset_says_it_and_a_route_wins() -> None:
    route = {"path": "/", "upstream": A, "app": "slow"}
    assert [each["keepalive_timeout"] for each in blocks(route).values()] == ["9000ms"]
    assert [each["keepalive_timeout"] for each in blocks({**route, "keepalive": True}).values()] == ["800ms"]


@pytest.mark.parametrize("said", [0, 0.05, 3601, -1, "5", "off", None, [1]])
def test_what_is_no_time_is_refused(said: object) -> None:
    with pytest.raises(SchemaError, match=r"keepalive .* must be false, or seconds from 0.1 to 3600"):
        declared({"path": "/", "upstream": A, "keepalive": said})


@pytest.mark.parametrize(
    "said",
    [
        {"raw": "proxy_bind $remote_addr transparent;"},
        {"raw": "proxy_ssl_certificate /etc/ssl/$ssl_client_fingerprint.pem;"},
        {"raw": "include /etc/nginx/bind.conf;"},
    ],
)
def test_none_is_kept_that_may_be_of_one_client(said: dict[str, Any]) -> None:
    assert not any("keepalive" in each for each in blocks({"path": "/", "upstream": A, **said}).values())
    assert [
        each["keepalive"] for each in blocks({"path": "/", "upstream": A, **said}, platform=BY_ITSELF).values()
    ] == ["0"]


@pytest.mark.parametrize(
    "said", [{"raw": "sub_filter there $proxy_host;"}, {"request_headers": {"X-Up": "$proxy_host"}}]
)
def test_who_is_told_the_address_has_it_in_proxy_pass(said: dict[str, Any]) -> None:
    assert passes({"path": "/", "upstream": A, **said}) == [A]


@pytest.mark.parametrize("platform", [BY_ITSELF, NEW, OLD])
@pytest.mark.parametrize("upstream", [A, [A, "http://10.0.0.2"], "http://nas.lan"])
def test_an_adopted_server_leads_where_its_owner_has_it_lead(platform: Platform, upstream: Any) -> None:
    route = {"path": "/", "upstream": upstream}
    (site,) = read_sites([{"server_name": "a.example.org", "adopt": True, "routes": [route]}], {"generic": {}})
    found = nginx_sites([site], Host(platform, NAMES | {"nas.lan": {**NAMES["nas.lan"], "now": "10.0.0.3"}}))[1]
    assert not any("keepalive" in each for each in found["directives"].values())
    if upstream == A:
        (location,) = [each for each in found["servers"][1]["locations"] if each["location"] == "/"]
        assert location["adopted"]["directives"]["proxy_pass"] == A


PARTS = {
    "cache": {"cache": {"types": ["images"]}},
    "locations": {"locations": [{"path": "/api/", "max_body_size": "1g"}]},
    "raw": {"locations": [{"path": "/api/", "raw": "proxy_socket_keepalive on;"}]},
    "raw cache": {"raw": "proxy_socket_keepalive on;", "cache": {"types": ["images"]}},
    "moved": {"moved_from": "/old/"},
}


@pytest.mark.parametrize("platform", [BY_ITSELF, NEW, OLD])
@pytest.mark.parametrize("path", ["/", "/zm/", "^~ /zm/"])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize(
    "upstream", [A, "https://10.0.0.1", ["https://10.0.0.1", "https://10.0.0.2"], "https://nas.lan"]
)
def test_whatever_a_site_leads_to_is_defined_in_it(
    platform: Platform, path: str, part: str, adopt: bool, upstream: Any
) -> None:
    route = {"path": path, "upstream": upstream, **PARTS[part]}
    if part == "moved" and path == "/":
        return
    (site,) = read_sites([{"server_name": "a.example.org", "adopt": adopt, "routes": [route]}], {"generic": {}})
    found = nginx_sites([site], Host(platform, NAMES))[1]
    named = set(re.findall(r"_pass': '\w+://(constellation_edge_[^$/']+)", str(found["servers"])))
    defined = {name.removeprefix("upstream ") for name in found["directives"]}
    assert named <= defined
    assert named or adopt or "nas.lan" in upstream


@pytest.mark.parametrize(("said", "connection"), [({}, "$edge_reuse"), ({"keepalive": False}, '""')])
def test_what_ends_a_connection_is_asked_where_one_is_kept(said: dict[str, Any], connection: str) -> None:
    site = declared({"path": "/", "upstream": A, "websocket": False, **said})
    (location,) = [each for each in site["servers"][1]["locations"] if each["location"] == "/"]
    assert f"Connection {connection}" in location["directives"]["proxy_set_header"]
