# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a route answers, beside which nothing of a service stands; and what is left when that changes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from routes import THEIRS, lines, refused, written

SITE = "home.example.org"
ANSWERS: list[dict[str, Any]] = [
    {"return": 410},
    {"return": {"code": 410, "text": "gone"}},
    {"redirect": "https://other.example.org"},
    {"redirect": "/there"},
    {"static": "/srv/www"},
    {"static": {"directory": "/srv/www", "try": "/index.html"}},
]
SERVICES: list[dict[str, Any]] = [
    {"upstream": "http://192.168.0.10"},
    {"upstream": "http://192.168.0.10", "prefix": "strip", "buffering": True, "request_buffering": False},
    {"upstream": "https://192.168.0.10", "upstream_tls": {"verify": "system", "name": "nas.lan"}},
    {"upstream": "https://192.168.0.10", "websocket": False, "hide_headers": ["X-A"], "request_headers": {"X-B": "c"}},
]


def parts(text: str) -> list[str]:
    """Return the lines in an order of their own: a line of its owner's, or that both say, keeps its place."""
    return sorted(filter(None, map(str.strip, text.splitlines())))


def problems(route: dict[str, Any], presets: dict[str, Any] | None = None) -> list[str]:
    site = {"server_name": SITE, "routes": [{"path": "/zm/", **route}]}
    with pytest.raises(SchemaError) as error:
        read_sites([site], {"generic": {}, **(presets or {})})
    return [each.text for each in error.value.problems]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            301,
            "return 301 is no answer by itself: write one of 200, 204, 400, 403, 404, 410, 429, 444, 451 or 503",
        ),
        (401, "return 401 is no answer by itself"),
        ("410", "return '410' is a text: write 410 without quotes"),
        ("411", "return '411' is no answer by itself"),
        (True, "return True is no answer by itself"),
        ({}, "return needs `code`"),
        ({"code": 204, "text": "x"}, "an answer 204 has no text: take it out"),
        ({"code": 444, "text": "x"}, "an answer 444 has no text"),
        ({"code": 410, "text": ""}, "text must be a text"),
        ({"code": 410, "text": "a\nb"}, "must be one line of text"),
        ({"code": 410, "text": "a" * 1001}, "is longer than 1000 bytes"),
        ({"code": 410, "txt": "a"}, "unknown key 'txt'; did you mean 'text'?"),
    ],
)
def test_a_code_that_says_nothing_alone_is_refused(given: Any, said: str) -> None:
    (text,) = problems({"return": given})
    assert said in text


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"upstream": "http://10.0.0.1"}, "has `upstream`, `"),
        ({"prefix": "strip"}, "prefix is for a route with a service, and this one has `"),
        ({"websocket": True}, "websocket is for a route with a service"),
        ({"read_timeout": 60}, "read_timeout is for a route with a service"),
        ({"buffering": True}, "buffering is for a route with a service"),
        ({"request_buffering": True}, "request_buffering is for a route with a service"),
        ({"request_headers": {"X-A": "b"}}, "request_headers is for a route with a service"),
        ({"hide_headers": ["X-A"]}, "hide_headers is for a route with a service"),
        ({"max_body_size": "1m"}, "max_body_size is for a route with a service"),
        ({"method_override": True}, "method_override is for a route with a service"),
        ({"probe": {"sse": "events"}}, "probe: `sse` is for a service"),
        ({"app": "some"}, "app is for a route with a service"),
    ],
)
def test_what_is_for_a_service_is_refused_beside_another_answer(
    answer: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    (text,) = problems({**answer, **more}, {"some": {"port": 80}})
    assert said in text


def test_two_answers_are_refused_with_both_names() -> None:
    (text,) = problems({"redirect": "/x", "static": "/srv", "return": 410})
    assert text == "has `redirect`, `return`, `static`, and a route has one answer: take out all but one"


def test_none_is_refused_with_all_that_there_are() -> None:
    (text,) = problems({})
    assert text.startswith(
        "has neither upstream nor app: where does the service answer? (upstream: http://ADDRESS:PORT)"
    )
    assert text.endswith("write one of `redirect`, `return`, `static`")


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("service", [*SERVICES, *ANSWERS])
def test_what_was_there_goes_with_the_route_that_made_it(answer: dict[str, Any], service: dict[str, Any]) -> None:
    fresh, before = written(None, {"upstream": None, **answer}), written(None, {"upstream": None, **service})
    assert parts(written(before, {"upstream": None, **answer})) == parts(fresh)
    assert parts(written(fresh, {"upstream": None, **service})) == parts(before)


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_a_service_alone_needs_is_not_there(answer: dict[str, Any]) -> None:
    text = written(None, {"upstream": None, **answer}).partition("location /zm/ {")[2].partition("location")[0]
    assert "proxy_" not in text
    assert "client_max_body_size" not in text


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_path_without_its_last_slash_leads_to_the_route(answer: dict[str, Any]) -> None:
    assert "location = /zm {" in written(None, {"upstream": None, **answer})
    assert "location = /zm {" not in written(None, {})


@pytest.mark.parametrize("answer", ANSWERS)
def test_headers_are_added_to_every_answer(answer: dict[str, Any]) -> None:
    text = written(None, {"upstream": None, **answer, "headers": {"X-Robots-Tag": "noindex"}})
    assert "X-Robots-Tag noindex always" in lines(text, "add_header")
    assert any(line.startswith("Strict-Transport-Security") for line in lines(text, "add_header"))


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_owners_line_in_the_location_stays_both_ways(answer: dict[str, Any]) -> None:
    mine = "        satisfy any;\n        index mine.html;\n" if "static" not in answer else "        satisfy any;\n"
    anchor = "        proxy_http_version"
    text = written(None, {}).replace(anchor, mine + anchor, 1)
    there = written(text, {"upstream": None, **answer})
    assert set(parts(mine)) <= set(parts(there))
    assert parts(written(there, {})) == parts(text)


@pytest.mark.parametrize("answer", ANSWERS)
def test_in_an_owners_server_a_location_of_its_own_is_made_and_goes(answer: dict[str, Any]) -> None:
    theirs = THEIRS.replace("location /zm/", "location /other/")
    there = written(theirs, {"upstream": None, **answer}, adopt=True)
    assert "location = /zm {" in there
    assert "location = /zm {" not in written(there, {}, adopt=True)
    back = written(written(there, {}, adopt=True), {"upstream": None, **answer}, adopt=True)
    assert parts(back) == parts(there)


def test_a_misspelt_key_is_not_told_as_a_route_without_an_answer() -> None:
    assert "did you mean 'redirect'?" in refused(redirct="/x")
