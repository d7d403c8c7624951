# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients get: a route's own headers beside those of the site, or of an owner's server."""

from __future__ import annotations

import pytest
from routes import THEIRS, lines, refused, written

SITE_SAYS = [
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Content-Security-Policy",
    "X-Frame-Options",
]


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("request_headers", "Host", "is said by every route: take it out"),
        ("request_headers", "x-forwarded-for", "is said by every route: take it out"),
        ("request_headers", "Upgrade", "or write `websocket: false`"),
        ("request_headers", "TE", "(RFC 9110 section 7.6.1)"),
        ("request_headers", "Content-Length", "which nginx says: take it out"),
        ("headers", "Transfer-Encoding", "(RFC 9110 section 7.6.1)"),
        ("headers", "Content-Type", "describes the service's own answer"),
        ("headers", "Server", "is said by nginx in every answer"),
    ],
)
def test_what_nginx_says_itself_is_refused(key: str, name: str, words: str) -> None:
    text = refused(**{key: {name: "a"}})
    assert text.startswith(f"{key}: '{name}' ")
    assert words in text


def test_an_empty_header_is_for_what_the_site_says() -> None:
    assert "'X-Mine' has no value: write one, or `hide_headers: [X-Mine]`" in refused(headers={"X-Mine": ""})
    text = written(None, {"headers": {"X-Frame-Options": ""}})
    assert [each.split(" ")[0] for each in lines(text, "add_header")] == SITE_SAYS
    assert 'add_header X-Frame-Options "" always;' in text


def test_headers_stand_behind_those_of_the_site_in_their_order() -> None:
    text = written(None, {"headers": {"X-Robots-Tag": "noindex", "referrer-policy": "no-referrer"}})
    assert [each.split(" ")[0].lower() for each in lines(text, "add_header")] == [
        *(each.lower() for each in SITE_SAYS),
        "x-robots-tag",
    ]
    assert "referrer-policy no-referrer always" in lines(text, "add_header")
    assert "Content-Security-Policy $constellation_edge_csp always" in lines(text, "add_header")
    assert "Strict-Transport-Security" not in str(
        lines(written(None, {"headers": {"X-One": "1"}}, hsts=False), "add_header")
    )


def test_what_was_set_goes_with_its_key_and_an_owners_lines_stay() -> None:
    keys = {"headers": {"X-One": "1"}, "hide_headers": ["X-Two"], "request_headers": {"X-Three": "3"}}
    before = written(None, {})
    whole = written(before, keys)
    assert {*lines(whole, "proxy_hide_header")} == {"Strict-Transport-Security", "X-Powered-By", "X-Two"}
    assert written(whole, {}) == before
    anchor = "        proxy_http_version"
    theirs = "        add_header X-D 4;\n        proxy_hide_header X-E;\n        proxy_set_header X-F 6;\n"
    kept = before.replace(anchor, theirs + anchor, 1)
    both = written(kept, keys)
    assert all(line in both for line in theirs.splitlines())
    assert written(both, {}) == kept
    assert "X-One" not in written(both, {"headers": {"X-G": "1"}})


def test_what_a_moved_route_had_goes() -> None:
    keys = {"headers": {"X-One": "1"}, "hide_headers": ["X-Two"], "request_headers": {"X-Three": "3"}}
    before = written(None, {**keys, "path": "/"})
    for route in ({}, {"moved_from": "/"}):
        text = written(before, route)
        assert "X-One" not in text
        assert "X-Two" not in text
        assert "X-Three" not in text


def test_an_owners_server_keeps_its_headers_in_the_location() -> None:
    text = written(THEIRS, {"headers": {"X-One": "1", "x-theirs": "2"}}, adopt=True)
    assert lines(text, "add_header") == ["Referrer-Policy same-origin", "X-One 1 always", "x-theirs 2 always"]
    # They follow the server's, and go with ours.
    other = text.replace("Referrer-Policy same-origin", "Referrer-Policy no-referrer", 1)
    assert "Referrer-Policy no-referrer" in lines(written(other, {"headers": {"X-One": "1"}}, adopt=True), "add_header")
    assert written(text, {}, adopt=True) == written(THEIRS, {}, adopt=True)


def test_an_owners_server_keeps_them_in_a_location_that_is_made_in_it() -> None:
    keys = {"path": "/new/", "headers": {"X-One": "1"}, "hide_headers": ["X-Two"], "request_headers": {"X-Three": "3"}}
    text = written(THEIRS, keys, adopt=True)
    assert lines(text, "add_header", "/new/") == [
        "X-Theirs 1 always",
        "Referrer-Policy same-origin",
        "X-One 1 always",
    ]
    assert "X-Two" in lines(text, "proxy_hide_header", "/new/")
    assert "X-Three 3" in lines(text, "proxy_set_header", "/new/")


def test_hsts_of_an_adopted_site_stands_in_the_location_unless_its_owner_says_it() -> None:
    text = written(THEIRS, {"headers": {"X-One": "1"}}, adopt=True, hsts=True)
    assert "Strict-Transport-Security max-age=63072000 always" in lines(text, "add_header")
    owned = THEIRS.replace(
        "    add_header X-Theirs", "    add_header Strict-Transport-Security a;\n    add_header X-Theirs"
    )
    text = written(owned, {"headers": {"X-One": "1"}}, adopt=True, hsts=True)
    assert "Strict-Transport-Security a" in lines(text, "add_header")


def test_a_server_without_any_has_those_of_the_http_level() -> None:
    plain = "".join(line for line in THEIRS.splitlines(keepends=True) if "add_header" not in line)
    http = "add_header X-Http 1; proxy_set_header X-Y 2;"
    text = written(plain, {"headers": {"X-One": "1"}}, http=http, adopt=True)
    assert lines(text, "add_header") == ["X-Http 1", "X-One 1 always"]
    assert "X-Y 2" in lines(text, "proxy_set_header")


@pytest.mark.parametrize("level", ["http", "server", "location"])
def test_where_headers_are_merged_none_comes_along(level: str) -> None:
    merge = "add_header_inherit merge;"
    http = merge if level == "http" else ""
    before = {"server": "    add_header X-Theirs", "location": "        proxy_pass http://192.168.0.10;"}.get(
        level, "\0"
    )
    text = written(THEIRS.replace(before, merge + before), {"headers": {"X-One": "1"}}, http=http, adopt=True)
    assert lines(text, "add_header") == ["X-One 1 always"]


def test_an_owners_location_that_has_headers_has_lost_the_servers_already() -> None:
    mine = THEIRS.replace("        proxy_pass", "        add_header X-Mine 1;\n        proxy_pass")
    text = written(mine, {"headers": {"X-One": "1"}}, adopt=True)
    assert lines(text, "add_header") == ["X-Mine 1", "X-One 1 always"]
