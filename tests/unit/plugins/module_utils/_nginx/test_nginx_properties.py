# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every text and every edit, on texts that hypothesis makes up."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.declare import directives
from ansible_collections.constellation.edge.plugins.module_utils._nginx.edit import insert, remove
from ansible_collections.constellation.edge.plugins.module_utils._nginx.errors import ConfigError, SyntaxRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.parse import parse
from ansible_collections.constellation.edge.plugins.module_utils._nginx.reconcile import Reconciler
from ansible_collections.constellation.edge.plugins.module_utils._nginx.style import detect, indent_of
from ansible_collections.constellation.edge.plugins.module_utils._nginx.tree import Block, Statement, meaning, walk
from ansible_collections.constellation.edge.plugins.module_utils._nginx.values import quote, value
from hypothesis import given, settings
from hypothesis import strategies as st

common = settings(derandomize=True, max_examples=150, deadline=None)

SPACES = [
    "",
    " ",
    "\n",
    "\n    ",
    "\n\n    ",
    "\n\t",
    "\r\n    ",
    "  \n  ",
    " # c {;\n    ",
    "\n# } c\n",
    "\n\n  # a\n\n  # b\n\n  ",
]
BETWEEN = [" ", "\t", "\n    ", " # why\n ", "  "]
WORDS = [
    "listen",
    "80",
    "root",
    "/x",
    '"a b"',
    "'it is'",
    "${v}",
    "a\\ b",
    "^/a\\{2}",
    '""',
    "x#y",
    "\\;",
    "$u",
    "\xe9",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Make a complete configuration text in no particular style."""
    out: list[str] = []
    depth = 0
    for _number in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(["simple", "simple", "open", "close"]))
        out.append(draw(st.sampled_from(SPACES)))
        if kind == "close":
            if depth:
                out.append("}")
                depth -= 1
            continue
        words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
        out.append(words[0])
        for word in words[1:]:
            out += [draw(st.sampled_from(BETWEEN)), word]
        if kind == "open":
            out += [" {"]
            depth += 1
        else:
            out.append(draw(st.sampled_from(["", " ", "\n"])) + ";")
    for _number in range(depth):
        out += [draw(st.sampled_from(SPACES)), "}"]
    out.append(draw(st.sampled_from(["", "\n", "\r\n", "\n\n", " # end", "\n# end\n"])))
    return "".join(out)


def blocks(document: Block) -> list[tuple[Block, str]]:
    """Every block of a document with the indentation of its owner."""
    found = [(document, "")]
    for statement, _depth in walk(document):
        if statement.block is not None:
            found.append((statement.block, indent_of(statement.words[0][0]) or ""))
    return found


NEW = [
    parse("proxy_pass http://127.0.0.1;").body[0],
    parse("location /new { a b; if ($c) { d; } }").body[0],
    parse("location /empty {}").body[0],
]


@common
@given(texts())
def test_a_text_comes_back_byte_for_byte(text: str) -> None:
    assert parse(text).dumps() == text


@common
@given(st.text(alphabet="ab \n\r\t;{}#\"'\\$()\xe9", max_size=40))
def test_any_input_is_read_whole_or_refused(text: str) -> None:
    try:
        written = parse(text).dumps()
    except SyntaxRefused as error:
        refused = error
    else:
        assert written == text
        return
    assert refused.line >= 1
    assert refused.column >= 1


@common
@given(texts(), st.integers(0, 20), st.integers(0, 20), st.sampled_from(NEW), st.booleans())
def test_putting_in_and_taking_out_restores_the_bytes(
    text: str, which: int, at: int, new: Statement, mark: bool
) -> None:
    document = parse(text)
    places = blocks(document)
    block, owner = places[which % len(places)]
    index = at % (len(block.body) + 1)
    before = meaning(document)
    insert(block, index, new, detect(document), owner=owner, mark=mark)
    edited = document.dumps()
    again = parse(edited)
    assert meaning(again) == meaning(document)
    assert len(meaning(again)) == len(before) + len(meaning(Block([new], ("", ""))))
    twin, _owner = (
        blocks(again)[which % len(places)] if which % len(places) == 0 else _same_place(again, document, block)
    )
    remove(twin, index)
    assert again.dumps() == text


def _same_place(again: Block, document: Block, block: Block) -> tuple[Block, str]:
    number = next(at for at, (each, _owner) in enumerate(blocks(document)) if each is block)
    return blocks(again)[number]


@common
@given(texts(), st.integers(0, 20), st.integers(0, 20))
def test_removing_leaves_everything_else(text: str, which: int, at: int) -> None:
    document = parse(text)
    places = [(block, owner) for block, owner in blocks(document) if block.body]
    if not places:
        return
    block, _owner = places[which % len(places)]
    index = at % len(block.body)
    gone = remove(block, index)
    again = parse(document.dumps())
    assert meaning(again) == meaning(document)
    kept = [line for line in text.split("\n") if line.strip().startswith("#")]
    inside = gone.dumps()
    for line in kept:
        assert line.strip() in document.dumps() or line.strip() in inside


@common
@given(texts(), texts())
def test_exact_gives_the_wanted_body_and_twice_is_once(text: str, wanted: str) -> None:
    document = parse(text)
    aim = parse(wanted)
    Reconciler(document, "f", True).exact(document, aim.body, "")
    once = document.dumps()
    again = parse(once)
    assert meaning(again) == meaning(aim)
    Reconciler(again, "f", True).exact(again, aim.body, "")
    assert again.dumps() == once


@common
@given(texts(), texts())
def test_present_twice_is_once(text: str, wanted: str) -> None:
    document = parse(text)
    body = parse(wanted).body
    try:
        Reconciler(document, "f", True).present(document, body, "")
    except ConfigError:
        return
    once = document.dumps()
    again = parse(once)
    assert meaning(again) == meaning(document)
    try:
        Reconciler(again, "f", True).present(again, body, "")
    except ConfigError:
        pytest.fail("the second run finds something that the first one did not")
    assert again.dumps() == once


@common
@given(st.lists(st.text(alphabet=st.characters(max_codepoint=255), max_size=12), min_size=1, max_size=5))
def test_every_value_can_be_written(values: list[str]) -> None:
    text = "x " + " ".join(quote(each) for each in values)
    assert parse(text + ";").body[0].args == values
    assert parse(text + " {}").body[0].args == values


@common
@given(st.text(alphabet="ab \\\"';{}#$\t\n", max_size=10))
def test_a_mapping_value_stays_inside_its_directive(given_value: str) -> None:
    try:
        statements = directives({"add_header": given_value}, "here")
    except ConfigError:
        return
    assert len(statements) == 1
    again = parse(Block(statements, ("", "")).dumps())
    assert len(again.body) == 1
    assert again.body[0].name == "add_header"
    assert again.body[0].block is None


@common
@given(st.text(alphabet="ab\\\"' trn", max_size=10))
def test_values_are_stable(text: str) -> None:
    assert value(quote(value(text))) == value(text)
