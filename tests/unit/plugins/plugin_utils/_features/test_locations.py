# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a route: whose path they have, what they say, and what their route says for them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import (
    SchemaError,
    read_sites,
    written_places,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.names import UnusableValueError
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.path_forms import below
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
    whole = {"path": "/zm/", "upstream": "http://192.168.0.10", "locations": [*locations], **route}
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
        ("/zm/", r"~ \.php$", r"~ ^/zm/.*(?:\.php$)"),
        ("/zm/", r"~* \.(jpg|png)$", r"~* ^/zm/.*(?:\.(jpg|png)$)"),
        ("/zm/", r"~ jpg|png", r"~ ^/zm/.*(?:jpg|png)"),
        ("/zm/", "~ ^/(?:a|b)/", "~ ^/zm/(?:a|b)/"),
        ("/zm/", r"~ ^/[^|^]/\^", r"~ ^/zm/[^|^]/\^"),
        ("/z.m/", "~ ^/a", r"~ ^/z\.m/a"),
    ],
)
def test_it_is_below_the_path_of_its_route(outer: str, inner: str, whole: str) -> None:
    assert below(outer, inner) == whole


@pytest.mark.parametrize("inner", ["~ ^/a|^/b", "~ ^/a|b", "~ a|^/b", "~ (^/a|/b)$"])
def test_an_expression_whose_begin_is_not_bound_at_once_is_refused(inner: str) -> None:
    with pytest.raises(UnusableValueError, match=r"bind all of it at once"):
        below("/zm/", inner)


@pytest.mark.parametrize("inner", ["/zm/api/", "= /zm/x", "^~ /zm/api/"])
def test_the_path_of_the_route_is_not_written_twice(inner: str) -> None:
    with pytest.raises(UnusableValueError, match=r"write '(\^~ |= )?/(api/|x)'"):
        below("/zm/", inner)


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
    text = written(THEIRS, {"prefix": "strip", "locations": [API]}, adopt=True)
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
    assert text.index("location ~ ^/zm/.*(?:b$)") < text.index("location ~ ^/zm/.*(?:a$)")


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
        ("x", f"{PLACE}, location 1: must be a mapping with `buffering`"),
        ({"max_body_size": "1g"}, f"{PLACE}, location 1: has no path: write which part of the route it is"),
        ({"path": "api"}, f"{PLACE}, location api: path 'api' must begin and end with one '/'"),
        ({"path": "/a/", "max_body_sise": "1g"}, f"{PLACE}, location /a/: unknown key 'max_body_sise'; did you mean"),
        ({"path": "/a/", "upstream": "http://x"}, f"{PLACE}, location /a/: unknown key 'upstream': a location is a"),
        ({"path": "/a/", "app": "known"}, f"{PLACE}, location /a/: unknown key 'app': a location is a part"),
        ({"path": "/a/", "prefix": "strip"}, f"{PLACE}, location /a/: unknown key 'prefix': it is a key of the route"),
        ({"path": "/a/", "locations": []}, f"{PLACE}, location /a/: unknown key 'locations': a location has none"),
        ({"path": "/a/", "max_body_size": -1}, f"{PLACE}, location /a/: max_body_size"),
        ({"path": "/zm/a/"}, f"{PLACE}, locations: path '/zm/a/' is below that of its route"),
        ({"path": "~ (", "max_body_size": "1g"}, f"{PLACE}, location ~ (: path '~ (' is no regular expression"),
        ({"path": "/"}, f"{PLACE.replace('/zm/', '')}/zm/: path '/zm/' is already that of route 1"),
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
    (said,) = refused({"path": "~ x", "max_body_size": "1g"}, {"path": "~ xy", "max_body_size": "2g"})
    assert said.startswith(f"{PLACE}, location ~ xy: no request ever gets here")


def test_a_route_for_one_path_has_none() -> None:
    assert any("locations is for a prefix" in each for each in refused({"path": "/a/"}, path="= /zm"))


def test_what_a_location_may_not_say_to_its_service_is_refused() -> None:
    said = refused({"path": "/a/", "request_buffering": False}, app="constellation")
    assert any("location /a/" in each and "request_buffering" in each for each in said), said


def test_with_and_without_its_last_slash_it_includes_one_file() -> None:
    text = written(None, {"locations": [{"path": "/api/", "raw": "limit_rate 1m;"}]})
    files = [each.split(";")[0] for each in text.split("include ")[1:]]
    assert len(files) == 2 == files.count(files[0])
