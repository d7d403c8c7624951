# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx takes the location that we say, and never one that we call hidden."""

from __future__ import annotations

import random

from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.expression import (
    WrongExpressionError,
    expression,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.reach import Rule, hidden, taken

from judge.nginx import PORT, Judge

TABLES, PATHS = 12, 120
PREFIXES = ("/", "/a/", "/a/b/", "/b/", "/c/")
EXACT = ("/", "/a/", "/a/b", "/b/x.php", "/c")
EXPRESSIONS = (
    *(r"\.php$", r"^/a/", "^/a/.*", r"^/(?:a|b)/", r"^/[^/]+/[^/]+$", r"\.(?:php|jpg)$", "b", "^/c/?$", "^/a/b{1,2}/"),
    *("^/a/b/[a-z]+$", ".*", r"^/b/x\.php$", "^/(?!a)", r"^/(\w)/\1$", "c$", "^/[a-c]/(?<name>[^/]*)/", "X"),
)
# Right and wrong in many ways.
TEXTS = (
    *(
        "a**",
        "a+*",
        "a{2}{3}",
        "a{2}*",
        "a{,3}",
        "a{x}",
        "{2}",
        "x{",
        "(",
        ")",
        "a|*",
        "|a",
        "(?:)",
        "(?<n>a)",
        "(?<1>a)",
    ),
    *(
        "[",
        "[]",
        "[]]",
        "[^]",
        "[^]]",
        "[a-]",
        "[-a]",
        "[a-\\d]",
        "[z-a]",
        "[\\d-z]",
        "[[:alpha:]]",
        "[[:nope:]]",
        "\\",
    ),
    *(
        "\\y",
        "\\x4",
        "\\x{41}",
        "\\x{zz}",
        "\\p{L}",
        "\\Q+\\E",
        "^*",
        "$+",
        "(?i)a",
        "(?P<n>a)",
        "(?'n'a)",
        "(?=a)+",
        "(*)",
    ),
    *(
        "a{3,2}",
        "a{65536}",
        "a{1000}",
        "(a",
        "a)",
        "((a))",
        "(?",
        "(?:",
        "(?#x)a",
        "a??",
        "a*?",
        "a*+",
        "a*+*",
        "é",
        "\\/",
    ),
)


def tree(rules: list[Rule]) -> dict[str, bytes]:
    """Return a configuration that answers each rule with its number."""
    heads = [" ".join(filter(None, (rule.form, quote(rule.text)))) for rule in rules]
    locations = "\n".join(f"location {head} {{ return 200 {number}; }}" for number, head in enumerate(heads))
    text = f"""pid /judge/nginx.pid; error_log stderr; events {{ worker_connections 64; }}
http {{ server {{ listen 127.0.0.1:{PORT}; {locations}\n }} }}"""
    return {"nginx.conf": text.encode()}


def table(chance: random.Random) -> list[Rule]:
    """Return some rules, no two of the same prefix or exact path."""
    rules = [Rule(chance.choice(("", "", "^~")), text) for text in chance.sample(PREFIXES, 3)]
    rules += [Rule("=", text) for text in chance.sample(EXACT, chance.randint(0, 2))]
    rules += [Rule(chance.choice(("~", "~*")), text) for text in chance.sample(EXPRESSIONS, 4)]
    chance.shuffle(rules)
    return rules


def test_nginx_takes_the_location_that_we_say(judge: Judge) -> None:
    chance = random.Random(19)  # noqa: S311 - the same at each run
    told = 0
    for _table in range(TABLES):
        rules = table(chance)
        unseen = hidden(rules)
        paths = [each.path for each in unseen.values() if each.path]
        paths += [
            "/" + "/".join(chance.choices(("a", "b", "bb", "c", "x.php", "X.PHP", "y.jpg"), k=chance.randint(1, 4)))
            for _path in range(PATHS)
        ]
        paths += [path + "/" for path in paths[:20] if not path.endswith(("/", "p", "P", "g"))]
        judged = all(rule.form not in ("~", "~*") or expression(rule.text, any_case=False) for rule in rules)
        for path, body in zip(paths, judge.serve(tree(rules), paths), strict=True):
            answered = int(body) if body.isdigit() else None
            assert answered not in unseen, (rules, path)
            if judged:
                assert answered == taken(rules, path), (rules, path)
        told += len(unseen)
    assert told > TABLES // 3


def test_nginx_refuses_what_we_call_no_expression_and_takes_what_we_judge(judge: Judge) -> None:
    trees = [tree([Rule("~", text)]) for text in TEXTS]
    for text, verdict in zip(TEXTS, judge.verdicts(trees), strict=True):
        try:
            found = expression(text, any_case=False)
        except WrongExpressionError:
            assert not verdict.accepted, text
        else:
            assert found is None or verdict.accepted, (text, verdict)
