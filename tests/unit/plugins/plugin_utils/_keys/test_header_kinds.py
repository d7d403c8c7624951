# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and values of headers: what is refused with which words, and that nothing else leaves its argument."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import declare
from ansible_collections.constellation.edge.plugins.plugin_utils._features._quoted import quoted
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.header_kinds import (
    HeaderNames,
    Headers,
    variables,
)
from hypothesis import given
from hypothesis import strategies as st

ANSWERS = Headers({"date": "is said by nginx: take it out"})
REQUESTS = Headers({}, is_request=True)
NAMES = HeaderNames()


def texts(kind: HeaderNames | Headers, value: object) -> list[str]:
    return [mistake.text for mistake in kind.faults("key", value)]


@pytest.mark.parametrize("value", ["noindex", "", 600, 0, "a; b 'c' \"d\" \\ {e} # f", "$host ${remote_addr}s", "\\"])
def test_right_values_are_plain_texts(value: object) -> None:
    assert ANSWERS.read("key", {"X-A": value}) == ({"X-A": str(value)}, [])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "key: the value of 'X-A' must be text: write it in quotes, such as 'true'"),
        (False, "write it in quotes"),
        (1.5, "must be text in quotes, not 1.5"),
        (None, "must be text in quotes, not nothing"),
        (["a"], "must be text in quotes, not a list"),
        ("a\nb", "must be one line of printable ASCII"),
        ("a\r", "must be one line of printable ASCII"),
        ("a\0", "must be one line of printable ASCII"),
        ("a\x7f", "must be one line of printable ASCII"),
        ("é", "must be one line of printable ASCII"),
        ("a" * 2001, "is longer than nginx takes, which is 2000 letters"),
        ("5 $", "has a `$` that begins no variable of nginx, which has no escape for it"),
        ("$5", '`geo $dollar { default "$"; }` into a file of your own'),
        ("${host", "has a `$` that begins no variable"),
        ("$$host", "has a `$` that begins no variable"),
        ("\\$ {host}", "has a `$` that begins no variable"),
        ("$constellation_edge_csp", "names a variable of constellation.edge itself"),
    ],
)
def test_wrong_values(value: object, words: str) -> None:
    (text,) = texts(ANSWERS, {"X-A": value})
    assert words in text


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (ANSWERS, "X A", "'X A' is not the name of a header, such as X-Robots-Tag"),
        (ANSWERS, "", "'' is not the name of a header"),
        (ANSWERS, "X:", "'X:' is not the name of a header"),
        (ANSWERS, "X\n", "is not the name of a header"),
        (ANSWERS, 5, "5 is not the name of a header"),
        (ANSWERS, "$host", "'$host' has a sign that is nginx's own: leave it out"),
        (ANSWERS, "#a", "'#a' has a sign that is nginx's own"),
        (ANSWERS, "Date", "key: 'Date' is said by nginx: take it out"),
        (ANSWERS, "a" * 101, "is longer than nginx takes, which is 100 letters"),
        (REQUESTS, "X_Script_Name", "write 'X-Script-Name'"),
    ],
)
def test_wrong_names(kind: Headers, name: object, words: str) -> None:
    (text,) = texts(kind, {name: "a"})
    assert words in text


def test_one_header_has_one_case() -> None:
    assert texts(ANSWERS, {"X-A": "1", "x-a": "2"}) == ["key: 'x-a' and 'X-A' are one header: keep one of them"]
    assert texts(NAMES, ["Via", "VIA"]) == ["key: 'VIA' and 'Via' are one header: keep one of them"]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (ANSWERS, ["X-A"], "key must be a mapping such as {X-Name: text}, not a list"),
        (ANSWERS, None, "key must be a mapping such as {X-Name: text}, not nothing"),
        (NAMES, "Via", "key must be a list of headers, such as [X-Powered-By], not text"),
        (NAMES, [1], "key: 1 is not the name of a header, such as X-Robots-Tag"),
    ],
)
def test_what_is_of_another_form(kind: Any, value: object, words: str) -> None:
    assert texts(kind, value) == [words]


def test_an_underscore_in_an_answer_is_the_services_own_matter() -> None:
    assert NAMES.read("key", ["X_Old"]) == (("X_Old",), [])


def test_a_schema_says_the_same_of_names() -> None:
    for kind, name, is_right in ((REQUESTS, "X-A", True), (REQUESTS, "X_A", False), (ANSWERS, "X_A", True)):
        assert bool(re.search(kind.json["propertyNames"]["pattern"], name)) is is_right


def test_variables_are_found_in_both_spellings() -> None:
    assert variables("$a ${b}c $d_1-$e") == ["a", "b", "d_1", "e"]


@given(st.text(), st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_whatever_is_taken_is_one_argument_of_this_value(name: str, value: str) -> None:
    for kind, directive, more in ((ANSWERS, "add_header", ["always"]), (REQUESTS, "proxy_set_header", [])):
        read, mistakes = kind.read("key", {name: value})
        if mistakes:
            read, mistakes = kind.read("key", {"X-A": value})
        if mistakes:
            continue
        for header, text in read.items():
            line = " ".join([header, quoted(text), *more])
            (statement,) = declare.directives({directive: [line]}, "here")
            assert (statement.name, statement.args) == (directive, [header, text, *more])
            assert statement.block is None


@given(st.text(alphabet="\"'\\;{}# $ntr\t-a", max_size=12))
def test_signs_of_nginx_stay_in_the_argument(value: str) -> None:
    (statement,) = declare.directives({"add_header": [f"X-A {quoted(value)} always"]}, "here")
    assert statement.args == ["X-A", value, "always"]
