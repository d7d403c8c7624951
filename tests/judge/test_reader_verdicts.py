# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""We accept a text exactly when nginx's reader does, and refuse it with nginx's reason and line.

Where nginx stops for another reason, what stands behind that place is not judged: there we may say what we want.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import SyntaxRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse

from judge.nginx import LOAD_LUA, Judge, Verdict
from judge.texts import HEAD, TAIL, Writer, break_up, chances

SEED = 20260
TEXTS = 6500
# nginx reads into a buffer of this size.
BUFFER = 4096
# Of differences this many are shown.
SHOWN = 5


@dataclass(frozen=True)
class Case:
    """A text that was judged, what nginx says of it, and what we refuse it with: reason and line."""

    text: str
    verdict: Verdict
    ours: tuple[str, int] | None

    @property
    def judged(self) -> bool:
        """Whether nginx read the text to its end or to an error of the reader."""
        return self.verdict.accepted or self.verdict.reader_error

    @property
    def too_long(self) -> bool:
        """Whether nginx stops at a length, which we do not have."""
        return self.verdict.message.startswith("too long")


def refusal(text: str) -> tuple[str, int] | None:
    """Return reason and line with which we refuse a text; None when we read it, byte for byte."""
    try:
        written = parse(text).dumps()
    except SyntaxRefused as error:
        return error.reason, error.line
    assert written == text
    return None


def made_up(chance: random.Random, number: int, lua: bool) -> tuple[str, dict[str, bytes]]:
    """Return a text and the tree in which nginx reads it: every second is broken, every eighth an included file."""
    text, broken, included = Writer(chance, lua).text(), number % 2 == 1, number % 8 > 5
    if chance.random() < 0.1:
        text = chance.choice((" ", "\r", "\n")) * chance.randint(BUFFER - 1000, BUFFER) + text
    if broken:
        text = break_up(chance, text)
    load = LOAD_LUA.decode() if lua else ""
    if included:
        return text, {"nginx.conf": f"{load}{HEAD}include part;{TAIL}".encode(), "part": text.encode("latin-1")}
    text = load + HEAD + text + (TAIL if not broken or chance.random() < 0.7 else "")
    return text, {"nginx.conf": text.encode("latin-1")}


@pytest.fixture(scope="module")
def cases(judge: Judge) -> list[Case]:
    """All texts, judged in one go."""
    chance = chances(SEED)
    texts, trees = zip(*(made_up(chance, number, judge.has_lua) for number in range(TEXTS)), strict=True)
    verdicts = judge.verdicts(trees)
    for tree, verdict in zip(trees, verdicts, strict=True):
        assert not verdict.reader_error or verdict.file == ("part" if "part" in tree else "nginx.conf")
    return [Case(text, verdict, refusal(text)) for text, verdict in zip(texts, verdicts, strict=True)]


def test_enough_texts_are_judged_to_their_end(cases: list[Case]) -> None:
    assert sum(case.judged and not case.too_long for case in cases) >= 5000
    assert sum(case.verdict.reader_error and not case.too_long for case in cases) >= 1500
    assert sum(case.verdict.accepted for case in cases) >= 2500


def test_every_kind_of_refusal_is_among_them(cases: list[Case], judge: Judge) -> None:
    said = {case.verdict.message for case in cases if case.verdict.reader_error}
    ends = {message for message in said if message.startswith("unexpected end of file")}
    lua = {"unexpected end of file, expecting terminating characters for lua code block"} if judge.has_lua else set()
    assert ends == {f"unexpected end of file, expecting {what}" for what in ('";" or "}"', '"}"')} | lua
    assert said >= {f'unexpected "{letter}"' for letter in ";{}#a"}


def test_what_nginx_accepts_is_read(cases: list[Case]) -> None:
    assert [case for case in cases if case.verdict.accepted and case.ours][:SHOWN] == []


def test_what_nginxs_reader_refuses_is_refused_with_its_reason_and_line(cases: list[Case]) -> None:
    refused = [case for case in cases if case.verdict.reader_error and not case.too_long]
    assert [case for case in refused if case.ours != (case.verdict.message, case.verdict.line)][:SHOWN] == []


def test_nothing_is_refused_before_the_line_where_nginx_stops_for_another_reason(cases: list[Case]) -> None:
    other = [case for case in cases if (not case.judged or case.too_long) and case.verdict.line and case.ours]
    assert [case for case in other if case.ours and case.ours[1] < (case.verdict.line or 0)][:SHOWN] == []


LONG = [
    "gzip_types %s;" % ("a" * BUFFER),
    "gzip_types %s ;" % ("a" * (BUFFER - 1)),
    "gzip_types %s;" % ("\\;" * BUFFER),
    'gzip_types "%s";' % ("a" * (BUFFER - 1)),
    "gzip_types '%s' ;" % ("a" * (BUFFER - 2)),
    "gzip_types '%s';" % (" \n;{}#" * BUFFER),
    "#%s\n" % ("a" * BUFFER),
]


def test_texts_over_nginxs_lengths_are_read(judge: Judge) -> None:
    texts = [HEAD + line + TAIL for line in LONG]
    for text, verdict in zip(texts, judge.verdicts([{"nginx.conf": text.encode()} for text in texts]), strict=True):
        assert (verdict.reader_error, verdict.message[:18]) == (True, "too long parameter")
        assert refusal(text) is None


def test_lua_over_the_modules_lengths_is_read(judge: Judge) -> None:
    if not judge.has_lua:
        pytest.skip(f"{judge.system} has no Lua module")
    bodies = ["a" * (BUFFER + 1), "a\n" * BUFFER, "a[[%s]]" % ("}" * BUFFER), "a '%s'" % ("a" * BUFFER)]
    head = LOAD_LUA.decode() + HEAD + "server { location / { content_by_lua_block {"
    texts = [head + body + "}}}" + TAIL for body in bodies]
    for text, verdict in zip(texts, judge.verdicts([{"nginx.conf": text.encode()} for text in texts]), strict=True):
        assert verdict.reader_error
        assert "too long" in verdict.message
        assert refusal(text) is None
