# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How sites and routes become the declaration for `nginx_site`, on each generation of nginx."""

from __future__ import annotations

from itertools import chain

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

PRESETS = read_presets(OURS).found
NEW = Platform((1, 28, 3), (3, 5, 5), True)
CAMERA = "http://10.0.0.1"
ERROR = "= /.constellation-edge/error"
OLD = Platform((1, 18, 0), (3, 0, 2), True)


def declared(*routes, platform=NEW, names=(), **more):
    sites = read_sites([{"server_name": ["a.example.org", "b.example.org"], "routes": list(routes), **more}], PRESETS)
    return nginx_sites(sites, Host(platform, dict(names)))


def https_server(*routes, platform=NEW, **more):
    return declared(*routes, platform=platform, **more)[1]["servers"][1]


def location(route, platform=NEW):
    return https_server(route, platform=platform)["locations"][0]


def test_platform_reads_preflight_facts():
    facts = {"nginx_version": "1.26.3", "openssl_version": "3.5.9", "ipv6": True}
    assert Platform.of(facts) == Platform((1, 26, 3), (3, 5, 9), True)


@pytest.mark.parametrize(
    ("nginx", "http2_directive", "rejects"),
    [((1, 18, 0), False, False), ((1, 22, 1), False, True), ((1, 24, 0), False, True), ((1, 26, 3), True, True)],
)
def test_text_follows_the_nginx_of_the_host(nginx, http2_directive, rejects):
    platform = Platform(nginx, (3, 0, 2), False)
    common, site = declared({"path": "/", "upstream": "http://10.0.0.1"}, platform=platform)
    https = site["servers"][1]
    assert https["listen"] == (["443 ssl"] if http2_directive else ["443 ssl http2"])
    assert ("http2" in https["directives"]) == http2_directive
    default = common["servers"][1]
    assert ("ssl_reject_handshake" in default["directives"]) == rejects
    assert ("certificate" in default) == (not rejects)


def test_post_quantum_groups_only_where_openssl_knows_them():
    assert NEW.groups.startswith("?X25519MLKEM768:")
    assert "MLKEM" not in OLD.groups


def test_ipv6_is_listened_on_where_the_host_has_it():
    assert NEW.listen(80) == ["80", "[::]:80"]
    assert Platform((1, 26, 3), (3, 5), False).listen(80) == ["80"]


def test_http_redirects_and_still_answers_challenges():
    http = declared({"path": "/", "upstream": "http://10.0.0.1"})[1]["servers"][0]
    assert http["server_name"] == ["a.example.org", "b.example.org"]
    assert [entry["location"] for entry in http["locations"]] == [
        "^~ /.well-known/acme-challenge/",
        "/",
        ERROR,
    ]
    assert http["locations"][1]["directives"] == {"return": "301 https://$host$request_uri"}


def test_keep_sends_the_path_on_as_the_client_wrote_it():
    directives = location({"path": "/zm/", "app": "zoneminder", "upstream": "http://10.0.0.1", "keepalive": False})[
        "directives"
    ]
    assert directives["proxy_pass"] == "http://10.0.0.1"
    assert directives["proxy_buffering"] == "off"
    assert "proxy_cookie_path" not in directives


def test_strip_removes_the_prefix_and_puts_it_back_into_redirects():
    directives = location({"path": "/jeedom/", "app": "jeedom", "upstream": "http://10.0.0.1", "keepalive": False})[
        "directives"
    ]
    assert directives["proxy_pass"] == "http://10.0.0.1:80$constellation_edge_rest"
    assert all(value.endswith(" /jeedom/$1") for value in directives["proxy_redirect"])
    assert directives["proxy_cookie_path"].endswith(" /jeedom/$1")


def test_constellation_never_gets_a_request_without_a_length():
    directives = location({"path": "/constellation/", "app": "constellation"})["directives"]
    assert "Content-Length $constellation_edge_length" in directives["proxy_set_header"]
    assert directives["proxy_read_timeout"] == "150s"
    assert directives["client_max_body_size"] == "0"


def test_what_a_client_claims_about_itself_is_replaced():
    headers = location({"path": "/", "upstream": "http://10.0.0.1"})["directives"]["proxy_set_header"]
    assert "X-Forwarded-For $remote_addr" in headers
    assert "X-Forwarded-Port $server_port" in headers
    for name in ("Forwarded", "CF-Connecting-IP", "True-Client-IP", "Remote-User", "Proxy"):
        assert f'{name} ""' in headers


def test_a_service_that_insists_on_its_host_gets_it():
    headers = location({"path": "/sync/", "app": "syncthing"})["directives"]["proxy_set_header"]
    assert "Host localhost" in headers
    assert "X-Forwarded-Host $host" in headers


def test_an_older_nginx_loses_what_it_does_not_know():
    route = {"path": "/", "upstream": "http://10.0.0.1"}
    new, old = (_declaration.sites(declared(route, platform=each)) for each in (NEW, OLD))
    texts = [edit_site(None, one, "s", lambda _name: ("c", "k"), lambda _path: True, purge=True) for one in new]
    assert any("http2 on;" in text for text in texts)
    assert any("ssl_reject_handshake" in text for text in texts)
    for text, one in zip(texts, old, strict=True):
        again = edit_site(text, one, "s", lambda _name: ("c", "k"), lambda _path: True, purge=True)
        assert "http2 on;" not in again
        assert "ssl_reject_handshake" not in again


def test_a_routes_own_keys_win_over_its_preset():
    route = {
        "path": "/",
        "app": "jeedom",
        "upstream": "http://10.0.0.1",
        "keepalive": False,
        "read_timeout": 5,
        "buffering": True,
        "prefix": "keep",
        "websocket": False,
    }
    directives = location(route)["directives"]
    assert directives["proxy_read_timeout"] == "5s"
    assert "proxy_buffering" not in directives
    assert 'Upgrade ""' in directives["proxy_set_header"]
    assert directives["proxy_pass"] == "http://10.0.0.1"


@pytest.mark.parametrize(("more", "found"), [({}, True), ({"hsts": False}, False)])
def test_hsts_can_be_left_out(more, found):
    headers = https_server({"path": "/", "upstream": "http://10.0.0.1"}, **more)["directives"]["add_header"]
    assert any(header.startswith("Strict-Transport-Security") for header in headers) == found
    assert not any("includeSubDomains" in header for header in headers)


@pytest.mark.parametrize("app", [None, *PRESETS])
@pytest.mark.parametrize("prefix", ["keep", "strip"])
@pytest.mark.parametrize("buffering", [True, False])
def test_a_location_owns_what_it_can_set_and_nothing_of_its_owner(app, prefix, buffering):
    route = {"path": "/a/", "upstream": "http://10.0.0.1", "prefix": prefix, "buffering": buffering}
    if any(each["value"] == prefix for each in PRESETS.get(app, {}).get("refuses", [])):
        return
    sites = declared(route | ({"app": app} if app else {}))
    for server in (server for site in sites for server in site["servers"]):
        for each in server["locations"]:
            assert set(each["directives"]) <= {
                one.removesuffix(" {}") if one.startswith("if ") else one.split()[0]
                for one in [*each["owns"], *chain(*each.get("marks", []))]
            }
            assert each.get("state", "present") == "present"
            assert not {"auth_basic", "allow", "deny", "include", "add_header", "limit_req"} & set(each["owns"])


def text_of(before, sites):
    (site,) = _declaration.sites(sites[1:])
    return edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)


def test_hsts_that_is_switched_off_goes_and_the_owners_headers_stay():
    route = {"path": "/", "upstream": "http://10.0.0.1"}
    before = text_of(None, declared(route))
    mine = '    add_header Content-Security-Policy "default-src self" always;\n'
    hsts = next(line for line in before.splitlines(keepends=True) if "Strict-Transport-Security" in line)
    after = text_of(before.replace(hsts, hsts + mine), declared(route, hsts=False))
    assert after == before.replace(hsts, mine)
    assert text_of(after, declared(route, hsts=False)) == after


def test_a_route_that_lets_methods_be_replaced_leaves_nothing_in_their_way():
    route = {"path": "/", "upstream": CAMERA}
    before = text_of(None, declared(route))
    assert before.count("Method-Override") == 2
    after = text_of(before, declared({**route, "method_override": True}))
    assert "Method-Override" not in after
    assert sorted(text_of(after, declared(route)).split()) == sorted(before.split())


def test_a_header_that_the_owner_sets_for_a_service_is_his():
    """As beside his `auth_request`: emptied, the service would believe nobody; ours beside it, the client."""
    route = {"path": "/zm/", "upstream": "http://10.0.0.1"}
    before = text_of(None, declared(route))
    assert '        proxy_set_header Remote-User "";\n' in before
    mine = "        proxy_set_header remote-user $user; # of my login\n        proxy_set_header X-Mine 1;\n"
    after = text_of(before.replace('        proxy_set_header Remote-User "";\n', mine), declared(route))
    assert after == before.replace('        proxy_set_header Remote-User "";\n', mine)


def test_a_changed_preset_leaves_the_owners_lines_in_a_location():
    route = {"path": "/zm/", "upstream": "http://10.0.0.1", "buffering": False}
    before = text_of(None, declared(route))
    mine = "        # for me alone\n        auth_basic  'mine';  # why\n        allow 10.0.0.0/8;\n"
    touched = before.replace("        proxy_http_version", mine + "        proxy_http_version")
    assert text_of(touched, declared(route)) == touched
    after = text_of(touched, declared(route | {"buffering": True}))
    assert after == touched.replace("        proxy_buffering off;\n        proxy_cache off;\n", "")
    assert mine in after
    assert text_of(after, declared(route | {"buffering": True})) == after


def test_a_site_without_a_route_at_its_root_says_so_and_never_shows_the_welcome_page():
    (page,) = (
        each for each in https_server({"path": "/a/", "upstream": CAMERA})["locations"] if each["location"] == "/"
    )
    assert page["directives"] == {"return": "404"}
    assert [each["location"] for each in https_server({"path": "/", "upstream": CAMERA})["locations"]] == ["/", ERROR]


def test_a_route_that_comes_to_the_root_or_leaves_it_leaves_nothing_behind():
    root, below = {"path": "/", "upstream": CAMERA}, {"path": "/a/", "upstream": CAMERA}
    page, route = text_of(None, declared(below)), text_of(None, declared(root))
    moved = text_of(page, declared(root))
    assert (moved.count("return 404"), moved.count("proxy_pass")) == (0, 1)
    assert sorted(moved.split()) == sorted(route.split())
    back = text_of(moved, declared(below))
    assert sorted(back.split()) == sorted(page.split())


def test_a_body_that_was_taken_keeps_no_error_from_its_page():
    for site in declared({"path": "/", "upstream": CAMERA}):
        for server in site["servers"]:
            (page,) = (each["directives"] for each in server["locations"] if each["location"] == ERROR)
            assert page["client_max_body_size"] == "0"
