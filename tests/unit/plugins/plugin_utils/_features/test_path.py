# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path of a route in each of nginx's forms, and what is said of everything below a prefix alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._features.probe import Probe
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

PRESETS = read_presets(OURS).found
HOST = Host(Platform((1, 26, 3), (3, 5, 0), ipv6=True))


def sites(*routes: dict[str, Any]) -> list[Site]:
    """Return the site of these routes."""
    usual = {"upstream": "http://192.168.0.10"}
    given = [{**({} if "app" in route else usual), **route} for route in routes]
    return read_sites([{"server_name": "a.example.org", "routes": given}], PRESETS)


def refused(*routes: dict[str, Any]) -> list[str]:
    """Return what is said of these routes, each with its place."""
    with pytest.raises(SchemaError) as caught:
        sites(*routes)
    return [f"{each.place}: {each.text}" for each in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "path", "base", "identity"),
    [
        ("/", "/", "/", "/"),
        ("/zm/", "/zm/", "/zm/", "/zm/"),
        ("^~ /zm/", "^~ /zm/", "/zm/", "/zm/"),
        ("^~/zm/", "^~ /zm/", "/zm/", "/zm/"),
        ("= /status", "= /status", "/status", "= /status"),
        ("=/", "= /", "/", "= /"),
        (r"~ \.php$", r"~ \.php$", "/", r"~ \.php$"),
        (r"~*\.PHP$", r"~* \.PHP$", "/", r"~* \.PHP$"),
    ],
)
def test_each_form_is_read(written: str, path: str, base: str, identity: str) -> None:
    (route,) = sites({"path": written})[0].routes
    assert (route.path, route.base, route.identity) == (path, base, identity)
    assert route.is_prefix is (path[0] in "/^")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("^~ zm", "path '^~ zm' must begin and end with one '/': write '^~ /zm/'"),
        ("= status", "path '= status' must be one path as clients ask for it, such as '= /status'"),
        ("= /a/../b", "path '= /a/../b' must be one path"),
        ("= /a b", "path '= /a b' must be one path"),
        ("~ ", "path '~ ' has no regular expression: write one, such as '~ \\.php$'"),
        ("~ ^/(a", "path '~ ^/(a' is no regular expression: '(' at character 3 is not closed"),
        ("~ a\nb", "must be one line of at most 2000 printable characters"),
        ("~ " + "a" * 2001, "must be one line of at most 2000 printable characters"),
        ("= /.constellation-edge/error", "what begins with /.constellation-edge/ is the collection's own"),
        ("/.constellation-edge/", "what begins with /.constellation-edge/ is the collection's own"),
    ],
)
def test_a_wrong_one_is_refused_with_what_to_write(written: str, text: str) -> None:
    (said,) = refused({"path": written})
    assert said.startswith("site a.example.org, route ")
    assert text in said


@pytest.mark.parametrize(
    ("route", "text"),
    [
        (
            {"path": "~ ^/a/", "prefix": "strip"},
            "prefix: strip is for a prefix, and path '~ ^/a/' is a regular expression",
        ),
        (
            {"path": "= /a", "prefix": "strip"},
            "prefix: strip is for a prefix, and path '= /a' is one path alone: write",
        ),
        (
            {"path": "= /a", "moved_from": "/b/"},
            "moved_from is for a prefix, and path '= /a' is one path alone: take one",
        ),
        (
            {"path": "= /a", "app": "constellation"},
            "app: constellation is for a prefix, and path '= /a' is one path alone",
        ),
        (
            {"path": "= /a", "upstream": "http://192.168.0.10/b/"},
            "a path in upstream is for a prefix, and path '= /a' is one path alone: write the address alone",
        ),
        ({"path": "= /a", "probe": {"sse": "b"}}, "probe: sse is for a prefix, and path '= /a' is one path alone"),
        ({"path": r"~ \.php$", "probe": {"path": "/index.html"}}, r"probe: path '/index.html' is none that '~ \.php$'"),
        ({"path": "= /a", "app": "constellation", "probe": {"status": [200]}}, "the server listens on a prefix"),
    ],
)
def test_what_is_said_of_a_whole_prefix_is_refused_elsewhere(route: dict[str, Any], text: str) -> None:
    assert text in refused(route)[0]


def test_a_route_that_nginx_never_takes_is_refused_with_a_url() -> None:
    first = "no request ever gets here, since nginx takes other routes first: https://a.example.org"
    assert refused({"path": "/zm/"}, {"path": "~ ^/zm/"}) == [
        f"site a.example.org, route /zm/: {first}/zm/ goes to route 2 ('~ ^/zm/'); write `path: ^~ /zm/`, which nginx "
        "takes before any regular expression, or narrow that one"
    ]
    assert refused({"path": "~ /zm/"}, {"path": r"~ ^/zm/.*\.php$"}) == [
        rf"site a.example.org, route ~ ^/zm/.*\.php$: {first}/zm/.php goes to route 1 ('~ /zm/'); of regular "
        "expressions nginx takes the first that matches: list this one before that one"
    ]
    (said,) = refused({"path": "^~ /zm/"}, {"path": "~ ^/zm/"})
    assert "nginx takes '^~ /zm/' before any regular expression: take one of the two out" in said
    for hides, bare in (({"path": "/zm/"}, "= /zm"), ({"path": "/new/", "moved_from": "/zm/"}, "= /zm")):
        (said,) = refused(hides, {"path": "~ ^/zm$"})
        assert f"https://a.example.org/zm goes to route 1 ('{bare}')" in said
    assert refused({"path": "~ ^zm"}) == [
        "site a.example.org, route ~ ^zm: path '~ ^zm' matches no path, since each begins with a slash: begin it with "
        "'^/'"
    ]


def test_two_of_the_same_path_are_refused_for_that_alone() -> None:
    (said,) = refused({"path": "^~ /zm/"}, {"path": "/zm/"}, {"path": "~ ^/zm/"})
    assert "path '/zm/' is already that of route 1: each path leads to one service" in said
    (said,) = refused({"path": "~ a"}, {"path": "~a"})
    assert "path '~ a' is already that of route 1" in said


def test_a_path_to_ask_that_the_expression_matches_is_right() -> None:
    for path in (r"~ \.php$", r"~ ^/(?=index)", r"~* INDEX\.PHP$"):
        assert sites({"path": path, "probe": {"path": "index.php?a=b"}})


def test_expressions_stand_in_the_order_of_the_list() -> None:
    routes = [{"path": path} for path in ("~ b{2}", "/", "~* a;", "= /x", '~ "')]
    found = nginx_sites(sites(*routes), HOST)[1]["servers"][1]["locations"]
    assert [(each["location"], each.get("after")) for each in found[:5]] == [
        ('~ "b{2}"', None),
        ("/", None),
        ('~* "a;"', '~ "b{2}"'),
        ("= /x", None),
        (r'~ "\""', '~* "a;"'),
    ]


def written(before: str | None, *paths: str) -> str:
    """Return the text of the site's file, as nginx_site makes it from what was there before."""
    (wanted,) = _declaration.sites([nginx_sites(sites(*({"path": path} for path in paths)), HOST)[1]])
    text = edit_site(before, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    assert text is not None
    return text


def test_another_order_is_written_once() -> None:
    first = written(None, "~ a", "/", "~ b", "~* c")
    assert written(first, "~ a", "/", "~ b", "~* c") == first
    turned = written(first, "~* c", "~ b", "/", "= /x", "~ a")
    assert re.findall("location (~.*?) {", turned) == ["~* c", "~ b", "~ a"]
    assert written(turned, "~* c", "~ b", "/", "= /x", "~ a") == turned
    assert re.findall("location (~.*?) {", written(turned, "~ a", "~* c")) == ["~ a", "~* c"]


def test_a_prefix_that_comes_before_expressions_stays_the_same_location() -> None:
    plain = written(None, "/zm/", "~ a")
    first = written(plain, "^~ /zm/", "~ a")
    assert first == plain.replace("location /zm/ {", "location ^~ /zm/ {")
    assert written(first, "/zm/", "~ a") == plain


def test_a_root_of_its_own_has_no_page_beside_it() -> None:
    for path, others in (("^~ /", []), ("/", []), ("= /", ["/"]), ("~ a", ["/"])):
        found = nginx_sites(sites({"path": path}), HOST)[1]["servers"][1]["locations"]
        assert [each["location"] for each in found[1:-1]] == others


def test_an_old_path_without_its_slash_is_left_to_the_route_that_has_it() -> None:
    found = nginx_sites(sites({"path": "/new/", "moved_from": "/old/"}, {"path": "= /old"}), HOST)[1]["servers"][1]
    assert [each["location"] for each in found["locations"]].count("= /old") == 1


def test_redirects_to_an_exact_path_of_another_route_stay() -> None:
    both = sites({"path": "/zm/", "prefix": "strip"}, {"path": "= /status"})
    (first, *_rest) = nginx_sites(both, HOST)[1]["servers"][1]["locations"]
    assert "status(?:[?#]|$)" in first["directives"]["proxy_redirect"][0]


def test_a_regular_expression_is_asked_for_where_its_owner_names_a_path() -> None:
    for route, urls in (
        (Route(path="~ a"), []),
        (Route(path="~ a", probe={"path": "/a.php"}), ["https://a.example.org/a.php"]),
        (Route(path="/zm/", probe={"path": "index.php"}), ["https://a.example.org/zm/index.php"]),
        (Route(path="= /a"), ["https://a.example.org/a"]),
    ):
        site = Site(server_names=("a.example.org",), routes=(route,))
        assert [each["url"] for each in Probe.probes(route, Place(route, site, HOST))] == urls
