# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of nginx for a whole site: nothing breaks out, leads around a route, or is said twice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import NO_SERVER
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.repeated import repeated_problems

HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}
FOLDER = "/etc/nginx/constellation-edge"
ROUTES = [
    {"path": "/zm/", "upstream": "http://192.168.0.10", "keepalive": False},
    {"path": "= /status", "return": 204},
    {"path": "~ ^/only[.]php$", "return": 204},
]
ZONE = "limit_req_zone $binary_remote_addr zone=login:1m rate=1r/s;"


def written(name: str = "a.example.org", **keys: Any) -> dict[str, Any]:
    """Return a site of `edge_sites` that says this."""
    return {"server_name": name, "routes": ROUTES, **keys}


def read(*sites: dict[str, Any]) -> list[Site]:
    """Return the sites."""
    return read_sites(list(sites), {"generic": {}})


def refused(*sites: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the place and the text of each problem."""
    with pytest.raises(SchemaError) as caught:
        read(*sites)
    return [(each.place, each.text) for each in caught.value.problems]


def declared(adopt: bool = False, **keys: Any) -> dict[str, Any]:
    """Return what `nginx_site` is given for a site."""
    (_common, site) = edge_plan(read(written(adopt=adopt, **keys)), HOST)["nginx_sites"]
    found: dict[str, Any] = site
    return found


def test_each_text_becomes_a_file_that_is_included_where_it_belongs() -> None:
    site = declared(raw="auth_basic Home;", raw_http=ZONE)
    http, https = site["servers"]
    (server, beside) = site["files"]
    assert https["directives"]["include"] == [f"{FOLDER}/{server}"]
    assert site["directives"] == {"include": [f"{FOLDER}/{beside}"]}
    assert "include" not in http["directives"]
    assert site["files"][server].endswith("change it there.\nauth_basic Home;\n")
    assert site["files"][beside].endswith(f"change it there.\n{ZONE}\n")


def test_the_files_keep_their_names_when_the_text_changes_and_go_with_the_key() -> None:
    one, other, none = declared(raw="auth_basic Home;"), declared(raw="auth_basic off;"), declared()
    assert one["files"].keys() == other["files"].keys()
    assert "files" not in none
    assert "include" not in none["servers"][1]["directives"]


def test_an_owners_server_includes_it_too_and_his_port_80_does_not() -> None:
    http, https = declared(adopt=True, raw="auth_basic Home;")["servers"]
    assert https["adopted"]["directives"]["include"]
    assert "include" not in http["adopted"]["directives"]


def test_two_sites_and_two_routes_have_files_of_their_own() -> None:
    routes = [{"path": path, "upstream": "http://192.168.0.10", "raw": "expires 1h;"} for path in ("/a/b/", "/a-b/")]
    sites = read(written(raw="expires 1h;", routes=routes), written("b.example.org", raw="expires 1h;", routes=routes))
    found = [name for site in edge_plan(sites, HOST)["nginx_sites"] for name in site.get("files", ())]
    assert len(found) == len(set(found)) == 6


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("auth_basic Home", "raw: line 1, column 16 of the text"),
        ("} server { listen 81;", "raw: line 1, column 1 of the text"),
        ({"auth_basic": "Home; } server {"}, "raw: auth_basic: "),
        (["auth_basic Home;"], "raw must be directives of nginx, such as `auth_basic Home;`"),
        ("listen 8443 ssl;", "raw: 'listen': every site says it itself"),
        ("server_name b.example.org;", "raw: 'server_name': write it as `server_name` or `aliases`"),
        ("ssl_certificate /x;", "raw: 'ssl_certificate': each site has a certificate of its own"),
        ("add_header X-A b;", "raw: 'add_header': write it as `headers: {NAME: VALUE}` in the routes"),
        ('"add_header" X-A b;', "raw: 'add_header': "),
        ("proxy_set_header X-A b;", "raw: 'proxy_set_header': "),
        ("error_page 404 /x;", "raw: 'error_page': write a page as `error_pages: {502: FILE}`, and what"),
        ("set_real_ip_from 0.0.0.0/0;", "raw: 'set_real_ip_from': it decides whom the checks for the LAN take"),
        ("include /etc/nginx/x.conf;", "raw: 'include': what is in the file would not be checked"),
        ("return 403;", "raw: 'return': it would answer in the place of every route"),
        ("break;", "raw: 'break': conditions of the site behind it"),
        ("rewrite ^/x/(.*) /zm/$1 last;", "raw: 'rewrite': it would lead around what is asked of the path"),
        ("if ($arg_x) { rewrite ^ /zm/ last; }", "raw: 'if ... rewrite': "),
        ("if ($arg_x) { break; }", "raw: 'if ... break': "),
        ("set $constellation_edge_kept 0;", "raw: 'set $constellation_edge_kept 0': names that begin"),
        ("if ($arg_x) { set $constellation_edge_closed 0; }", "names that begin with constellation_edge"),
        ("set $Constellation_Edge_kept 0;", "names that begin with constellation_edge"),
        ("auth_request_set $constellation_edge_kept 0;", "names that begin with constellation_edge"),
        ("if ($uri ~ (?<constellation_edge_kept>.)) { return 403; }", "names that begin with constellation_edge"),
        ("location @x { set $constellation_edge_kept 0; }", "names that begin with constellation_edge"),
        ("location /x/ { return 204; }", "raw: 'location /x/': write it as a route; here are"),
        ("location ~ \\.php$ { internal; }", "write it as a route; here are"),
        ("location ^~ /.well-known/acme-challenge/ { internal; }", "write it as a route; here are"),
        ("location = /x { return 204; }", "raw: 'location = /x': write it as a route of its own, or `internal;`"),
        ("location =/x { return 204; }", "write it as a route of its own, or `internal;`"),
        ("location = /status { internal; }", "a route or a page of the site has this path"),
        ("location = /zm { internal; }", "a route or a page of the site has this path"),
        ("location = /only.php { internal; }", "a route or a page of the site has this path"),
        ("location = /.constellation-edge/error { internal; }", "a route or a page of the site has this path"),
        ("location @constellation_edge_x { return 204; }", "names that begin with constellation_edge"),
        ("location = /x { internal; location ~ ^/ { return 204; } }", "locations in locations are not taken here"),
        ("location @x { include /etc/nginx/x; }", "raw: 'location @x ... include': "),
    ],
)
def test_what_breaks_out_or_leads_around_a_route_is_refused(raw: Any, reason: str) -> None:
    ((place, text),) = refused(written(raw=raw))
    assert place == "site a.example.org"
    assert reason in text


@pytest.mark.parametrize(
    "raw",
    [
        "if ($bad) { return 444; }",
        "if ($bad) { set $why bad; } set $a b;",
        "auth_request /check; location = /check { internal; proxy_pass http://192.168.0.11/; }",
        "location @later { return 503; }",
        "allow 10.0.0.0/8; deny all; ssl_verify_client optional; ssl_client_certificate /etc/ssl/home.pem;",
    ],
)
def test_what_no_key_says_is_taken(raw: str) -> None:
    (site,) = read(written(raw=raw))
    assert site.raw == f"{raw}\n"
    assert repeated_problems([written(raw=raw)], [site], HOST, NO_SERVER) == []


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("ssl_protocols TLSv1.3;", "raw: 'ssl_protocols' is set by the site itself: take it out"),
        ("server_tokens on;", "raw: 'server_tokens' is set by the site itself: take it out"),
        ("client_header_timeout 1s;", "raw: 'client_header_timeout' is set by the site itself: take it out"),
    ],
)
def test_what_the_site_sets_is_refused(raw: str, text: str) -> None:
    entries = [written(raw=raw)]
    (problem,) = repeated_problems(entries, read(*entries), HOST, NO_SERVER)
    assert (problem.place, problem.text, problem.value) == ("site a.example.org", text, entries[0])


def test_how_many_requests_a_connection_has_is_the_owners_to_say() -> None:
    def of(raw: str, adopt: bool = False) -> list[tuple[str | None, bool]]:
        servers = declared(raw=raw, adopt=adopt)["servers"]
        name = "keepalive_requests"
        return [(each["directives"].get(name), name in each["owns"]) for each in servers]

    assert of("") == [("10000", False)] * 2
    # A line of ours that an earlier run wrote goes: nginx refuses a second one.
    assert of("keepalive_requests 500;") == [(None, True)] * 2
    entries = [written(raw="keepalive_requests 500;")]
    assert repeated_problems(entries, read(*entries), HOST, NO_SERVER) == []
    # One in an adopted server is its owner's.
    assert of("keepalive_requests 500;", adopt=True) == [("10000", False)] * 2


def test_what_is_in_the_file_of_another_key_is_refused_with_it() -> None:
    entries = [written(raw="gzip_min_length 100;", compression="gzip")]
    (problem,) = repeated_problems(entries, read(*entries), HOST, NO_SERVER)
    assert problem.text == (
        "raw: 'gzip_min_length' is set by the site itself: write it with `compression`, or take it out"
    )


def test_what_every_route_sets_is_refused_with_its_key_and_what_one_does_not_is_taken() -> None:
    service = [{"path": "/zm/", "upstream": "http://192.168.0.10"}]
    entries = [written(raw="proxy_read_timeout 5s;", routes=service)]
    (problem,) = repeated_problems(entries, read(*entries), HOST, NO_SERVER)
    assert problem.text == (
        "raw: 'proxy_read_timeout' would count nowhere, since every route of the site sets it: write it with "
        "`read_timeout`, or take it out"
    )
    entries = [written(raw="proxy_read_timeout 5s;")]
    assert repeated_problems(entries, read(*entries), HOST, NO_SERVER) == []


def test_an_owners_server_may_be_told_what_it_does_not_have_of_ours() -> None:
    entries = [written(raw="client_header_timeout 1s;", adopt=True)]
    assert repeated_problems(entries, read(*entries), HOST, NO_SERVER) == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("server { listen 81; }", "raw_http: 'server': write it as a site of its own"),
        ("gzip on;", "raw_http: 'gzip': it would count for all sites, and here are definitions alone"),
        ("include /etc/nginx/x.conf;", "raw_http: 'include': what is in the file would not be checked"),
        ("map $host $constellation_edge_kept { default 0; }", "names that begin with constellation_edge"),
        ("map $host $Constellation_Edge_kept { default 0; }", "names that begin with constellation_edge"),
        ("geo $constellation_edge_lan { default 1; }", "names that begin with constellation_edge"),
        ("geo $remote_addr $constellation_edge_lan { default 1; }", "names that begin with constellation_edge"),
        ("limit_req_zone $host zone=constellation_edge_x:1m rate=1r/s;", "names that begin with constellation_edge"),
        ("upstream constellation_edge_x { server 127.0.0.1; }", "names that begin with constellation_edge"),
        ("upstream x { server 127.0.0.1; zone constellation_edge_x 1m; }", "names that begin with constellation_edge"),
        ("log_format constellation_edge '$uri';", "names that begin with constellation_edge"),
        ("map $a $x { default 0; } geo $x { default 0; }", "raw_http: 'variable x': it is defined twice"),
        ("map $a $x { default 0; ", "raw_http: line 1, column 24 of the text"),
        (["map"], "raw_http must be directives of nginx, such as `limit_req_zone $binary_remote_addr"),
    ],
)
def test_beside_the_server_are_definitions_alone_and_no_names_of_ours(raw: Any, reason: str) -> None:
    ((place, text),) = refused(written(raw_http=raw))
    assert place == "site a.example.org"
    assert reason in text


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        (ZONE, "limit_conn_zone $host zone=login:2m;", "zone 'login'"),
        ("map $a $x { default 0; }", "split_clients $a $X { * 1; }", "variable 'x'"),
        ("upstream app { server 127.0.0.1; }", "upstream APP { server 127.0.0.2; }", "upstream 'app'"),
        ("log_format own '$uri';", "log_format own '$host';", "log_format 'own'"),
        ("proxy_cache_path /a keys_zone=c:1m;", "proxy_cache_path /b keys_zone=c:1m;", "zone 'c'"),
    ],
)
def test_a_name_that_two_sites_define_is_refused_at_both(one: str, other: str, name: str) -> None:
    found = refused(written(raw_http=one), written("b.example.org", raw_http=other))
    assert [place for place, _text in found] == ["site a.example.org", "site b.example.org"]
    assert found[0][1] == (
        f"raw_http: {name} is defined in raw_http of site b.example.org, too, and nginx knows each name once: keep it "
        "in one of them, or give it another name"
    )
    assert "raw_http of site a.example.org, too" in found[1][1]


def text_of(before: str | None, state: str = "present", **keys: Any) -> str | None:
    """Return the file of a site after a run."""
    found = declared(**keys)
    (site,) = _declaration.sites([{**found, "state": state}])
    return edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)


def test_what_the_site_asks_later_is_asked_first_all_the_same() -> None:
    before = text_of(None, raw="if ($bad) { return 403; }")
    after = text_of(before, raw="if ($bad) { return 403; }", maintenance=True)
    assert after
    assert after == text_of(after, raw="if ($bad) { return 403; }", maintenance=True)
    (include,) = re.findall(rf"include {FOLDER}/raw-[^;]*;", after)
    assert 0 < after.index("if ($constellation_edge_closed)") < after.index(include)


def test_what_is_taken_out_leaves_nothing() -> None:
    without = text_of(None)
    both = text_of(None, raw="auth_basic Home;", raw_http=ZONE)
    assert both
    assert both.index("raw_http-") < both.index("server {") < both.index("/raw-")
    added = text_of(without, raw="auth_basic Home;", raw_http=ZONE)
    assert without
    for text in (both, added):
        left = text_of(text)
        assert left
        # A blank line may be left.
        assert left.split() == without.split()


OWNERS = """server {
    listen 443 ssl;
    server_name a.example.org;
    ssl_certificate /x;
    include snippets/mine.conf;
    if ($mine) { return 403; }
    location / { return 204; }
}
"""


def test_an_owners_server_is_given_both_and_is_as_it_was_afterwards() -> None:
    keys = {"adopt": True, "drops": []}
    without = text_of(OWNERS, **keys)
    both = text_of(without, raw="auth_basic Home;", raw_http=ZONE, **keys)
    assert both
    assert text_of(both, raw="auth_basic Home;", raw_http=ZONE, **keys) == both
    assert len(re.findall(rf"include {FOLDER}/[^;]*; # constellation.edge", both)) == 2
    assert text_of(both, **keys) == without


def test_a_site_that_port_80_serves_too_has_none() -> None:
    """What protects the site there would be missing in clear text."""
    ((place, text),) = refused(written(raw="auth_basic Home;", http="serve"))
    assert place == "site a.example.org"
    assert text.startswith("raw is for the HTTPS server alone, and by `http: serve` port 80 answers without it")
