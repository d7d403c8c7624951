# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner's own servers mean for the sites."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.adoption import certificates, standing_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

PRESETS = {"generic": {}, "constellation": {"port": 8088}}
PLATFORM = Platform((1, 26, 3), (3, 5, 0), True)


def server(**more):
    """Return a server as `edge_preflight` tells it."""
    return {
        "file": "/etc/nginx/sites-enabled/constellation",
        "line": 2,
        "names": ["a.example.org"],
        "listens": ["*:443"],
        "ours": False,
        "certificate": "/etc/letsencrypt/live/a.example.org/fullchain.pem",
        "locations": [location()],
        **more,
    }


def location(**more):
    there = {"location": "/constellation/", "line": 7, "ours": False, "upstream": "http://localhost:8088"}
    return {**there, "denies": False, "keeps": False, "moved_to": "", **more}


REDIRECT = server(line=20, listens=["*:80"], certificate="", locations=[])


def raw(name="a.example.org", **more):
    return {"server_name": name, "routes": [{"path": "/constellation/", "app": "constellation"}], **more}


def told(*servers, **more):
    items = [raw(**more)]
    return [problem.text for problem in standing_problems(items, read_sites(items, PRESETS), servers)]


def test_a_name_that_is_served_already_names_the_server_that_proxies():
    (text,) = told(REDIRECT, server())
    assert text.startswith(
        "a.example.org is served already by /etc/nginx/sites-enabled/constellation:2, which leads to "
        "http://localhost:8088, and that was not made by constellation.edge. Write `adopt: true` into the site"
    )
    assert "constellation:20" in told(REDIRECT)[0]


def test_every_conflict_is_told_at_once():
    items = [raw(), raw("b.example.org"), raw("c.example.org")]
    found = [server(), server(names=["b.example.org", "www.b.example.org"])]
    problems = standing_problems(items, read_sites(items, PRESETS), found)
    assert [problem.place for problem in problems] == ["site a.example.org", "site b.example.org"]
    assert [problem.value for problem in problems] == items[:2]


@pytest.mark.parametrize("other", [{"ours": True}, {"names": ["b.example.org"]}, {"listens": ["*:8443"]}])
def test_what_is_ours_or_stands_elsewhere_is_no_conflict(other):
    assert told(server(**other)) == []


@pytest.mark.parametrize(
    "upstream", ["http://localhost:8088", "http://127.0.0.1:8088/constellation/", "http://[::1]:8088"]
)
def test_a_location_that_leads_to_the_same_service_is_taken_over(upstream):
    assert told(server(locations=[location(upstream=upstream)]), adopt=True) == []


@pytest.mark.parametrize(
    ("upstream", "said"),
    [
        ("http://192.168.0.3:8088", "with http://192.168.0.3:8088"),
        ("http://localhost:8089", "with http://localhost:8089"),
        ("https://localhost:8088", "with https://localhost:8088"),
        ("http://localhost", "with http://localhost"),
        ("$backend", "with $backend"),
        ("http://localhost:port", "with http://localhost:port"),
        ("", "without proxy_pass"),
    ],
)
def test_one_that_leads_elsewhere_is_told_with_both_lines(upstream, said):
    (text,) = told(REDIRECT, server(locations=[location(upstream=upstream)]), adopt=True)
    assert text.startswith("leads to http://127.0.0.1:8088, but /etc/nginx/sites-enabled/constellation:7 has location ")
    assert f"location /constellation/ {said}: which of the two is right?" in text


def test_a_location_of_ours_and_one_of_another_path_say_nothing():
    elsewhere = {"upstream": "http://192.168.0.3"}
    found = server(locations=[location(ours=True, **elsewhere), location(location="/zm/", **elsewhere)])
    assert told(found, adopt=True) == []


def test_an_adopted_server_keeps_its_certificate():
    sites = read_sites([raw(adopt=True), raw("b.example.org", adopt=True), raw("c.example.org")], PRESETS)
    two = [server(), server(names=["b.example.org"])]
    assert certificates(sites, two) == [
        {"name": "a.example.org", "names": ["a.example.org", "b.example.org"]},
        {"name": "c.example.org", "names": ["c.example.org"]},
    ]
    by_hand = [server(certificate="/etc/ssl/own.pem"), server(names=["b.example.org"], certificate="")]
    assert [each["name"] for each in certificates(sites, by_hand)] == ["b.example.org", "c.example.org"]


def test_hsts_is_said_on_an_adopted_site_only_where_the_inventory_does():
    assert [site.hsts for site in read_sites([raw(), raw("b.example.org", adopt=True)], PRESETS)] == [True, False]
    assert [site.hsts for site in read_sites([raw(), raw("b.example.org", hsts=True)], PRESETS, adopt=True)] == [
        False,
        True,
    ]


def declared(**more):
    (_common, site) = nginx_sites(read_sites([raw(adopt=True, **more)], PRESETS), Host(PLATFORM))
    return site["servers"]


def test_an_adopted_server_gets_no_header_log_or_redirect():
    http, https = declared()
    challenge = "if ($uri ~ ^/[.]well-known/acme-challenge/)"
    assert http["adopted"] == {
        "directives": {challenge: {"break": None}},
        "guards": [f"{challenge} {{}}"],
        "without": ["/", "= /.constellation-edge/error"],
    }
    assert set(https["adopted"]["directives"]) == set(PLATFORM.tls())
    (hsts,) = declared(hsts=True)[1]["adopted"]["directives"]["add_header"]
    assert hsts.startswith("Strict-Transport-Security")


def test_what_lets_challenges_through_comes_first():
    adopted = declared()[0]["adopted"]
    assert adopted["guards"] == [f"{condition} {{}}" for condition in adopted["directives"]]


def test_in_a_location_of_the_owner_nothing_but_ours_goes():
    https = declared()[1]
    route, page, error = https["locations"]
    assert https["adopted"]["without"] == [page["location"], error["location"]]
    assert route["adopted"]["directives"] == route["directives"]
    # What a service says of itself, and how much of its answers is kept, is as its owner has it.
    assert not {"proxy_hide_header", "proxy_ignore_headers", "proxy_buffer_size"} & set(route["directives"])
    ours = ("if ", "rewrite ", "grpc_pass")
    assert all("constellation_edge" in each or each.startswith(ours) for each in route["adopted"]["owns"])
    assert "proxy_set_header Host" in route["owns"]


def test_challenges_are_answered_whatever_the_server_asks_for():
    challenge = declared()[0]["locations"][0]
    assert (
        challenge["directives"] | {"auth_basic": "off", "auth_request": "off", "allow": "all"}
        == (challenge["directives"])
    )
    assert challenge["adopted"] == {}


def differences(theirs, where="/a/", **route):
    """Return what is told of an owner's location for a generic route at /a/."""
    items = [raw(adopt=True, routes=[{"path": "/a/", "upstream": "http://10.0.0.1", **route}])]
    found = [server(locations=[location(location=where, upstream=theirs)])]
    return [problem.text for problem in standing_problems(items, read_sites(items, PRESETS), found)]


@pytest.mark.parametrize(
    ("upstream", "prefix"),
    [
        ("http://10.0.0.1", "keep"),
        ("http://10.0.0.1/a/", "keep"),
        ("http://10.0.0.1:80/a/", "keep"),
        ("http://10.0.0.1/", "strip"),
    ],
)
def test_what_happens_to_the_path_has_to_be_the_same(upstream, prefix):
    assert differences(upstream, prefix=prefix) == []
    other = {"keep": "strip", "strip": "keep"}[prefix]
    (text,) = differences(upstream, prefix=other)
    assert f"constellation:7 has location /a/ with {upstream}" in text
    assert f"write `prefix: {prefix}` into the route" in text


@pytest.mark.parametrize(
    ("theirs", "route", "said"),
    [
        ("http://10.0.0.1/b/", {}, "puts another one in: write `upstream: http://10.0.0.1/b/` into the route"),
        ("http://10.0.0.1/b", {}, "puts another one in: take the location out there"),
        ("http://10.0.0.1/b/", {"upstream": "http://10.0.0.1/c/"}, "write `upstream: http://10.0.0.1/b/`"),
        ("http://10.0.0.1", {"upstream": "http://10.0.0.1/c/"}, "write `prefix: keep` into the route"),
        ("http://unix:/run/b.sock", {"upstream": "unix:/run/a.sock"}, "leads to unix:/run/a.sock, but"),
        ("http://unix:/run/a.sock:/", {"upstream": "unix:/run/a.sock"}, "which takes the path away: write `prefix"),
    ],
)
def test_another_path_or_socket_of_the_service_is_told(theirs, route, said):
    (text,) = differences(theirs, **route)
    assert said in text


@pytest.mark.parametrize(
    ("theirs", "route"),
    [
        ("http://10.0.0.1/b/", {"upstream": "http://10.0.0.1/b/"}),
        ("http://10.0.0.1/a/", {"upstream": "http://10.0.0.1/a/"}),
        ("http://unix:/run/a.sock", {"upstream": "unix:/run/a.sock"}),
        ("http://unix:/run/a.sock:/a/", {"upstream": "unix:/run/a.sock"}),
        ("http://unix:/run/a.sock:/", {"upstream": "unix:/run/a.sock", "prefix": "strip"}),
    ],
)
def test_the_same_path_and_socket_are_taken_over(theirs, route):
    assert differences(theirs, **route) == []


BLOCK = {"upstream": "http://both", "servers": ["http://10.0.0.1", "http://10.0.0.2:80"]}


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        (BLOCK, ["http://10.0.0.2", "http://10.0.0.1"], ""),
        (
            {"upstream": "http://10.0.0.1", "servers": []},
            ["http://10.0.0.1", "http://10.0.0.2"],
            "with http://10.0.0.1: ",
        ),
        (
            BLOCK,
            "http://10.0.0.1",
            "with http://both, which is http://10.0.0.1 and http://10.0.0.2:80: which of the two",
        ),
        (BLOCK, ["http://10.0.0.1", "http://10.0.0.3"], "leads to http://10.0.0.1 and http://10.0.0.3, but"),
    ],
)
def test_a_block_of_several_is_the_same_list_or_it_is_told(theirs, ours, said):
    items = [raw(adopt=True, routes=[{"path": "/a/", "upstream": ours}])]
    found = [server(locations=[location(location="/a/", **theirs)])]
    told = [problem.text for problem in standing_problems(items, read_sites(items, PRESETS), found)]
    assert len(told) == bool(said)
    assert said in "".join(told)


def test_a_constellation_server_at_another_path_too_is_told():
    found = server(locations=[location(location="/house/", upstream="http://localhost:8088")])
    (text,) = told(found, adopt=True)
    assert "constellation:7 has location /house/ with http://localhost:8088: the server answers under the path" in text
    assert "or write `path: /house/` into the route, or `moved_from: /house/` to send readers on" in text
    for path in ("= /", "/constellation"):
        (text,) = told(server(locations=[location(location=path)]), adopt=True)
        assert text.endswith("alone. Take the location out there")
    assert told(server(locations=[location(location="/", upstream="http://localhost:8089")]), adopt=True) == []


def test_drops_are_checked_with_the_nearest_name():
    good = raw(drops=["ssl_certificate"], routes=[{"path": "/a/", "upstream": "http://10.0.0.1", "drops": ["deny"]}])
    (site,) = read_sites([good], PRESETS)
    assert (site.drops, site.routes[0].drops) == (("ssl_certificate",), ("deny",))
    for value in (["auth_basics"], "deny"):
        bad = raw(routes=[{"path": "/a/", "upstream": "http://10.0.0.1", "drops": value}])
        with pytest.raises(
            SchemaError, match=r"did you mean 'auth_basic'|must be a list of nginx's directives, not text"
        ):
            read_sites([bad], PRESETS)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({}, "with http://localhost:8088: which of the two is right?"),
        ({"upstream": ""}, "of its owner: which of the two is right?"),
        ({"ours": True, "taken": True}, "with http://localhost:8088: which of the two is right?"),
        ({"ours": True, "taken": False}, ""),
        ({"location": "/other/"}, ""),
    ],
)
@pytest.mark.parametrize("answer", [{"redirect": "/x"}, {"return": 410}, {"static": "/srv/www"}])
def test_where_nginx_is_to_answer_an_owners_location_is_told(there, said, answer):
    items = [raw(adopt=True, routes=[{"path": "/constellation/", **answer}])]
    found = [server(locations=[location(**there)])]
    texts = [problem.text for problem in standing_problems(items, read_sites(items, PRESETS), found)]
    assert len(texts) == bool(said)
    assert all(said in text and "constellation:7 has location /constellation/" in text for text in texts)


def test_a_site_that_leads_elsewhere_conflicts_like_others():
    items = [{"server_name": "a.example.org", "redirect": "https://b.example.org"}]
    (problem,) = standing_problems(items, read_sites(items, PRESETS), [server()])
    assert "is served already by" in problem.text
    items[0]["adopt"] = True
    (problem,) = standing_problems(items, read_sites(items, PRESETS), [server(locations=[location(location="/")])])
    assert (problem.place, problem.value) == ("site a.example.org, route /", items[0])
