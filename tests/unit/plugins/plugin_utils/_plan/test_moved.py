# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old paths: what the inventory says of them, and what a run does by itself when a Constellation server moves."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.access import Access
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.adoption import standing_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.moved import plain_moves, with_moves
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.standing import are_served

PRESETS = {"generic": {}, "constellation": {"port": 8088}}
HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5.0", "ipv6": True, "hybrid_group": False, "upstreams": {}}
ROUTE = {"path": "/constellation/", "app": "constellation"}
ERROR = "= /.constellation-edge/error"
SENT_ON = "if ($request ~ ^(?:GET|HEAD)\\s/(\\S*))"


def raw(*routes, **more):
    return [{"server_name": "a.example.org", "routes": [dict(each) for each in routes or (ROUTE,)], **more}]


def sites(*routes, **more):
    return read_sites(raw(*routes, **more), PRESETS)


def server(*found, **more):
    """Return a server as `edge_preflight` tells it, with locations by their paths."""
    there = {"file": "/etc/nginx/own", "line": 1, "names": ["a.example.org"], "listens": ["*:443"], "ours": False}
    return {**there, "certificate": "", "redirects": True, "denies": False, "locations": list(found), **more}


def location(path="/", upstream="http://localhost:8088", **more):
    there = {"location": path, "line": 7, "ours": False, "upstream": upstream, "denies": False}
    return {**there, "keeps": False, "moved_to": "", **more}


def old_paths(servers, *routes, **more):
    (site,) = with_moves(sites(*routes, **more), servers, {})
    return [route.moved_from for route in site.routes]


@pytest.mark.parametrize("ours", [True, False])
def test_a_server_that_was_at_the_root_is_followed(ours):
    assert old_paths([server(location(ours=ours), ours=ours)]) == ["/"]


def test_a_redirect_that_an_earlier_run_made_stays():
    made = location(upstream="", ours=True, moved_to="/constellation/")
    assert old_paths([server(made, ours=True)]) == ["/"]
    # Of an earlier move; but not where that path is another route's.
    assert old_paths([server({**made, "moved_to": "/other/"}, ours=True)]) == ["/"]
    other = {"path": "/other/", "upstream": "http://10.0.0.1"}
    assert old_paths([server({**made, "moved_to": "/other/"}, ours=True)], ROUTE, other) == [None, None]


@pytest.mark.parametrize(
    "proxy_pass", ["http://$constellation_edge_upstream:8088", "http://srv.lan:8088", "http://192.168.0.9:8088"]
)
def test_a_server_given_by_name_is_known_by_what_nginx_was_given(proxy_pass):
    names = {"srv": {"full_name": "srv.lan", "address": "192.168.0.9"}}
    there = [server(location(ours=True, upstream=proxy_pass), ours=True)]
    by_name = sites({**ROUTE, "upstream": "http://srv:8088"})
    assert with_moves(by_name, there, names)[0].routes[0].moved_from == "/"
    assert with_moves(by_name, there, {})[0].routes[0].moved_from is None


def test_a_server_that_was_served_without_https_is_followed():
    found = [server(location(), listens=["*:80"], redirects=False)]
    plan = planned(found, adopt=True)
    assert [each["location"] for each in plan["nginx_sites"][1]["servers"][1]["locations"]] == [
        "/constellation/",
        "/",
        ERROR,
    ]
    http = next(each for each in plan["nginx_sites"][1]["servers"][0]["locations"] if each["location"] == "/")
    # HTTPS sends on, so that the new paths are right here, too.
    assert http["adopted"]["directives"] == {SENT_ON: {"return": "308 https://$host$request_uri"}}


@pytest.mark.parametrize(
    "found",
    [
        [],
        [server(location(upstream="http://localhost:8089"))],
        [server(location("/constellation/"))],
        [server(location(), names=["b.example.org"])],
    ],
)
def test_without_an_old_address_nothing_is_sent_on(found):
    assert old_paths(found) == [None]


def test_what_the_inventory_says_counts():
    there = [server(location())]
    assert old_paths(there, {**ROUTE, "moved_from": ""}) == [""]
    assert old_paths(there, {**ROUTE, "moved_from": "/old/"}) == ["/old/"]
    assert old_paths(there, ROUTE, {"path": "/", "upstream": "http://10.0.0.1"}) == [None, None]
    assert old_paths(there, {"path": "/a/", "upstream": "http://127.0.0.1:8088"}) == [None]
    two = ({**ROUTE, "moved_from": "/"}, {**ROUTE, "path": "/c/"})
    assert old_paths(there, *two) == ["/", None]


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        (({**ROUTE, "moved_from": "/constellation/"},), "moved_from '/constellation/' is served by route 1"),
        (({**ROUTE, "moved_from": "/"}, {**ROUTE, "path": "/c/", "moved_from": "/"}), "is left by route 1"),
        (({**ROUTE, "moved_from": "old"},), "must begin and end with one '/': write '/old/'"),
        (({**ROUTE, "moved_from": None},), "None is not a path"),
    ],
)
def test_an_old_path_that_cannot_be_is_refused(routes, said):
    with pytest.raises(SchemaError) as raised:
        sites(*routes)
    assert said in str(raised.value)


def told(found, *routes):
    items = raw(*routes, adopt=True)
    return [each.text for each in standing_problems(items, with_moves(read_sites(items, PRESETS), found, {}), found)]


def test_an_owner_is_asked_only_where_he_serves_something_else_there():
    assert told([server(location())]) == []
    old = {**ROUTE, "moved_from": "/"}
    assert told([server(location())], old) == []
    for upstream, said in (("http://10.0.0.1", "with http://10.0.0.1"), ("", "without proxy_pass")):
        (text,) = told([server(location(upstream=upstream))], old)
        assert text == (
            "moved_from '/' would send its readers on to /constellation/, but /etc/nginx/own:7 has location / "
            f"{said}: take one of the two out"
        )


def planned(found, *routes, local=LocalServer(), **more):  # noqa: B008
    return edge_plan(sites(*routes, **more), {**HOST, "servers": found}, local)


def test_the_plan_sends_on_proves_it_and_says_so():
    plan = planned([server(location(ours=True), ours=True)])
    root = plan["nginx_sites"][1]["servers"][1]["locations"][1]
    assert root["location"] == "/"
    assert root["directives"][SENT_ON] == {"return": "308 https://$host/constellation/$1"}
    assert root["directives"]["return"] == "404"
    assert plan["probes"][1] == {"url": "https://a.example.org/", "status": [308]}
    (note,) = plan["notes"]
    assert note.startswith("https://a.example.org/ sends readers on to https://a.example.org/constellation/ (308)")
    assert planned([], {**ROUTE, "moved_from": "/"})["notes"] == []


def test_a_route_that_comes_back_takes_the_redirect_away():
    found = planned([], {**ROUTE, "path": "/"})["nginx_sites"][1]["servers"][1]["locations"][0]
    assert {f"{SENT_ON} {{}}", "return", "default_type"} <= set(found["owns"])
    found = planned([], {"path": "/cam/", "upstream": "http://10.0.0.1"})["nginx_sites"][1]["servers"][1]["locations"][
        0
    ]
    assert {"if ($request ~ ^(?:GET|HEAD)\\s/cam/(\\S*)) {}", "return", "default_type"} <= set(found["owns"])
    found = planned([])["nginx_sites"][1]["servers"][1]["locations"][1]
    assert f"{SENT_ON} {{}}" in found["owns"]


def test_in_an_owners_location_nothing_but_the_redirect_is_set():
    plan = planned([server(location())], adopt=True)
    root = plan["nginx_sites"][1]["servers"][1]["locations"][1]
    assert root["adopted"] == {
        "directives": {SENT_ON: {"return": "308 https://$host/constellation/$1"}},
        "owns": ["if ($constellation_edge_kept) {}", *Access.owns, f"{SENT_ON} {{}}"],
        "guards": [f"{SENT_ON} {{}}"],
        "marks": [["auth_request"], ["auth_basic", "auth_basic_user_file"], ["satisfy"]],
    }
    assert plan["nginx_sites"][1]["servers"][1]["adopted"]["without"] == [ERROR]
    assert plan["nginx_sites"][1]["servers"][0]["adopted"]["without"] == ["/", ERROR]


def test_who_is_asked_at_the_new_path_is_asked_at_the_old_one():
    """An owner's old location leads to the service still, for whatever is not sent on."""
    plan = planned([server(location())], {**ROUTE, "access": "lan"}, adopt=True)
    root = plan["nginx_sites"][1]["servers"][1]["locations"][1]["adopted"]
    assert root["directives"]["auth_request"].startswith("/.constellation-edge/access/near-")
    assert root["guards"] == [f"{SENT_ON} {{}}"]


def test_the_console_is_kept_where_it_was_too():
    """An owner's old location leads to the server still, for whatever is not sent on."""
    local = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))
    plan = planned([server(location())], local=local, adopt=True)
    root = plan["nginx_sites"][1]["servers"][1]["locations"][1]["adopted"]
    assert list(root["directives"]) == ["if ($constellation_edge_kept)", SENT_ON]
    assert '"~*(?s)^1/(?:' in plan["nginx_sites"][0]["directives"]
    assert '"~*(?s)^1/constellation/(?:' in plan["nginx_sites"][0]["directives"]


def test_an_old_path_below_the_root_is_known_without_its_last_slash():
    https = planned([], {**ROUTE, "moved_from": "/house/"})["nginx_sites"][1]["servers"][1]
    bare = next(each for each in https["locations"] if each["location"] == "= /house")
    assert bare["directives"] == {"return": "308 https://$host/constellation/$is_args$args"}
    adopted = planned([], {**ROUTE, "moved_from": "/house/"}, adopt=True)["nginx_sites"][1]["servers"][1]
    assert adopted["adopted"]["without"] == ["= /house", "/", ERROR]


def test_an_old_path_that_an_owner_has_no_location_for_is_told():
    old = {**ROUTE, "moved_from": "/"}
    (note,) = planned([server(location("/zm/", "http://10.0.0.1"))], old, adopt=True)["notes"]
    assert note.startswith("https://a.example.org/ is a location of its own now, in /etc/nginx/own, which sends")
    assert planned([server(location())], old, adopt=True)["notes"] == []


def test_what_ends_a_redirect_is_told_for_where_it_stands():
    (note,) = planned([server(location(ours=True), ours=True)])["notes"]
    assert note.endswith('`moved_from: ""` ends it')
    (note,) = planned([server(location())], adopt=True)["notes"]
    assert note.endswith("Taking that location out of /etc/nginx/own ends it")


def test_an_owner_who_serves_without_https_has_readers_sent_on_there_too():
    found = [server(location()), server(location(), listens=["*:80"], redirects=False)]
    (with_root,) = with_moves(sites(adopt=True), found, {})
    assert plain_moves([with_root], found, {}) == {("a.example.org", "/")}
    http = planned(found, adopt=True)["nginx_sites"][1]["servers"][0]
    assert http["adopted"]["without"] == [ERROR]
    assert {each["location"] for each in http["locations"]} == {"^~ /.well-known/acme-challenge/", "/", ERROR}


def test_a_console_that_closes_is_told_in_the_run_that_closes_it():
    local = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))
    there = location("/constellation/")
    (note,) = planned([server(there)], local=local)["notes"]
    assert note == (
        "the Constellation server's Console (/WebConsole) was served through a.example.org whatever the client's "
        "address, and is now to the LAN alone. `console: public` in route /constellation/ opens it again"
    )
    denied = [server({**there, "denies": True})]
    for found in (
        [],
        denied,
        [server({**there, "keeps": True}, ours=True)],
        [server(location("/a/", "http://10.0.0.1"))],
    ):
        assert planned(found, local=local)["notes"] == []
    assert planned([server(there)], {**ROUTE, "console": "public"}, local=local)["notes"] == []


def test_what_is_served_is_looked_at_only_where_a_route_is_new():
    there = [server(location("/constellation/", ours=True), ours=True)]
    redirect = [server(location("/constellation/", "", ours=True, moved_to="/c/"), ours=True)]
    for found, served in (
        (there, True),
        ([server(location("/constellation/"))], False),
        ([], False),
        (redirect, False),
    ):
        assert are_served(sites(), found) is served
