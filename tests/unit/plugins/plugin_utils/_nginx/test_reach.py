# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which location nginx takes; `tests/judge/test_reach.py` asks nginx itself."""

from __future__ import annotations

import random
import re

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.expression import (
    WrongExpressionError,
    expression,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.reach import (
    Hidden,
    Rule,
    hidden,
    shared,
    taken,
)

PHP = Rule("~", r"\.php$")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([Rule("", "/"), PHP], {}),
        ([Rule("", "/zm/"), Rule("~", "^/zm/")], {0: Hidden("/zm/", 1)}),
        ([Rule("", "/zm/"), Rule("~", "^/zm/[a-z]+")], {}),
        ([Rule("^~", "/zm/"), Rule("~", r"^/zm/.*\.php$")], {1: Hidden("/zm/.php", 0)}),
        # The longest prefix is the one of /zm/api/, so that expressions are looked at there.
        ([Rule("^~", "/zm/"), Rule("", "/zm/api/"), Rule("~", r"^/zm/.*\.php$")], {}),
        ([Rule("~", ".*"), PHP, Rule("", "/")], {1: Hidden("/.php", 0), 2: Hidden("/", 0)}),
        ([PHP, Rule("~", ".*"), Rule("", "/")], {2: Hidden("/", 1)}),
        ([Rule("~", r"\.(?:php|phtml)$"), PHP], {1: Hidden("/.php", 0)}),
        ([Rule("~*", r"\.PHP$"), PHP], {1: Hidden("/.php", 0)}),
        ([PHP, Rule("~*", r"\.PHP$")], {}),
        ([Rule("=", "/zm/"), Rule("~", "^/zm/$")], {1: Hidden("/zm/", 0)}),
        ([Rule("=", "/a.php"), PHP], {}),
        ([Rule("~", "^zm")], {0: Hidden("", -1)}),
        ([Rule("~", "^/a//b$")], {0: Hidden("", -1)}),
        ([Rule("~", r"^/\.\./b$")], {0: Hidden("", -1)}),
        ([Rule("~", "^/[0-9]{2,3}$"), Rule("~", "^/12$")], {1: Hidden("/12", 0)}),
        ([Rule("~", "^/[0-9]{3,}$"), Rule("~", "^/12$")], {}),
        ([Rule("~", r"^/(?<user>[^/]+)/"), Rule("~", r"^/\w+/x y$")], {1: Hidden("/a/x%20y", 0)}),
        # Paths with line ends are not looked at.
        ([Rule("~", r"[\r\n]"), Rule("~", "a"), Rule("", "/")], {}),
        # What is no regular language is not judged.
        ([Rule("~", r"^/(?!api)"), Rule("~", "^/x$"), Rule("", "/")], {}),
        ([Rule("~", r"^/(a)\1$"), Rule("~", r"^/é$")], {}),
    ],
)
def test_what_is_never_taken_is_told_with_a_path(rules: list[Rule], expected: dict[int, Hidden]) -> None:
    assert hidden(rules) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Rule("~*", r"\.png$"), Rule("~", r"^/a/"), "/a/.png"),
        (Rule("~*", r"\.png$"), Rule("~", r"\.PNG$"), "/.PNG"),
        (Rule("~", r"\.png$"), Rule("~", r"\.jpg$"), None),
        # Of another prefix, and of one path alone.
        (Rule("~", r"\.png$"), Rule("~", r"^/b/"), None),
        (Rule("~", r"\.png$"), Rule("~", r"^/one\.png$"), None),
        (Rule("~", r"\.png$"), Rule("~", r"(?!a)"), ""),
    ],
)
def test_what_two_expressions_share_below_a_prefix(one: Rule, other: Rule, expected: str | None) -> None:
    prefixes = [Rule("", "/"), Rule("^~", "/b/"), Rule("=", "/one.png")]
    assert shared(one, other, prefixes, prefixes[0]) == expected


def test_prefixes_and_exact_paths_alone_hide_nothing() -> None:
    assert hidden([Rule("", "/"), Rule("", "/a/"), Rule("^~", "/a/b/"), Rule("=", "/a/")]) == {}


def test_a_site_of_many_routes_is_judged() -> None:
    rules = [Rule("", f"/route{number}/") for number in range(500)]
    assert hidden([*rules, PHP]) == {}
    assert hidden([*rules, Rule("~", "^/route77/")]) == {77: Hidden("/route77/", 500)}


def test_what_needs_too_many_states_is_not_judged() -> None:
    many = [Rule("~", f"^/.*{letter}.{{12}}$") for letter in "abcdef"]
    assert hidden([*many, Rule("~", "^/.*a.{12}$")]) == {}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("^/a$", "/a", True),
        ("^/a$", "/ab", False),
        ("a", "/ba", True),
        ("^/(?:a|bc)*$", "/abcbca", True),
        ("^/(?:a|bc)*$", "/abca-", False),
        ("^/a+b?$", "/aab", True),
        ("^/a+b?$", "/b", False),
        ("^/a{0}b$", "/b", True),
        ("^/a{0}b$", "/ab", False),
        ("^/a{,2}$", "/a{,2}", True),
        ("^/[]x]$", "/]", True),
        ("^/[^]x]$", "/]", False),
        (r"^/[\w-]+$", "/a-b_c", True),
        (r"^/[a\-z]$", "/b", False),
        (r"^/\x41\d\D\W$", "/A1a.", True),
        (r"^/a\/b$", "/a/b", True),
        (r"\A/a\z", "/a", True),
        ("^/a|b$", "/xb", True),
        ("^/(a|)$", "/", True),
        ("(?:^/a|/b$)", "/x/b", True),
        ("a$b", "/ab", False),
    ],
)
def test_an_expression_matches_what_it_should(text: str, path: str, expected: bool) -> None:
    assert (taken([Rule("~", text)], path) == 0) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("^/(a", "'(' at character 3 is not closed"),
        ("^/a)", "')' at character 4 closes nothing"),
        ("^/[a", "'[' at character 3 is not closed"),
        ("*a", "'*' at character 1 has nothing to repeat"),
        ("a(+)", "'+' at character 3 has nothing to repeat"),
        ("a\\", "it ends in a backslash"),
        ("[z-a]", "the range z-a has its ends in the wrong order"),
        ("a{3,2}", "{3,2} has its numbers in the wrong order"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, reason: str) -> None:
    with pytest.raises(WrongExpressionError, match=re.escape(reason)):
        expression(text, any_case=False)


@pytest.mark.parametrize(
    "text",
    [
        "(?=a)",
        r"(a)\1",
        "(?i)a",
        "a++",
        r"\bword",
        "\r",
        r"[\r\n]",
        r"\x0a",
        r"^/[\s-_]+$",
        r"\S",
        "[[:alpha:]]",
        "é",
        "(?>a)",
        "(*UTF8)a",
        "((a{60}){60}){60}",
    ],
)
def test_what_is_not_judged_is_left_to_nginx(text: str) -> None:
    assert expression(text, any_case=False) is None


def test_expressions_match_what_those_of_python_match() -> None:
    """Of the syntax that PCRE and Python share, by chance but with a fixed seed."""
    chance = random.Random(19)  # noqa: S311 - the same at each run
    parts = [
        "a",
        "b",
        "/",
        ".",
        "[ab]",
        "[^a/]",
        "(?:a|b/)",
        "(a|bb)",
        "a*",
        "b+",
        "(?:ab)?",
        "a{2}",
        "[a-c]{1,2}",
        r"\w",
        r"\.",
    ]
    for _round in range(400):
        text = "".join(chance.choices(parts, k=chance.randint(1, 5)))
        text = chance.choice(["", "^/", "^"]) + text + chance.choice(["", "$", ".*"])
        for _path in range(10):
            path = "/" + "".join(chance.choices("ab/c.", k=chance.randint(0, 6)))
            any_case = chance.random() < 0.5
            asked = path.upper() if any_case else path
            found = taken([Rule("~*" if any_case else "~", text)], asked) == 0
            assert found is bool(re.search(text, asked, re.IGNORECASE if any_case else 0)), (text, asked)
