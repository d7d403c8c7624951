# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that speak gRPC: what is written for them, what is refused, and what goes when they do."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._adopted import proxied
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import NO_SERVER
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features._grpc_claims import EMPTIED
from ansible_collections.constellation.edge.plugins.plugin_utils._features.claims import CLAIMS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.modules import module_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.repeated import repeated_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import THEIRS as OWNERS
from routes import lines, written

NEWEST, NEW, OLD = (Platform(each, (3, 5), ipv6=True) for each in ((1, 28, 3), (1, 26, 3), (1, 18, 0)))
NAMES = {"nas.lan": {"full_name": "nas.lan", "address": "", "in_dns": True, "fresh": False, "servers": ["10.0.0.1"]}}
NAME = "a.example.org"
SERVICE = {"path": "/a.B/", "upstream": "grpc://10.0.0.9:50051", "keepalive": False}
# The owner's own: a location inherits headers of its server where it has none.
THEIRS = f"""\
server {{
    listen 80;
    server_name {NAME};
}}
server {{
    listen 443 ssl;
    server_name {NAME};
    ssl_certificate /x;
    ssl_certificate_key /y;
    grpc_set_header X-Mine yes;
    location /a.B/ {{
        grpc_pass 10.0.0.9:50051;
        grpc_set_header Remote-User $ssl_client_s_dn;
    }}
    location /c.D/ {{
        grpc_pass 10.0.0.9:50051;
    }}
}}
"""
HEAD = "    location /a.B/ { # constellation.edge"
WEB = {**SERVICE, "upstream": "http://10.0.0.9:50051"}
# What nginx's module sets by itself (`ngx_http_grpc_headers` of nginx 1.30).
OF_NGINX = ["Content-Length", "TE", "Host", "Connection", "Transfer-Encoding", "Keep-Alive", "Expect", "Upgrade"]


def sites(*routes: dict[str, Any], **site: Any) -> list[Any]:
    presets = {"generic": {}, "constellation": {"port": 8088}, "web": {"port": 1, "buffering": True}}
    return read_sites([{"server_name": NAME, "routes": [*routes], **site}], presets)


def location(
    route: dict[str, Any], platform: Platform = NEW, by_grpc: Sequence[tuple[str, str]] = (), **site: Any
) -> dict[str, Any]:
    host = Host(platform, NAMES, by_grpc=frozenset(by_grpc))
    found: dict[str, Any] = nginx_sites(sites(route, **site), host)[1]["servers"][1]["locations"][0]
    return found


def text(route: dict[str, Any], before: str | None = None, by_grpc: Sequence[tuple[str, str]] = ()) -> str:
    declared = nginx_sites(sites(route), Host(NEW, NAMES, by_grpc=frozenset(by_grpc)))[1]
    (wanted,) = _declaration.sites([declared])
    return edit_site(before, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)


def refused(*routes: dict[str, Any]) -> list[str]:
    with pytest.raises(SchemaError) as error:
        sites(*routes)
    return [each.text for each in error.value.problems]


@pytest.mark.parametrize("platform", [NEWEST, NEW, OLD])
def test_nothing_of_http_is_written(platform: Platform) -> None:
    keys = {"hide_headers": ["X-A"], "request_headers": {"X-B": "c"}, "read_timeout": 600}
    found = location({**SERVICE, **keys}, platform)
    written = {**found["directives"], **found["marked"]}
    assert [name for name in written if name.startswith("proxy_")] == []
    assert written["grpc_pass"] == "grpc://10.0.0.9:50051"
    assert "Host $host" in written["grpc_set_header"] or "Host $host" in found["directives"]["grpc_set_header"]
    assert found["marked"]["grpc_hide_header"] == ["X-A"]
    assert (written["grpc_read_timeout"], written["client_body_timeout"]) == ("600s", "600s")
    assert found["yields"] == ["grpc_set_header"]


def test_a_service_by_tls_is_checked() -> None:
    tls = {"verify": "system", "name": "nas.lan"}
    found = location({**SERVICE, "upstream": "grpcs://10.0.0.9:50051", "upstream_tls": tls})
    assert found["directives"]["grpc_pass"] == "grpcs://10.0.0.9:50051"
    assert found["directives"]["grpc_ssl_verify"] == "on"
    assert found["directives"]["grpc_ssl_name"] == "nas.lan"
    assert ["grpc_ssl_verify", "grpc_ssl_verify_depth"] in [group[:2] for group in found["marks"]]


@pytest.mark.parametrize(
    ("platform", "target"),
    [
        (NEWEST, f"grpc://constellation_edge_{NAME}_nas.lan_9000_off_grpc"),
        (OLD, "grpc://$constellation_edge_upstream:9000"),
    ],
)
def test_a_name_never_keeps_nginx_from_starting(platform: Platform, target: str) -> None:
    found = location({**SERVICE, "upstream": "grpc://nas.lan:9000"}, platform)["directives"]
    assert found["grpc_pass"] == target


def test_a_list_is_a_group() -> None:
    several = ["grpc://10.0.0.8:1", {"url": "grpc://10.0.0.9:1", "backup": True}]
    found = location({**SERVICE, "upstream": several})
    assert found["directives"]["grpc_pass"].startswith(f"grpc://constellation_edge_{NAME}_")
    assert found["marked"]["grpc_next_upstream"] == ["error timeout"]


@pytest.mark.parametrize(
    ("route", "rewrite"),
    [
        ({"path": "/x/", "prefix": "strip"}, "(?s)^/x/(.*) /$1 break"),
        ({"path": "/x/", "upstream": "grpc://10.0.0.9:1/y/"}, "(?s)^/x/(.*) /y/$1 break"),
    ],
)
def test_a_path_is_taken_away_by_a_rewrite(route: dict[str, Any], rewrite: str) -> None:
    found = location({**SERVICE, **route})
    assert found["directives"]["rewrite"] == rewrite
    assert f"rewrite {rewrite.split()[0]}" in found["owns"]
    assert found["directives"]["grpc_pass"].startswith("grpc://10.0.0.9:")
    assert found["directives"]["grpc_pass"].count("/") == 2


def test_what_a_client_claims_is_emptied_or_refused() -> None:
    for platform in (NEWEST, NEW):
        found = location(SERVICE, platform)["directives"]
        emptied = {each.split()[0] for each in found["grpc_set_header"] if each.endswith('""')}
        assert emptied == EMPTIED
        assert found["if ($constellation_edge_claims)"] == {"return": "400"}
        common = nginx_sites(sites(SERVICE), Host(platform, NAMES))[0]["directives"]
        (asked,) = (line for line in common.splitlines() if "$constellation_edge_claims" in line)
        refused_ones = {each for each in asked.split('"')[1].split("$") if each}
        assert refused_ones == {
            f"http_{claim.name.lower().replace('-', '_')}" for claim in CLAIMS if claim.name not in EMPTIED
        }
    # A variable of an old nginx has the first of several headers alone.
    found = location(SERVICE, OLD)["directives"]
    assert {each.split()[0] for each in found["grpc_set_header"] if each.endswith('""')} == {x.name for x in CLAIMS}
    assert "if ($constellation_edge_claims)" not in found


def test_a_site_without_grpc_asks_nothing_of_it() -> None:
    common = nginx_sites(sites(WEB), Host(NEW, NAMES))[0]["directives"]
    assert "constellation_edge_claims" not in common


def fits(names: Sequence[str]) -> bool:
    """Whether nginx's table has room for headers (`ngx_hash_init`, with 512 places of 64 bytes)."""
    hashes = []
    for name in {each.lower() for each in names}:
        value = 0
        for letter in name:
            value = (value * 31 + ord(letter)) & (2**64 - 1)
        hashes.append((value, 8 + -(-(len(name) + 2) // 8) * 8))
    for size in range(1, 513):
        filled = [0] * size
        for value, length in hashes:
            filled[value % size] += length
        if max(filled) <= 64 - 8:
            return True
    return False


def test_what_is_set_has_room_in_nginxs_table_with_ten_headers_of_the_owners() -> None:
    names = [each.split()[0] for each in location(SERVICE)["directives"]["grpc_set_header"]] + OF_NGINX
    assert not fits([*names, *(claim.name for claim in CLAIMS)])
    chance = random.Random(19)  # noqa: S311 - the same names in every run
    letters = "abcdefghijklmnopqrstuvwxyz-"
    for _number in range(50):
        theirs = [f"X-{''.join(chance.choices(letters, k=chance.randint(4, 16)))}" for _header in range(10)]
        assert fits(names + theirs), theirs


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"websocket": True}, "websocket does not apply to gRPC: it has streams of its own"),
        ({"buffering": False}, "buffering does not apply to gRPC"),
        ({"request_buffering": False}, "request_buffering does not apply to gRPC"),
        ({"moved_from": "/old/"}, "moved_from does not apply to gRPC: its clients follow no redirect"),
        ({"probe": {"sse": "events"}}, "probe: sse is no question to a gRPC service"),
        ({"app": "constellation"}, "a Constellation server listens on a port"),
        ({"upstream": "grpc://10.0.0.9"}, "names no port: write grpc://10.0.0.9:PORT"),
        ({"upstream": "grpc://unix:/run/a.sock"}, "a gRPC service is reached at a port"),
        ({"upstream": "h2c://10.0.0.9:1"}, "use http or https, or grpc or grpcs for gRPC"),
        ({"upstream_tls": {"verify": "system", "name": "a.b"}}, "is for an upstream of https:// or grpcs://"),
        ({"raw": "grpc_set_header X-A b;"}, "write it as `request_headers: {NAME: VALUE}`"),
        ({"upstream": ["grpc://10.0.0.9:1", "http://10.0.0.9:2"]}, "has not the scheme and the path"),
    ],
)
def test_what_grpc_has_nothing_of_is_refused(keys: dict[str, Any], said: str) -> None:
    assert any(said in each for each in refused({**SERVICE, **keys}))


def test_what_a_preset_says_of_pages_does_not_count() -> None:
    assert location({**SERVICE, "app": "web"})["directives"]["grpc_pass"] == "grpc://10.0.0.9:50051"


def test_lines_that_the_route_has_itself_are_refused_in_raw() -> None:
    route = {**SERVICE, "raw": "grpc_read_timeout 1h; client_body_timeout 1h; grpc_buffer_size 4k;"}
    raw = [{"server_name": NAME, "routes": [route]}]
    host = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}
    found = [each.text for each in repeated_problems(raw, sites(route), host, NO_SERVER)]
    assert found[0].startswith("raw: 'grpc_read_timeout' is set by the route itself: write it with `read_timeout`")
    assert found[1].startswith("raw: 'client_body_timeout' is set by the route itself: write it with `read_timeout`")
    assert found[2].startswith("raw: 'grpc_buffer_size' is set by every route")


def test_an_nginx_without_the_module_is_told_of() -> None:
    raw = [{"server_name": NAME, "routes": [SERVICE]}]
    host = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True, "nginx_without": ["http_grpc_module"]}
    (problem,) = module_problems(raw, sites(SERVICE), host, NO_SERVER)
    assert "needs nginx's module http_grpc_module" in problem.text


@pytest.mark.parametrize(("first", "then"), [(SERVICE, WEB), (WEB, SERVICE)])
def test_of_the_other_protocol_nothing_stays(first: dict[str, Any], then: dict[str, Any]) -> None:
    before = text(first).replace(HEAD, f"{HEAD}\n        limit_rate 1m;", 1)
    places = [(NAME, "/a.B/")] if first is SERVICE else []
    changed = text(then, before, places)
    expected = [*text(then).split("\n"), "        limit_rate 1m;"]
    assert sorted(filter(None, changed.split("\n"))) == sorted(filter(None, expected))


def test_a_redirect_in_the_place_of_a_service_leaves_nothing_of_it() -> None:
    sent = {"path": "/a.B/", "redirect": "https://b.example.org"}
    assert text(sent, text(SERVICE), [(NAME, "/a.B/")]) == text(sent)


def test_without_a_route_at_the_root_nothing_stays_there() -> None:
    changed = text(WEB, text({**SERVICE, "path": "/"}), [(NAME, "/")])
    assert "grpc_" not in changed
    assert "$constellation_edge_claims" not in changed


def test_the_plan_knows_what_led_to_grpc() -> None:
    found = {
        "names": [NAME],
        "listens": ["*:443"],
        "ours": True,
        "locations": [
            {"location": "/a.B/", "ours": True, "upstream": "grpc://10.0.0.9:50051", "servers": [], "moved_to": ""}
        ],
    }
    host = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True, "servers": [found]}
    planned = edge_plan(sites(WEB), host)["nginx_sites"][1]["servers"][1]["locations"][0]
    assert "grpc_pass" in planned["owns"]
    assert (
        "grpc_pass"
        not in edge_plan(sites(WEB), {**host, "servers": []})["nginx_sites"][1]["servers"][1]["locations"][0]["owns"]
    )


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ({}, {"url": f"https://{NAME}/a.B/ConstellationEdgeProbe", "grpc": True}),
        ({"path": "/"}, {"url": f"https://{NAME}/constellation.edge.Probe/ConstellationEdgeProbe", "grpc": True}),
        (
            {"path": "/x/", "prefix": "strip"},
            {"url": f"https://{NAME}/x/constellation.edge.Probe/ConstellationEdgeProbe", "grpc": True},
        ),
        ({"probe": {"path": "C"}}, {"url": f"https://{NAME}/a.B/C", "grpc": True}),
        ({"path": "= /a.B/C"}, None),
    ],
)
def test_a_method_is_called_that_no_service_has(keys: dict[str, Any], asked: dict[str, Any] | None) -> None:
    (site,) = sites({**SERVICE, **keys})
    assert registry.probes(Place(site.routes[0], site, Host(NEW, NAMES))) == ([asked] if asked else [])


def test_a_start_page_has_no_link_to_it() -> None:
    declared = nginx_sites(sites(SERVICE, {**WEB, "path": "/web/"}, index=True), Host(NEW, NAMES))[1]
    (page,) = declared["files"].values()
    assert "/web/" in page
    assert "/a.B/" not in page


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("grpc_pass grpc://10.0.0.9:1;", "grpc://10.0.0.9:1"),
        ("grpc_pass grpcs://nas.lan:1;", "grpcs://nas.lan:1"),
        ("grpc_pass 10.0.0.9:1;", "grpc://10.0.0.9:1"),
        ("proxy_pass http://10.0.0.9;", "http://10.0.0.9"),
        ("grpc_read_timeout 1s;", ""),
    ],
)
def test_an_owners_line_is_read(line: str, target: str) -> None:
    assert proxied(parse(line)) == target


def test_an_owners_location_keeps_its_headers_and_is_changed_once() -> None:
    routes = [SERVICE, {**SERVICE, "path": "/c.D/"}]
    (wanted,) = _declaration.sites([nginx_sites(sites(*routes, adopt=True), Host(NEW, NAMES))[1]])

    def edited(before: str) -> str:
        return edit_site(before, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)

    changed = edited(THEIRS)
    first, second = (changed.partition(f"location {path} {{")[2].partition("\n    }")[0] for path in ("/a.B/", "/c.D/"))
    assert "grpc_set_header Remote-User $ssl_client_s_dn;" in first
    assert "grpc_set_header X-Mine yes;" not in first
    assert "grpc_set_header X-Mine yes;" in second
    for each in (first, second):
        assert "grpc_set_header X-Real-IP $remote_addr;" in each
        assert "proxy_" not in each
    assert edited(changed) == changed


def test_an_owners_location_leads_to_one_service_alone() -> None:
    spoken = written(OWNERS, {"upstream": "grpc://192.168.0.10:9000", "keepalive": False}, adopt=True)
    assert (lines(spoken, "proxy_pass"), lines(spoken, "grpc_pass")) == ([], ["grpc://192.168.0.10:9000"])
    back = written(spoken, {"keepalive": False}, adopt=True)
    assert (lines(back, "proxy_pass"), lines(back, "grpc_pass")) == (["http://192.168.0.10"], [])
