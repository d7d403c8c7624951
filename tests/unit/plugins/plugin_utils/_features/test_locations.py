# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a route: whose path they have, what they say, and what their route says for them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.locations import INSTEAD, PART_KEYS
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import (
    ROUTE_KEYS,
    SchemaError,
    read_sites,
    written_places,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.names import UnusableValueError
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.path_forms import below, part_path
from routes import THEIRS, lines, written

API = {"path": "/api/", "max_body_size": "1g"}
PRESETS: dict[str, dict[str, Any]] = {
    "generic": {},
    "constellation": {"read_timeout": 150},
    "known": {
        "port": 80,
        "locations": [{"path": "/api/", "max_body_size": "1g"}, {"path": "/up/", "max_body_size": "2g"}],
    },
}


def raw(*locations: dict[str, Any], **route: Any) -> list[dict[str, Any]]:
    """Return `edge_sites` with a route at /zm/ that has these locations."""
    whole = {"path": "/zm/", "upstream": "http://192.168.0.10", "keepalive": False, "locations": [*locations], **route}
    return [{"server_name": "home.example.org", "routes": [{k: v for k, v in whole.items() if v is not None}]}]


def parts(*locations: dict[str, Any], **route: Any) -> tuple[Route, ...]:
    """Return the locations of a route."""
    (site,) = read_sites(raw(*locations, **route), PRESETS)
    return site.routes[0].locations


def refused(*locations: Any, **route: Any) -> list[str]:
    """Return what is said of these locations, each with its place."""
    with pytest.raises(SchemaError) as error:
        read_sites(raw(*locations, **route), PRESETS)
    return [f"{problem.place}: {problem.text}" for problem in error.value.problems]


@pytest.mark.parametrize(
    ("outer", "inner", "whole"),
    [
        ("/zm/", "/api/", "/zm/api/"),
        ("/", "/api/", "/api/"),
        ("/zm/", "= /api", "= /zm/api"),
        ("/zm/", "= /", "= /zm/"),
        ("/zm/", "^~ /api/", "^~ /zm/api/"),
        ("^~ /zm/", "/api/", "^~ /zm/api/"),
        ("^~ /zm/", "= /api", "= /zm/api"),
        ("/", r"~ \.php$", r"~ \.php$"),
        ("/zm/", r"~ \.php$", r"~ ^/zm(?=/)(?s:.*)(?:\.php$)"),
        ("/zm/", r"~* \.(jpg|png)$", r"~* ^(?-i:/zm)(?=/)(?s:.*)(?:\.(jpg|png)$)"),
        ("/zm/", r"~ jpg|png", r"~ ^/zm(?=/)(?s:.*)(?:jpg|png)"),
        ("/zm/", "~ ^/(?:a|b)/", "~ ^/zm/(?:a|b)/"),
        ("/zm/", r"~ ^/[^|^]/\^", r"~ ^/zm/[^|^]/\^"),
        ("/zm/", "~* ^/api/", "~* ^(?-i:/zm)/api/"),
        ("/z.m/", "~ ^/a", r"~ ^/z\.m/a"),
    ],
)
def test_it_is_below_the_path_of_its_route(outer: str, inner: str, whole: str) -> None:
    assert below(outer, inner) == whole


@pytest.mark.parametrize("inner", ["~ ^/a|^/b", "~ ^/a|b", "~ a|^/b", "~ (^/a|/b)$"])
def test_an_expression_whose_begin_is_not_bound_at_once_is_refused(inner: str) -> None:
    with pytest.raises(UnusableValueError, match=r"bind all of it at once"):
        part_path(inner)


@pytest.mark.parametrize("inner", [r"~ ^.*\.php$", "~ ^(?!/pub/)", "~ ^[^.]+$", "~ ^$"])
def test_an_expression_that_would_match_beside_the_route_is_refused(inner: str) -> None:
    with pytest.raises(UnusableValueError, match=r"must go on with '/' behind '\^'"):
        part_path(inner)


@pytest.mark.parametrize(("inner", "right"), [("/zm/api/", "/api/"), ("= /zm/x", "= /x"), ("^~ /zm/api/", "^~ /api/")])
def test_the_path_of_the_route_is_not_written_twice(inner: str, right: str) -> None:
    (said,) = refused({"path": inner, "max_body_size": "1g"})
    assert said.endswith(f"is below that of its route, which is added by itself: write '{right}'")


def test_a_part_that_is_called_as_its_route_is_no_mistake() -> None:
    (part,) = parts({"path": "/zm/", "max_body_size": "1g"})
    assert part.path == "/zm/zm/"


def test_what_a_location_does_not_say_its_route_says() -> None:
    (part,) = parts({"path": "/api/", "max_body_size": "1g"}, read_timeout=9, probe={"path": "x"})
    assert (part.path, part.within, part.base, part.mount) == ("/zm/api/", "/zm/", "/zm/api/", "/zm/")
    assert (part.max_body_size, part.read_timeout) == ("1g", 9)
    assert part.upstream.url == "http://192.168.0.10"
    assert not part.probe


@pytest.mark.parametrize(
    ("answer", "directive"),
    [
        ({"return": 404}, "return 404;"),
        ({"redirect": "/dav/"}, "return 308"),
        ({"static": "/srv/www"}, "alias /srv/www/;"),
    ],
)
def test_nginx_can_answer_for_a_part(answer: dict[str, Any], directive: str) -> None:
    text = written(None, {"prefix": "strip", "locations": [{"path": "/admin/", **answer}]})
    (block,) = [each for each in text.split("location ") if each.startswith("/zm/admin/ ")]
    assert directive in block
    assert "proxy_pass" not in block


def test_the_service_gets_the_same_path_with_and_without_a_location() -> None:
    text = written(None, {"prefix": "strip", "locations": [API]})
    assert lines(text, "proxy_pass", "/zm/api/") == lines(text, "proxy_pass")
    assert lines(text, "proxy_cookie_path", "/zm/api/") == lines(text, "proxy_cookie_path")
    assert lines(text, "proxy_redirect", "/zm/api/") == lines(text, "proxy_redirect")
    assert lines(text, "client_max_body_size", "/zm/api/") == ["1g"]


def test_the_path_without_its_last_slash_is_the_services() -> None:
    """For a proxied prefix nginx would answer 301 there, which makes a GET of a POST."""
    text = written(None, {"locations": [API]})
    assert "location = /zm/api {" in text
    assert text.count("client_max_body_size 1g;") == 2


def test_an_owners_server_resolves_the_path_below_the_prefix() -> None:
    text = written(THEIRS, {"prefix": "strip", "keepalive": False, "locations": [API]}, adopt=True)
    assert lines(text, "proxy_pass", "/zm/api/") == ["http://192.168.0.10:80/api/"] or lines(
        text, "proxy_pass", "/zm/api/"
    ) == ["http://192.168.0.10/api/"]


def test_all_locations_go_with_the_key() -> None:
    before = written(None, {})
    text = written(None, {"locations": [API, {"path": "~ x$", "max_body_size": "2g"}]})
    assert written(text, {}) == before


def test_expressions_come_in_the_order_of_the_list() -> None:
    text = written(
        None, {"locations": [{"path": "~ b$", "max_body_size": "1g"}, {"path": "~ a$", "max_body_size": "2g"}]}
    )
    assert text.index("(?:b$)") < text.index("(?:a$)")


def test_a_preset_can_have_locations_and_the_owners_keys_win() -> None:
    found = parts({"path": "/api/", "read_timeout": 9}, {"path": "/mine/", "max_body_size": "3g"}, app="known")
    assert [(each.path, each.max_body_size) for each in found] == [
        ("/zm/api/", "1g"),
        ("/zm/mine/", "3g"),
        ("/zm/up/", "2g"),
    ]
    assert found[0].read_timeout == 9
    only = parts(app="known", locations=None)
    assert [each.path for each in only] == ["/zm/api/", "/zm/up/"]


def test_what_is_written_of_each_is_found_again() -> None:
    said = raw({"path": "/api/", "max_body_size": "1g"}, app="known")
    found = list(written_places(said, read_sites(said, PRESETS)))
    (route,) = said[0]["routes"]
    assert [(entry, each.path) for entry, _site, each in found] == [
        (route, "/zm/"),
        (route["locations"][0], "/zm/api/"),
        (route, "/zm/up/"),
    ]


PLACE = "site home.example.org, route /zm/"


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("x", f"{PLACE}, location 1: must be a mapping with `access`"),
        ({"max_body_size": "1g"}, f"{PLACE}, location 1: has no path: write which part of the route it is"),
        ({"path": "api"}, f"{PLACE}, location api: path 'api' must begin and end with one '/'"),
        ({"path": "/a/", "max_body_sise": "1g"}, f"{PLACE}, location /a/: unknown key 'max_body_sise'; did you mean"),
        ({"path": "/a/", "upstream": "http://x"}, f"{PLACE}, location /a/: unknown key 'upstream': a location is a"),
        ({"path": "/a/", "app": "known"}, f"{PLACE}, location /a/: unknown key 'app': a location is a part"),
        ({"path": "/a/", "prefix": "strip"}, f"{PLACE}, location /a/: unknown key 'prefix': it is a key of the route"),
        ({"path": "/a/", "locations": []}, f"{PLACE}, location /a/: unknown key 'locations': a location has none"),
        ({"path": "/a/", "max_body_size": -1}, f"{PLACE}, location /a/: max_body_size"),
        ({"path": "/a/"}, f"{PLACE}, location /a/: says nothing of its part"),
        ({"path": "/a/", "auth_basic": "x"}, f"{PLACE}, location /a/: unknown key 'auth_basic': "),
        (
            {"path": "/a/", "compression": "off"},
            f"{PLACE}, location /a/: unknown key 'compression': it is a key",
        ),
        ({"path": "~ (", "max_body_size": "1g"}, f"{PLACE}, location ~ (: path '~ (' is no regular expression"),
        (
            {"path": "/", "max_body_size": "1g"},
            f"{PLACE}, location /: is all of its route: write its keys",
        ),
        (
            {"path": "/a/", "return": 404, "max_body_size": "1g"},
            f"{PLACE}, location /a/: max_body_size is for a route",
        ),
        ({"path": "~ a", "static": "/srv/www"}, f"{PLACE}, location ~ a: static is for a prefix"),
        ({"path": "= /a", "probe": {"path": "/x"}}, f"{PLACE}, location = /a: probe: path is for a prefix"),
    ],
)
def test_what_is_wrong_is_said_of_its_place(location: Any, text: str) -> None:
    assert any(each.startswith(text) for each in refused(location)), refused(location)


def test_an_empty_list_is_refused() -> None:
    (said,) = refused()
    assert said.startswith(f"{PLACE}: locations must be a list with `path`")


def test_one_that_no_request_reaches_is_refused() -> None:
    (said,) = refused({"path": "~ ^/x", "max_body_size": "1g"}, {"path": "~ ^/xy", "max_body_size": "2g"})
    assert said.startswith(f"{PLACE}, location ~ ^/xy: no request ever gets here")


def test_a_route_for_one_path_has_none() -> None:
    assert any("locations is for a prefix" in each for each in refused({"path": "/a/"}, path="= /zm"))


def test_what_a_location_may_not_say_to_its_service_is_refused() -> None:
    said = refused({"path": "/a/", "request_buffering": False}, app="constellation")
    assert any("location /a/" in each and "request_buffering" in each for each in said), said


def test_with_and_without_its_last_slash_it_includes_one_file() -> None:
    text = written(None, {"locations": [{"path": "/api/", "raw": "limit_rate 1m;"}]})
    files = [each.split(";")[0] for each in text.split("include ")[1:]]
    assert len(files) == 2 == files.count(files[0])


def test_of_two_locations_with_one_path_the_second_is_named() -> None:
    (said,) = refused(API, {**API, "path": "^~ /api/"})
    assert said == (
        "site home.example.org, route ^~ /zm/api/: path '^~ /zm/api/' is said already by route 1: take one of them out"
    )


def test_each_key_of_a_route_is_one_of_a_location_or_is_told_where_it_belongs() -> None:
    assert {*PART_KEYS, *INSTEAD} == {*ROUTE_KEYS}


def test_an_expression_below_a_prefix_that_comes_first_is_told_what_helps() -> None:
    (said,) = refused({"path": "~ x$", "max_body_size": "1g"}, path="^~ /zm/")
    assert said.startswith("site home.example.org, route ^~ /zm/, locations: path '~ x$' of a location: nginx takes")


METRICS = {"port": 80, "locations": [{"path": "= /metrics", "return": 404}]}


@pytest.mark.parametrize("said", [{"redirect": "/y/"}, {"max_body_size": "1m"}])
def test_what_an_owner_says_takes_the_place_of_a_presets_answer(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    monkeypatch.setitem(PRESETS, "metrics", METRICS)
    (part,) = parts({"path": "= /metrics", **said}, app="metrics")
    assert not part.returns
    assert bool(part.targets) == ("redirect" not in said)


@pytest.mark.parametrize("path", ["= /x", "~ x"])
def test_a_route_that_is_no_prefix_has_none_of_its_presets(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setitem(PRESETS, "metrics", METRICS)
    assert parts(app="metrics", path=path, locations=None) == ()


def test_a_route_of_its_own_wins_over_a_presets_location(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "metrics", METRICS)
    routes = [{"path": "/", "app": "metrics"}, {"path": "= /metrics", "upstream": "http://192.168.0.10"}]
    (site,) = read_sites([{"server_name": "home.example.org", "routes": routes}], PRESETS)
    assert [each.locations for each in site.routes] == [(), ()]


def test_a_presets_location_may_begin_as_the_route_does() -> None:
    assert [each.path for each in parts(app="known", path="/api/", locations=None)] == ["/api/api/", "/api/up/"]


def test_where_nginx_answers_nothing_of_the_routes_raw_counts() -> None:
    part, other = parts({"path": "/s/", "static": "/srv/www"}, {**API, "raw": ""}, raw="index a.html;")
    assert (part.raw, other.raw) == ("", "")


@pytest.mark.parametrize(
    ("inner", "path", "is_meant"),
    [
        ("~ /metrics$", "/zm/metrics", True),
        ("~ /metrics$", "/zm/x/metrics", True),
        ("~ /metrics$", "/zm/\n/metrics", True),
        ("~ /metrics$", "/zmedia/metrics", False),
        ("~ /metrics$", "/other/metrics", False),
        (r"~* \.php$", "/zm/a.PHP", True),
        (r"~* \.php$", "/ZM/a.php", False),
        ("~* ^/api/", "/zm/API/", True),
        ("~* ^/api/", "/ZM/api/", False),
    ],
)
def test_an_expression_matches_below_its_route_alone(inner: str, path: str, is_meant: bool) -> None:
    form, _blank, text = below("/zm/", inner).partition(" ")
    # Python has PCRE's groups with flags; nginx's `~*` is its flag for the whole.
    assert bool(re.search(text, path, re.IGNORECASE if form == "~*" else 0)) == is_meant


LOGIN = "auth_basic x;\nauth_basic_user_file /etc/h;\n"


def test_lines_that_would_drop_a_login_of_the_route_are_refused() -> None:
    (said,) = refused({"path": "/a/", "raw": "limit_rate 1m;"}, raw=LOGIN)
    assert said.startswith(f"{PLACE}, location /a/: raw of the route, in which `auth_basic` asks something of")
    assert parts({"path": "/a/", "raw": "auth_basic off;"}, API, {"path": "/b/", "return": 404}, raw=LOGIN)


def test_files_that_would_be_there_without_a_login_of_the_route_are_refused() -> None:
    (said,) = refused({"path": "/a/", "static": "/srv/www"}, raw=LOGIN)
    assert said.startswith(f"{PLACE}, location /a/: raw of the route, in which `auth_basic` asks something of")
    assert parts({"path": "/a/", "static": "/srv/www", "raw": LOGIN}, raw=LOGIN)
