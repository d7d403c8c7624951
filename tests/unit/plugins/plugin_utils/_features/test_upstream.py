# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in a site's file for an upstream that is an address, a name of DNS, or a name of the host alone."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._features.upstream import Proxied, asked, asked_names
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

NEW, OLD = Platform((1, 28, 3), (3, 5, 5), True), Platform((1, 26, 3), (3, 5, 5), True)
BEFORE_RESOLVE, BEFORE_KEEPING = Platform((1, 27, 2), (3, 5), True), Platform((1, 27, 3), (3, 5), True)
IN_DNS = {"full_name": "nas.lan", "servers": ["10.0.0.1"], "in_dns": True, "fresh": False, "address": ""}
ALONE = {**IN_DNS, "in_dns": False, "address": "10.0.0.7"}
NOBODY = {**IN_DNS, "in_dns": False}
GROUP = "constellation_edge_a.example.org_nas.lan_8080"
STRIP = {"path": "/s/", "prefix": "strip", "upstream": "http://nas.lan:8080"}
# A service to which no connection is kept has no block on these platforms.
UNKEPT = {"keepalive": False}
KEEP = {**STRIP, "prefix": "keep"}
# A service gets what the client wrote behind the prefix.
TAKEN = {"if ($request_uri !~ ^/+s(?<constellation_edge_rest>/.*))": {"return": "400"}}


def sites_of(*routes, name="a.example.org"):
    return read_sites([{"server_name": name, "routes": list(routes)}], {"generic": {}})


def declared(route, platform=NEW, known=None):
    return nginx_sites(sites_of(route), Host(platform, {"nas.lan": known or IN_DNS}))


def directives(route, platform=NEW, known=None):
    location = declared(route, platform, known)[1]["servers"][1]["locations"][0]["directives"]
    about = ("set", "rewrite", "resolver", "proxy_pass", "proxy_ssl_name")
    return {name: value for name, value in location.items() if name in about or "_rest>" in name}


@pytest.mark.parametrize("platform", [NEW, OLD])
@pytest.mark.parametrize(
    ("upstream", "target"),
    [
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
        ("https://[fd00::1]", "https://[fd00::1]"),
    ],
)
def test_an_address_stands_as_it_is(platform, upstream, target):
    route = {"path": "/", "upstream": upstream, **UNKEPT}
    assert directives(route, platform) == {"proxy_pass": target}
    assert directives({**STRIP, "upstream": upstream, **UNKEPT}, platform) == {
        **TAKEN,
        "proxy_pass": f"{target if target.endswith(':8080') else target + ':443'}$constellation_edge_rest",
    }
    assert declared(route, platform)[1]["directives"] == {}
    assert asked_names(sites_of(route)) == []


def test_localhost_asks_nobody():
    route = {"path": "/", "upstream": "http://localhost:8080", **UNKEPT}
    assert asked_names(sites_of(route)) == []
    assert directives(route) == {"proxy_pass": "http://127.0.0.1:8080"}


def test_a_name_gets_a_block_where_nginx_can_resolve_it():
    site = declared(KEEP)[1]
    assert site["directives"] == {
        f"upstream {GROUP}": {
            "zone": f"{GROUP} 512k",
            "resolver": "10.0.0.1 valid=1s",
            "resolver_timeout": "2s",
            "server": "nas.lan:8080 resolve max_fails=0",
            "keepalive": "128",
            "keepalive_timeout": "800ms",
        }
    }
    assert directives(KEEP) == {"proxy_pass": f"http://{GROUP}"}
    assert directives(STRIP)["proxy_pass"] == f"http://{GROUP}$constellation_edge_rest"
    assert directives({**KEEP, "upstream": "https://nas.lan:8080"})["proxy_ssl_name"] == "nas.lan"


@pytest.mark.parametrize("platform", [OLD, BEFORE_RESOLVE])
def test_a_name_stands_in_a_variable_where_nginx_cannot(platform):
    assert declared(STRIP, platform)[1]["directives"] == {}
    assert directives(STRIP, platform) == {
        **TAKEN,
        "set": "$constellation_edge_upstream nas.lan",
        "resolver": "10.0.0.1 valid=1s",
        "proxy_pass": "http://$constellation_edge_upstream:8080$constellation_edge_rest",
    }


@pytest.mark.parametrize(("platform", "known"), [(NEW, ALONE), (NEW, IN_DNS), (OLD, IN_DNS)])
def test_an_owners_location_depends_on_no_variable_of_ours(platform, known):
    (site,) = sites_of(STRIP)
    (adopted,) = nginx_sites([dataclasses.replace(site, adopt=True)], Host(platform, {"nas.lan": known}))[1:]
    said = adopted["servers"][1]["locations"][0]["adopted"]["directives"]
    assert "_rest" not in str(said)
    assert said["proxy_pass"].endswith("/") or said["rewrite"] == "(?s)^/s/(.*) /$1 break"


def test_the_answer_of_a_server_that_keeps_nothing_is_used_once():
    known = {**IN_DNS, "fresh": True, "servers": ["10.0.0.1", "[fd00::1]"]}
    assert directives(KEEP, OLD, known)["resolver"] == "10.0.0.1 [fd00::1]"


def test_ipv6_is_asked_for_unless_the_host_has_none():
    assert directives(KEEP, Platform((1, 26, 3), (3, 5), False))["resolver"] == "10.0.0.1 valid=1s ipv6=off"


def test_a_completed_name_is_asked_for_in_full():
    known = {**IN_DNS, "full_name": "nas.lan.example.org"}
    (block,) = declared(KEEP, known=known)[1]["directives"].values()
    assert block["server"] == "nas.lan.example.org:8080 resolve max_fails=0"
    assert directives(KEEP, OLD, known)["set"] == "$constellation_edge_upstream nas.lan.example.org"


@pytest.mark.parametrize("platform", [NEW, OLD])
@pytest.mark.parametrize(
    ("route", "passed"),
    [
        ({"path": "/"}, "http://unix:/run/app.sock"),
        ({"path": "/s/"}, "http://unix:/run/app.sock"),
        (STRIP, "http://unix:/run/app.sock:$constellation_edge_rest"),
    ],
)
def test_a_socket_is_the_hosts_own_and_has_no_port(platform, route, passed):
    (site,) = sites_of({**route, "upstream": "unix:/run/app.sock", **UNKEPT})
    host = Host(platform)
    location = nginx_sites([site], host)[1]["servers"][1]["locations"][0]["directives"]
    assert location["proxy_pass"] == passed
    assert "unix" not in str(location["proxy_redirect"])
    assert "Host $host" in location["proxy_set_header"]
    assert asked([site]) == {"names": [], "hosts": [], "sockets": ["/run/app.sock"]}
    assert registry.closed_ports([site], host) == []


def test_a_socket_that_nginx_cannot_reach_is_told():
    (site,) = sites_of({"path": "/", "upstream": "unix:/run/app.sock"})
    reached, refused = Host(NEW, sockets={"/run/app.sock": ""}), {"/run/app.sock": "www-data: Permission denied"}
    assert Proxied.notes([site], reached) == []
    (note,) = Proxied.notes([site], Host(NEW, sockets=refused))
    assert note.startswith(
        "a.example.org/: nginx cannot reach the service at unix:/run/app.sock (www-data: Permission "
    )


@pytest.mark.parametrize(
    ("upstream", "platform", "passed"),
    [
        ("http://10.0.0.9/a/b/", NEW, "http://10.0.0.9:80/a/b$constellation_edge_rest"),
        ("http://nas.lan:8080/a/", NEW, f"http://{GROUP}/a$constellation_edge_rest"),
        ("http://nas.lan:8080/a/", OLD, "http://$constellation_edge_upstream:8080/a$constellation_edge_rest"),
    ],
)
@pytest.mark.parametrize("adopt", [False, True])
def test_a_path_of_the_service_takes_the_place_of_the_routes(upstream, platform, passed, adopt):
    kept = UNKEPT if "10.0" in upstream else {}
    (site,) = sites_of({"path": "/s/", "upstream": upstream, **kept})
    declared = nginx_sites([dataclasses.replace(site, adopt=adopt)], Host(platform, {"nas.lan": IN_DNS}))[1]
    location = declared["servers"][1]["locations"][0]
    said = location["adopted"] if adopt else location
    assert said["directives"].items() >= {"proxy_pass": passed, **TAKEN}.items()
    assert said["marked"]["proxy_cookie_path"][0].endswith(" /s/$1")


def test_a_path_that_is_the_routes_own_is_none():
    (site,) = sites_of({"path": "/s/", "upstream": "http://10.0.0.9/s/"})
    assert (site.routes[0].upstream.path, site.routes[0].prefix) == ("", "keep")
    route = {"path": "/s/", "upstream": "http://10.0.0.9/s/", **UNKEPT}
    assert directives(route) == {"proxy_pass": "http://10.0.0.9"}


@pytest.mark.parametrize("platform", [NEW, OLD])
def test_a_name_of_the_host_alone_is_an_address(platform):
    assert directives({**STRIP, **UNKEPT}, platform, ALONE) == {
        **TAKEN,
        "proxy_pass": "http://10.0.0.7:8080$constellation_edge_rest",
    }
    assert declared({**STRIP, **UNKEPT}, platform, ALONE)[1]["directives"] == {}
    (block,) = declared(STRIP, platform, ALONE)[1]["directives"].values()
    assert block["server"] == "10.0.0.7:8080 max_fails=0"


def test_two_sites_with_one_upstream_have_a_block_each():
    both = [*sites_of(KEEP), *sites_of(KEEP, name="b.example.org")]
    one, other = (set(site["directives"]) for site in nginx_sites(both, Host(NEW, {"nas.lan": IN_DNS}))[1:])
    assert not one & other


def test_two_routes_with_one_upstream_share_a_block():
    (site,) = sites_of(KEEP, {**KEEP, "path": "/t/"})
    assert len(nginx_sites([site], Host(NEW, {"nas.lan": IN_DNS}))[1]["directives"]) == 1


@pytest.mark.parametrize(("known", "said"), [(ALONE, "was given the address 10.0.0.7"), (NOBODY, "has no address")])
def test_a_person_is_told_of_a_name_that_dns_does_not_know(known, said):
    (note,) = Proxied.notes(sites_of(KEEP), Host(NEW, {"nas.lan": known}))
    assert note.startswith("upstream nas.lan ")
    assert said in note
    assert "10.0.0.1" in note


def test_the_plan_has_the_notes():
    host = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True, "upstreams": {"nas.lan": IN_DNS}}
    (note,) = edge_plan(sites_of(KEEP), host)["notes"]
    assert note.startswith("nginx 1.26.3 keeps no connection to nas.lan: ")
    assert edge_plan(sites_of(KEEP), {**host, "nginx_version": "1.28.3"})["notes"] == []
    assert edge_plan(sites_of({**KEEP, **UNKEPT}), host)["notes"] == []


@pytest.mark.parametrize(("platform", "keeps"), [(BEFORE_KEEPING, False), (NEW, True)])
def test_a_reload_leaves_connections_alone_where_nginx_can(platform, keeps):
    for server in declared(KEEP, platform)[1]["servers"]:
        assert ("keepalive_min_timeout" in server["directives"]) == keeps


@pytest.mark.parametrize(("version", "longer"), [((1, 24, 0), False), ((1, 25, 3), True), ((1, 28, 3), True)])
def test_a_client_keeps_its_connection_for_more_requests_where_nginx_limits_streams_that_are_reset(version, longer):
    for server in declared(KEEP, Platform(version, (3, 5), ipv6=True))[1]["servers"]:
        assert server["directives"].get("keepalive_requests") == ("10000" if longer else None)
        assert "keepalive_requests" not in server["owns"]


FORMS = [
    (route, platform, known)
    for route in (
        *({**KEEP, "upstream": "http://10.0.0.9"}, STRIP, KEEP, {**STRIP, "upstream": "https://nas.lan"}),
        *({"path": "/s/", "upstream": each} for each in ("http://nas.lan/a/", "http://nas.lan:81/b/")),
        {**STRIP, "upstream": "unix:/run/app.sock"},
        *({**KEEP, "upstream": "http://10.0.0.9", "keepalive": each} for each in (False, 5)),
    )
    for platform in (NEW, OLD)
    for known in (IN_DNS, ALONE)
]
MINE = "        set $mine 1;\n        rewrite ^/old/(.*) /$1;\n        rewrite_log on;\n"


def text_of(before, form):
    (site,) = _declaration.sites(declared(*form)[1:])
    return edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)


@pytest.mark.parametrize("before", FORMS)
@pytest.mark.parametrize("after", FORMS)
def test_from_any_form_to_any_other_ours_go_and_the_owners_stay(before, after):
    head = "    location /s/ { # constellation.edge\n"
    text = text_of(None, before)
    touched = text.replace(head, head + MINE)
    changed = text_of(touched, after)
    assert text_of(changed, after) == changed
    for line in MINE.splitlines():
        assert line in changed
    left = "".join(line for line in changed.splitlines(keepends=True) if line not in MINE.splitlines(keepends=True))
    assert sorted(meaningful(left)) == sorted(meaningful(text_of(None, after))) or only_name_is_left(left, after)


def meaningful(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def only_name_is_left(left, after):
    """Whether nothing but the name for TLS is left: an owner may have set it for an address."""
    rest = set(meaningful(left)) - set(meaningful(text_of(None, after)))
    return rest == {"proxy_ssl_name nas.lan;"}
