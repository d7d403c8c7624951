# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every text and every edit, on texts that hypothesis makes up."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import NGINX_MARK
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import directives, locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.edit import insert, remove, set_args
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.identity import LocationKey, location_key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.reconcile import Reconciler
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.style import detect, indent_of
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import (
    ConfigError,
    SyntaxRefused,
    value,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import (
    Block,
    Statement,
    meaning,
    parse,
    walk,
)
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from nginx_trees import File, Look, chances, even_looks, files, looks, written
from nginx_trees import texts as styled

common = examples(150)
# For a test that does its work at every place of a text.
everywhere = examples(25)

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


def complete(count: int, chance: Random) -> str:
    """Return a complete configuration text in no particular style, of at most so many statements and closing braces."""
    out: list[str] = []
    depth = 0
    for _number in range(count):
        kind = chance.choice(["simple", "simple", "open", "close"])
        out.append(chance.choice(SPACES))
        if kind == "close":
            if depth:
                out.append("}")
                depth -= 1
            continue
        words = [chance.choice(WORDS) for _word in range(chance.randint(1, 3))]
        out.append(words[0])
        for word in words[1:]:
            out += [chance.choice(BETWEEN), word]
        if kind == "open":
            out += [" {"]
            depth += 1
        else:
            out.append(chance.choice(["", " ", "\n"]) + ";")
    for _number in range(depth):
        out += [chance.choice(SPACES), "}"]
    out.append(chance.choice(["", "\n", "\r\n", "\n\n", " # end", "\n# end\n"]))
    return "".join(out)


def texts() -> st.SearchStrategy[str]:
    """Make complete configuration texts."""
    return st.builds(complete, st.integers(0, 14), chances)


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
    gone = block.body[index]
    remove(block, index)
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


# ---- files as people write them, edited as the modules do ----------------------------------------------------------

SELECTOR = Selector("a.example")
NEW_PATH = "= /new"
CHANGES: list[dict[str, Any]] = [
    {"location": "/", "directives": {"proxy_pass": "http://127.0.0.1:9", "proxy_set_header": ["Host x", "X-New y"]}},
    {"location": "= /b", "directives": "allow all; if ($a = 'x') { return 404; }", "state": "exact"},
    {"location": "^~ /c/", "state": "exact"},
    {"location": "/e", "directives": {"add_header": 'X-A "a \\" b"', "location /e/f": {"deny": "all"}}},
    {"location": "~ \\.php$", "before": "/g"},
    {"location": "@back", "after": "/"},
    {"location": "/d/", "directives": {"root": "/"}, "owns": ["proxy_set_header", "if", "allow"]},
    {"location": "/g", "state": "absent"},
]
changes = st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4, unique_by=lambda change: str(change["location"]))


def edited(text: str, *changes: dict[str, Any], adopt: bool = True, purge: bool = False) -> str:
    """Return a text with the locations of the server `a.example` brought in line."""
    return edit_locations(text, "f", SELECTOR, locations(list(changes), "f"), adopt=adopt, purge=purge)


def the_server(document: Block) -> Block:
    """Return the body of the server `a.example`."""
    return next(
        each.block
        for each in document.body
        if each.block is not None and each.name == "server" and "a.example" in each.block.dumps()
    )


def location_of(document: Block, key: LocationKey) -> Statement | None:
    """Return a location of the server `a.example`."""
    return next(
        (each for each in the_server(document).body if each.name == "location" and location_key(each.args) == key), None
    )


def tokens_outside(document: Block, skipped: set[LocationKey]) -> list[tuple[str, str, bool]]:
    """Return what stands before each token, the token, and whether a skipped location ends right before it.

    The locations of the server `a.example` that have one of these keys are left out.
    """
    found: list[tuple[str, str, bool]] = []
    server, behind = the_server(document), False

    def add(token: tuple[str, str]) -> None:
        nonlocal behind
        found.append((*token, behind))
        behind = False

    # What is left to do, the next thing last: a block, or a token.
    pending: list[Block | Statement | tuple[str, str]] = [document]
    while pending:
        each = pending.pop()
        if isinstance(each, tuple):
            add(each)
        elif isinstance(each, Block):
            pending += [each.close, *reversed(each.body)]
        elif each in server.body and each.name == "location" and location_key(each.args) in skipped:
            behind = True
        else:
            pending += [each.block] if each.block else []
            pending += [each.end, *reversed(each.words)]
    return found


@common
@given(files(), looks, looks, chances)
def test_the_same_tree_means_the_same_in_every_style(file: File, one: Look, other: Look, chance: Random) -> None:
    first, second = written(file, one, chance), written(file, other, chance)
    assert parse(first).dumps() == first
    assert parse(second).dumps() == second
    assert meaning(parse(first)) == meaning(parse(second))


@everywhere
@given(styled(), st.sampled_from(NEW), st.booleans())
def test_putting_in_and_taking_out_restores_the_bytes_at_every_position(text: str, new: Statement, mark: bool) -> None:
    for which, (block, owner) in enumerate(blocks(parse(text))):
        if block.body and block.body[0].name == "default" and new.block is not None:
            continue  # nginx takes no block inside a map
        for index in range(len(block.body) + 1):
            document = parse(text)
            twin = blocks(document)[which][0]
            insert(twin, index, new, detect(document), owner=owner, mark=mark)
            again = parse(document.dumps())
            assert meaning(again) == meaning(document)
            remove(_same_place(again, document, twin)[0], index)
            assert again.dumps() == text


@common
@given(styled(), st.integers(0, 50), st.data())
def test_changing_values_and_back_in_their_spelling_restores_the_bytes(text: str, at: int, data: st.DataObject) -> None:
    document = parse(text)
    # What is glued to a quoted word, as the parenthesis of an `if`, cannot stay so behind another word.
    having = [each for each, _depth in walk(document) if all(lead for lead, _word in each.words[1:]) and each.args]
    statement = having[at % len(having)]
    before = list(statement.words)
    values = st.sampled_from(["x", '"a b"', "'it is'", "${v}", '""'])
    wanted = [(" ", data.draw(values)) for _word in before[1:]]
    set_args(statement, wanted)
    assert parse(document.dumps()).dumps() == document.dumps()
    assert statement.args == [value(word) for _lead, word in wanted]
    kept = {number for number, word in enumerate(before[1:], 1) if value(word[1]) == value(wanted[number - 1][1])}
    assert [statement.words[number] for number in kept] == [before[number] for number in kept]
    set_args(statement, before[1:])
    assert document.dumps() == text


@common
@given(styled(), st.integers(0, 50), st.integers(0, 5))
def test_changing_one_word_leaves_the_words_beside_it(text: str, at: int, number: int) -> None:
    having = [each for each, _depth in walk(parse(text)) if each.args]
    statement = having[at % len(having)]
    before = list(statement.words)
    changed = 1 + number % (len(before) - 1)
    set_args(statement, [*before[1:changed], (" ", "'another'"), *before[changed + 1 :]])
    lead = before[changed][0] or " "
    assert statement.words == [*before[:changed], (lead, "'another'"), *before[changed + 1 :]]


@common
@given(styled(), st.sampled_from(["/srv/${host}", "'/a b'", "x"]))
def test_changing_a_directive_by_declaration_and_back_restores_the_bytes(text: str, new: str) -> None:
    for each in the_server(parse(text)).body:
        roots = [have for have in each.block.body if have.name == "root"] if each.block else []
        if each.name != "location" or not roots:
            continue
        path = " ".join(word for _lead, word in each.words[1:])
        there = edited(text, {"location": path, "directives": {"root": new}})
        back = edited(there, {"location": path, "directives": {"root": roots[0].words[1][1]}})
        assert back == text


@everywhere
@given(
    styled(), st.sampled_from([None, "root /x; location /new/b { deny all; }"]), st.sampled_from(["present", "exact"])
)
def test_adding_a_location_and_taking_it_away_restores_the_bytes(text: str, body: str | None, state: str) -> None:
    new = {"location": NEW_PATH, "directives": body, "state": state}
    there = edited(text, new, adopt=False)
    assert there != text
    assert edited(there, {"location": NEW_PATH, "state": "absent"}, adopt=False) == text
    assert edited(there, adopt=False, purge=True) == text
    for each in the_server(parse(text)).body:
        if each.name == "location":
            beside = " ".join(word for _lead, word in each.words[1:])
            for side in ("before", "after"):
                there = edited(text, {**new, side: beside}, adopt=False)
                assert edited(there, {"location": NEW_PATH, "state": "absent"}, adopt=False) == text


@common
@given(styled(even_looks), st.integers(0, 20))
def test_moving_a_location_and_back_restores_the_bytes(text: str, at: int) -> None:
    paths = [
        " ".join(word for _lead, word in each.words[1:])
        for each in the_server(parse(text)).body
        if each.name == "location"
    ]
    first, second = paths[at % (len(paths) - 1)], paths[at % (len(paths) - 1) + 1]
    there = edited(text, {"location": first, "after": second})
    assert there != text
    assert edited(there, {"location": first, "before": second}) == text
    there = edited(text, {"location": second, "before": first})
    assert edited(there, {"location": second, "after": first}) == text


@common
@given(styled(), changes, st.booleans())
def test_every_edit_twice_is_once(text: str, wanted: list[dict[str, Any]], purge: bool) -> None:
    try:
        once = edited(text, *wanted, purge=purge)
    except ConfigError:
        return
    assert edited(once, *wanted, purge=purge) == once
    assert edited(once, *wanted, purge=purge, adopt=False) == once


@common
@given(styled(), st.sampled_from(CHANGES))
def test_the_tokens_outside_an_edit_stay(text: str, change: dict[str, Any]) -> None:
    try:
        after = parse(edited(text, change))
    except ConfigError:
        return
    before = parse(text)
    keys = {locations([change], "f")[0].key}
    have, left = tokens_outside(before, keys), tokens_outside(after, keys)
    assert [token for _lead, token, _behind in left] == [token for _lead, token, _behind in have]
    for (lead, _token, behind), (new_lead, _new_token, new_behind) in zip(have, left, strict=True):
        assert lead == new_lead or behind or new_behind


@common
@given(
    styled(even_looks), st.sampled_from(["present", "exact"]), st.sampled_from([{}, {"before": "/"}, {"after": "/"}])
)
def test_new_text_is_written_as_the_file_is(text: str, state: str, side: dict[str, str]) -> None:
    before = parse(text)
    style = detect(before)
    try:
        change = {"location": NEW_PATH, "directives": "root /x; if ($a) { deny all; }", "state": state, **side}
        after = edited(text, change)
    except ConfigError:
        return
    if style.eol == "\n":
        assert "\r" not in after
    else:
        assert after.count("\n") == after.count("\r\n")
    new = location_of(parse(after), ("=", "/new"))
    assert new is not None
    brace = style.eol + "%s{" if style.brace_alone else " {"
    one, two, three = (style.eol + style.step * depth for depth in (1, 2, 3))
    expected = (
        f"location = /new{brace % style.step if style.brace_alone else brace} {NGINX_MARK}{two}root /x;{style.eol}"
        f"{two}if ($a){brace % (style.step * 2) if style.brace_alone else brace}"
    )
    assert new.dumps().lstrip().startswith(expected)
    assert new.dumps().endswith(f"{three}deny all;{two}}}{one}}}")
    assert indent_of(new.words[0][0]) == style.step
