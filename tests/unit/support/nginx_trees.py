# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random configurations, written in random styles, for the property tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from hypothesis import strategies as st

PATHS = ("/", "= /a", "=/b", "/c/", "^~ /d/", "~ \\.php$", "~* \\.(gif|png)$", "@back", '"/e f"', "/g")
SIMPLE = (
    ("proxy_pass", "http://127.0.0.1:8080/"),
    ("proxy_set_header", "Host", "$host"),
    ("proxy_set_header", "Connection", '""'),
    ("add_header", "X-A", "'it is; a \"{#}\" value'"),
    ("root", "/srv/${host}"),
    ("allow", "10.0.0.0/8"),
    ("deny", "all"),
    ("rewrite", "^/a\\{2\\}$", "/b", "last"),
    ("internal",),
)
COMMENTS = ("# plain", "# } not the end {", "#glued;", "# managed by Certbot", '# caf\xe9 "it\'s"', "#")
STEPS = ("  ", "    ", "\t", "   ", "        ")


class Node(NamedTuple):
    """A directive: its words as they are written, and what is in its block."""

    words: tuple[str, ...]
    body: tuple[Node, ...] | None = None


File = tuple[Node, ...]


@dataclass(frozen=True)
class Look:
    """How a text is written.

    `one_line`, `above` and `behind` are the shares of blocks on one line, and of statements with a comment above and
    behind; `mixed` changes indentation, line ends and braces from statement to statement.
    """

    step: str = "    "
    eol: str = "\n"
    brace_alone: bool = False
    blank: bool = True
    final: bool = True
    one_line: float = 0.0
    above: float = 0.0
    behind: float = 0.0
    mixed: bool = False


even_looks = st.builds(
    Look,
    step=st.sampled_from(STEPS),
    eol=st.sampled_from(["\n", "\r\n"]),
    brace_alone=st.booleans(),
    blank=st.booleans(),
    final=st.booleans(),
)
shares = st.sampled_from([0.0, 0.3, 0.8])
# Seeds: a generator whose every answer hypothesis draws takes ten times as long as the edits that are tested.
chances = st.builds(random.Random, st.integers(0, 2**32 - 1))
looks = st.builds(
    Look,
    step=st.sampled_from([*STEPS, "", " "]),
    eol=st.sampled_from(["\n", "\r\n"]),
    brace_alone=st.booleans(),
    blank=st.booleans(),
    final=st.booleans(),
    one_line=shares,
    above=shares,
    behind=shares,
    mixed=st.booleans(),
)


@st.composite
def files(draw: st.DrawFn) -> File:
    """Make a file with a server `a.example`, perhaps more, and two to five locations in it."""
    chance = draw(chances)
    name = Node(("server_name", "a.example"))
    found = [Node(("server",), (Node(("listen", "80")), name, *_simple(chance), *_locations(chance)))]
    if chance.random() < 0.5:
        pairs = (Node(("default", '""')), Node(('"~^/x{2}"', "'a b'")))
        found.insert(0, Node(("map", "$uri", "$v"), pairs[: chance.randint(1, 2)]))
    if chance.random() < 0.5:
        found.append(Node(("server",), (Node(("server_name", "b.example")), *_locations(chance))))
    return tuple(found)


def _simple(chance: random.Random) -> list[Node]:
    return [Node(words) for words in chance.sample(SIMPLE, chance.randint(0, 3))]


def _locations(chance: random.Random) -> Iterator[Node]:
    for path in chance.sample(PATHS, chance.randint(2, 5)):
        body = _simple(chance)
        if chance.random() < 0.2:
            body.append(Node(("if", "($a", "=", '"x")'), (Node(("return", "403")),)))
        if chance.random() < 0.2:
            body.append(Node(("location", "~ \\.x$"), tuple(_simple(chance))))
        yield Node(("location", path), tuple(body))


def written(file: File, look: Look, chance: random.Random) -> str:
    """Return a file as text."""
    parts: list[str] = []
    for number, node in enumerate(file):
        if number:
            parts.append(look.eol * (1 + look.blank))
        parts.append(_statement(node, look, chance, 0))
    return "".join(parts) + look.eol * look.final


def _statement(node: Node, look: Look, chance: random.Random, depth: int) -> str:
    if look.mixed:
        look = replace(
            look,
            step=chance.choice(STEPS),
            eol=chance.choice(("\n", "\r\n")),
            brace_alone=chance.random() < 0.5,
            blank=chance.random() < 0.5,
        )
    indent = look.step * depth
    parts = []
    if chance.random() < look.above:
        parts += [indent, chance.choice(COMMENTS), look.eol]
    parts += [indent, " ".join(node.words)]
    parts.append(";" if node.body is None else _block(node.body, look, chance, depth))
    if chance.random() < look.behind:
        parts += [" ", chance.choice(COMMENTS)]
    return "".join(parts)


def _block(body: tuple[Node, ...], look: Look, chance: random.Random, depth: int) -> str:
    if chance.random() < look.one_line and all(each.body is None for each in body):
        return " {" + "".join(f" {' '.join(each.words)};" for each in body) + " }" if body else " {}"
    indent = look.step * depth
    parts = [look.eol + indent if look.brace_alone else " ", "{"]
    for number, each in enumerate(body):
        parts.append(look.eol * (1 + (look.blank and number > 0 and each.body is not None)))
        parts.append(_statement(each, look, chance, depth + 1))
    return "".join([*parts, look.eol, indent, "}"])


def texts(style: st.SearchStrategy[Look] = looks) -> st.SearchStrategy[str]:
    """Make files in a style."""
    return st.builds(written, files(), style, chances)
