# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cost grows as the text does, for hostile texts too: processor time per byte, compared between sizes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.edit import restyle
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.style import Style, detect
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, comments, meaning, parse

Work = Callable[[str], object]

# A larger text may cost this many times more per byte, or an eighth of the times that it is larger: caches, the
# collector and a busy machine are felt. What grows as a square costs as many times more as the text is larger.
FACTOR = 5
TRIES = 10
SIZES = (10_000, 100_000)
HOSTILE_SIZES = (4_000, 32_000)
# A text that is forty or more times larger shows the same share of a square that any larger one does, since the limit
# grows with the text. What is larger still is for what breaks at some size, such as a depth of calls.
LARGE = 400_000
HOSTILE_LARGE = 320_000

LOCATION = """
    location /%d/ {
        proxy_pass http://127.0.0.1:8080/;
        proxy_set_header Host $host;  # a comment
        add_header X-Long "a value; with {braces}";
    }
"""


def site(size: int) -> str:
    """Return a file of one server with as many locations as the size takes."""
    body = "".join(LOCATION % number for number in range(size // len(LOCATION) + 1))
    return f"server {{\n    listen 80;\n    server_name a.example;\n{body}}}\n"


def read_and_write(text: str) -> object:
    return parse(text).dumps()


def edit(*changes: dict[str, Any]) -> Work:
    """Return the work of bringing these locations of the only server, or of a fragment, in line."""

    def work(text: str) -> object:
        return edit_locations(text, "f", Selector(), locations(list(changes), "f"), adopt=True, purge=True)

    return work


def refused(work: Work) -> Work:
    """Return work that ends with an error, as it must."""

    def attempt(text: str) -> object:
        with pytest.raises(ConfigError):
            work(text)
        return None

    return attempt


def seconds(work: Work, text: str) -> float:
    """Return the processor time of one try."""
    start = time.process_time()
    work(text)
    return time.process_time() - start


def assert_linear(work: Work, texts: Sequence[str], size: Callable[[str], int] = len) -> None:
    """Compare each text with the first one; ends at the first that costs too much, before a larger one would hang."""
    for text in texts[1:]:
        growth = size(text) / size(texts[0])
        limit = growth * max(FACTOR, growth / 8)
        # One try within the limit shows it. Both are measured in the same moment: a shared machine is fast or slow.
        costs: list[float] = []
        while len(costs) < TRIES and not (costs and min(costs) <= limit):
            base = min(seconds(work, texts[0]) for _try in range(3))
            costs.append(seconds(work, text) / base)
        assert min(costs) <= limit, f"{len(text)} bytes: {min(costs):.1f} times the cost, at most {limit:.1f} expected"


ADD = {"location": "= /new", "directives": "root /x; if ($a) { deny all; }"}
CHANGE = {"location": "/7/", "directives": {"proxy_pass": "http://127.0.0.1:9000/"}}


def up_to(size: int, *larger: int) -> pytest.MarkDecorator:
    """Run a test with a largest size; with larger ones where there is time for long tests."""
    return pytest.mark.parametrize("largest", [size, *(pytest.param(each, marks=pytest.mark.long) for each in larger)])


@up_to(LARGE, 10_000_000)
def test_reading_and_writing(largest: int) -> None:
    assert_linear(read_and_write, [site(size) for size in (*SIZES, largest)])


@up_to(LARGE, 1_000_000)
@pytest.mark.parametrize(
    "changes",
    [
        [ADD],
        [CHANGE],
        [{**CHANGE, "state": "exact"}],
        [{"location": "/7/", "state": "absent"}],
        [{**ADD, "before": "/7/"}],
        [{"location": "/5/", "after": "/7/"}],
    ],
    ids=["add", "change", "exact", "remove", "add beside", "move"],
)
def test_one_edit(changes: list[dict[str, Any]], largest: int) -> None:
    assert_linear(edit(*changes), [site(size) for size in (*SIZES, largest)])


def repeated(pattern: str) -> Callable[[int], str]:
    """Return what makes a text of a size: `<...>` in the pattern is repeated."""
    head, _open, rest = pattern.partition("<")
    piece, _close, tail = rest.partition(">")
    return lambda size: head + piece * (size // len(piece)) + tail


# Where `<...>` stands, it is repeated up to the size.
READ = {
    "one comment": "#<x>",
    "many comments": "<#\n>",
    "comments without end of line": "a #<#>\n;",
    "white space": "a<\r\n>;",
    "escapes": "a <\\x>;",
    "escapes in quotes": 'a "<\\x>";',
    "escaped quotes": 'a "<\\">";',
    "backslashes": "a <\\\\>;",
    "backslashes in quotes": "a '<\\\\>';",
    "dollars": "a <$>;",
    "dollars and braces": "a <${>;",
    "braces behind a dollar": "a $<{>;",
    "alternating quotes": "a<\"'\" '\"'\n>;",
    "parentheses behind quotes": 'a <"")>;',
    "words": "<a >;",
    "statements on one line": "<a;>",
    "blocks on one line": "<a{}>",
    "long brackets": "a_by_lua_block {<[==[ ]] ]==]>}",
    "long brackets that close nothing": "a_by_lua_block {<]]>}",
    "half long brackets": "a_by_lua_block {<[= >}",
    "equal signs": "a_by_lua_block {[<=>}",
    "equal signs behind a bracket": "a_by_lua_block {]<=>}",
    "braces in Lua": "a_by_lua_block {<{}>}",
    "Lua comments": "a_by_lua_block {<--\n>}",
    "dashes": "a_by_lua_block {<->\n}",
    "open quotes in Lua": "a_by_lua_block {<\"\n'\n>}",
    "open quotes on one line of Lua": "a_by_lua_block {\"<'' >\n}",
    "escaped quotes in Lua": 'a_by_lua_block {"<\\">"}',
    "escaped quotes in Lua without end": 'a_by_lua_block {"<\\">\n}',
    "escaped quotes of both kinds in Lua without end": "a_by_lua_block {\"'<\\\"\\'>\n}",
    "backslashes in Lua": 'a_by_lua_block {"<\\\\>\n}',
}
REFUSED = {
    "an open quote": 'a "<b {} ; # \n>',
    "an open quote before many": 'a \'<"">',
    "an open quote before escapes": 'a "<\\">',
    "alternating open quotes": "a<'\"' \"'\" >'",
    "open blocks on one line": "<a{>",
    "closing braces": "<}>",
    "words without end": "<a >",
    "dollars and braces without end": "a <${>",
    "a Lua block without end": "a_by_lua_block {<x\n>",
    "a long bracket without end": "a_by_lua_block {[[<]>",
    "long brackets without end": "a_by_lua_block {<[=[>",
    "long brackets of other levels": "a_by_lua_block {[[<]=]>",
    "long comments without end": "a_by_lua_block {<--[[>",
    "Lua braces without end": "a_by_lua_block {<{>",
}


@up_to(HOSTILE_LARGE, 1_000_000)
@pytest.mark.parametrize("pattern", READ.values(), ids=READ.keys())
def test_hostile_texts_are_read(pattern: str, largest: int) -> None:
    assert_linear(read_and_write, [repeated(pattern)(size) for size in (*HOSTILE_SIZES, largest)])


@up_to(HOSTILE_LARGE, 1_000_000)
@pytest.mark.parametrize("pattern", REFUSED.values(), ids=REFUSED.keys())
def test_hostile_texts_are_refused(pattern: str, largest: int) -> None:
    assert_linear(refused(read_and_write), [repeated(pattern)(size) for size in (*HOSTILE_SIZES, largest)])


EDITED = {
    "one comment": "#<x>\nlocation /7/ {}",
    "many comments": "location /7/ {\n<  #\n>}",
    "comments behind": "location /7/ {}<\n # a\n\n>",
    "white space": "location /7/ {}<\r\n >",
    "blank lines before": "<\n\t\n>location /7/ {}",
    "carriage returns": "location /7/ {\n<\r>}",
    "words": "location /7/ { gzip_types<  a>; }",
    "equal directives": "location /7/ {<\n  allow all;>\n}",
    "blocks on one line": "<if{}>",
    "Lua": "location /7/ {}\nlocation /8/ { content_by_lua_block { <'\n> } }",
}


@pytest.mark.parametrize("change", [ADD, CHANGE, {"location": "/7/", "state": "absent"}], ids=["add", "set", "remove"])
@pytest.mark.parametrize("pattern", EDITED.values(), ids=EDITED.keys())
def test_hostile_texts_are_edited(pattern: str, change: dict[str, Any]) -> None:
    assert_linear(edit(change), [repeated(pattern)(size) for size in HOSTILE_SIZES])


def test_errors_that_list_candidates() -> None:
    servers = [repeated("<server { listen 80; }\n>")(size) for size in HOSTILE_SIZES]
    assert_linear(refused(edit(ADD)), servers)
    twins = [repeated("<location /7/ { root /x; }\n>")(size) for size in HOSTILE_SIZES]
    assert_linear(refused(edit(CHANGE)), twins)


@pytest.mark.parametrize("state", ["present", "exact"])
def test_many_wanted_directives(state: str) -> None:
    def work(text: str) -> object:
        return edit({"location": "/7/", "directives": text, "state": state})(
            "location /7/ { allow 10.0.0.1; deny all; }"
        )

    assert_linear(work, ["".join(f"set $v{number} x;\n" for number in range(size)) for size in (50, 400)])


def nested(depth: int) -> str:
    """Return blocks in blocks, each on its line."""
    return "".join("location /7/ {\n" for _level in range(depth)) + "root /x;\n" + "}\n" * depth


def through_everything(text: str) -> object:
    """Read, write, compare, look at the style, write anew and edit."""
    document = parse(text)
    assert document.dumps() == text
    assert detect(document).eol == "\n"
    assert len(list(comments(document))) == 0
    copy = Block([restyle(document.body[0], "", Style("", "\n"))], ("", ""))
    assert meaning(copy) == meaning(document)
    return edit(ADD, CHANGE)(text)


def test_three_thousand_nested_blocks() -> None:
    assert_linear(through_everything, [nested(depth) for depth in (375, 3000)])
    assert_linear(edit({"location": "/9/", "directives": nested(1), "state": "exact"}), [nested(3000)] * 2)


def test_three_thousand_nested_blocks_as_a_declaration() -> None:
    """What is written has an indentation that grows with the depth: the cost is measured by that."""

    def write(text: str) -> str:
        return str(
            edit({"location": "/7/", "directives": text, "state": "exact"})("location /7/ { location /7/ {} }\n")
        )

    def work(text: str) -> object:
        return edit({"location": "/7/", "state": "absent"})(write(text))

    assert_linear(work, [nested(depth) for depth in (375, 3000)], lambda text: len(write(text)))


def test_500000_escapes_keep_their_value() -> None:
    text = 'a "' + "\\\\\\n" * 250_000 + '";'
    assert meaning(parse(text)) == [("a", "\\\n" * 250_000, ";")]
