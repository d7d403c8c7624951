# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where new text goes, how it is written, and what a removal takes with it; byte for byte."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.edit import (
    insert,
    is_marked,
    remove,
    set_args,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.style import Style, detect
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, parse

SIMPLE = "new 1;"
LOCATION = "location /new { a; }"


def inside(document: Block) -> Block:
    """Return the first block of a document, or the document when it has none."""
    return next((each.block for each in document.body if each.block), document)


@pytest.mark.parametrize(
    ("text", "at", "new", "after"),
    [
        ("s {\n    a;\n}\n", 1, SIMPLE, "s {\n    a;\n    new 1;\n}\n"),
        ("s {\n    a;\n}\n", 0, SIMPLE, "s {\n    new 1;\n    a;\n}\n"),
        ("s {\n    a; # Certbot\n}\n", 1, SIMPLE, "s {\n    a; # Certbot\n    new 1;\n}\n"),
        ("s { # head\n    a;\n}\n", 0, SIMPLE, "s { # head\n    new 1;\n    a;\n}\n"),
        ("s {\n    a;\n    # above b\n    b;\n}\n", 1, SIMPLE, "s {\n    a;\n    new 1;\n    # above b\n    b;\n}\n"),
        ("s {\n    a;\n    # last\n}\n", 1, SIMPLE, "s {\n    a;\n    # last\n    new 1;\n}\n"),
        ("s {\n  # only\n}\n", 0, SIMPLE, "s {\n  # only\n    new 1;\n}\n"),
        ("s {\n\ta;\n}\n", 1, LOCATION, "s {\n\ta;\n\n\tlocation /new {\n\t\ta;\n\t}\n}\n"),
        ("s {\r\n  a;\r\n}", 1, SIMPLE, "s {\r\n  a;\r\n  new 1;\r\n}"),
        ("s { a; }\n", 1, SIMPLE, "s { a; new 1; }\n"),
        ("s {}\n", 0, SIMPLE, "s {new 1;}\n"),
        ("s { }\n", 0, SIMPLE, "s { new 1; }\n"),
        ("s {\n}\n", 0, SIMPLE, "s {\n    new 1;\n}\n"),
        (
            "s {\n    a;\n\n    l {\n    }\n\n    m {\n    }\n}\n",
            2,
            "l2 {}",
            "s {\n    a;\n\n    l {\n    }\n\n    l2 {\n    }\n\n    m {\n    }\n}\n",
        ),
        (
            "s {\n    l {\n    }\n    m {\n    }\n}\n",
            2,
            "l2 {}",
            "s {\n    l {\n    }\n    m {\n    }\n    l2 {\n    }\n}\n",
        ),
        ("a;", 1, SIMPLE, "a;\nnew 1;"),
        ("a; # c", 1, SIMPLE, "a; # c\nnew 1;"),
        ("# file\n\n# of a\na;\n", 0, SIMPLE, "# file\n\n# of a\nnew 1;\na;\n"),
        ("", 0, SIMPLE, "new 1;"),
        ("# c\ra;\n", 0, SIMPLE, "# c\ra;\nnew 1;\n"),
    ],
)
def test_insert(text: str, at: int, new: str, after: str) -> None:
    document = parse(text)
    insert(inside(document), at, parse(new).body[0], detect(document))
    assert document.dumps() == after
    again = parse(after)
    remove(inside(again), at)
    assert again.dumps() == text


@pytest.mark.parametrize(
    ("text", "at", "after"),
    [
        ("a;\nb; # managed by Certbot\nc;\n", 1, "a;\nc;\n"),
        ("a;\n# above\nb;\nc;\n", 1, "a;\n# above\nc;\n"),
        ("a;\n\nb;\n\nc;\n", 1, "a;\n\nc;\n"),
        ("a;\n\nb;\n", 1, "a;\n"),
        ("a; b; c;\n", 1, "a; c;\n"),
        ("a; b; # both\n", 1, "a;\n"),
        ("a; b;\n", 0, "b;\n"),
        ("a;\n", 0, "\n"),
        ("a { b; } # mark\nc;\n", 0, "c;\n"),
        ("a;\n#b;\nc;\n", 1, "a;\n#b;\n"),
    ],
)
def test_remove(text: str, at: int, after: str) -> None:
    document = parse(text)
    remove(document, at)
    assert document.dumps() == after


@pytest.mark.parametrize(
    ("text", "wanted", "after"),
    [
        ("root  '/x' ; # c\n", "root /x;", "root  '/x' ; # c\n"),
        ("root  '/x' ; # c\n", "root /y;", "root  /y ; # c\n"),
        ("names a\n      b # c\n;", "names a d;", "names a\n      d # c\n;"),
        ("a 'b' c d;", "a b;", "a 'b';"),
        ("a;", "a b c;", "a b c;"),
        ("l /x{}", "l /$ {}", "l /$ {}"),
        ('l "/x"{}', "l /${y} {}", "l /${y} {}"),
    ],
)
def test_w2_only_what_differs_is_written_anew(text: str, wanted: str, after: str) -> None:
    document = parse(text)
    set_args(document.body[0], parse(wanted).body[0].words[1:])
    assert document.dumps() == after


@pytest.mark.parametrize("text", ["listen  80   default_server\tssl;", "names a  b   c {}", "a b\n  c;"])
def test_several_words_that_one_replaces_come_back_with_the_blanks_between_them(text: str) -> None:
    document = parse(text)
    before = list(document.body[0].words)
    set_args(document.body[0], parse("x 1;").body[0].words[1:])
    set_args(document.body[0], before[1:])
    assert document.dumps() == text.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("", Style()),
        ("a {\n  b {\n    c;\n  }\n}\n", Style("  ", "\n", False)),
        ("a\r\n{\r\n\tb;\r\n}\r\n", Style("\t", "\r\n", True)),
        ("a { b; }", Style()),
        ("a {\n    b;\n    c;\n  d;\n}\n", Style("    ", "\n", False)),
    ],
)
def test_style_is_what_most_of_the_file_does(text: str, style: Style) -> None:
    assert detect(parse(text)) == style


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a { # constellation.edge\n}\n", True),
        ("a {# constellation.edge\n b;\n}\n", True),
        ("a; # constellation.edge\n", True),
        ("a;\n# constellation.edge\n", False),
        ("a {\n # constellation.edge\n}\n", False),
        ("a { # constellation.edge is nice\n}\n", False),
        ("a {} # constellation.edge\n", False),
    ],
)
def test_our_mark(text: str, marked: bool) -> None:
    assert is_marked(parse(text), 0) is marked


CERTBOTS = "    listen 443 ssl; # managed by Certbot\n"


@pytest.mark.parametrize(
    ("text", "at", "after"),
    [
        # Two spaces, with Certbot's four at the end.
        (
            f"s {{\n  a;\n  location /x {{\n    b;\n  }}\n\n{CERTBOTS}}}\n",
            2,
            f"s {{\n  a;\n  location /x {{\n    b;\n  }}\n  location /new {{\n    a;\n  }}\n\n{CERTBOTS}}}\n",
        ),
        (f"s {{\n  a;\n{CERTBOTS}}}\n", 2, f"s {{\n  a;\n{CERTBOTS}\n  location /new {{\n    a;\n  }}\n}}\n"),
        # Tabs in this server, spaces in most of the file.
        (
            "s {\n\tl /x {\n\t\tb;\n\t}\n}\nt {\n    a;\n    b;\n    c;\n}\n",
            1,
            "s {\n\tl /x {\n\t\tb;\n\t}\n\n\tlocation /new {\n\t\ta;\n\t}\n}\nt {\n    a;\n    b;\n    c;\n}\n",
        ),
        # A flat file, in which this server's blocks are indented.
        (
            "s {\n   l /x {\n      b;\n   }\n}\nt {\na;\nb;\nc;\n}\n",
            1,
            "s {\n   l /x {\n      b;\n   }\n\n   location /new {\n      a;\n   }\n}\nt {\na;\nb;\nc;\n}\n",
        ),
        # Flat blocks in a file that is not.
        (
            "s {\nl /x {\nb;\n}\n}\nt {\n  a;\n  b;\n}\n",
            1,
            "s {\nl /x {\nb;\n}\n\nlocation /new {\na;\n}\n}\nt {\n  a;\n  b;\n}\n",
        ),
        # Other siblings than blocks show the step.
        ("s {\n  a;\n}\nt {\n    a;\n    b;\n}\n", 1, "s {\n  a;\n\n  location /new {\n    a;\n  }\n}\n"),
        # The brace of the sibling stands alone, those of most of the file do not.
        (
            "s {\n  l /x\n  {\n    b;\n  }\n}\nt {}\nu {}\n",
            1,
            "s {\n  l /x\n  {\n    b;\n  }\n\n  location /new\n  {\n    a;\n  }\n}\nt {}\nu {}\n",
        ),
        # The server ends on the line of its last location.
        (
            "s {\n    a;\n    l /x { b; } }\n",
            2,
            "s {\n    a;\n    l /x { b; }\n    location /new {\n        a;\n    } }\n",
        ),
        (
            "s {\n    l /x {\n        b;\n    } } # end\n",
            1,
            "    }\n\n    location /new {\n        a;\n    } } # end\n",
        ),
    ],
)
def test_a_new_block_is_written_like_those_beside_it(text: str, at: int, after: str) -> None:
    document = parse(text)
    insert(inside(document), at, parse(LOCATION).body[0], detect(document))
    assert after in document.dumps()
    again = parse(document.dumps())
    remove(inside(again), at)
    assert again.dumps() == text


def test_a_new_directive_is_written_like_the_others_and_not_like_certbots() -> None:
    document = parse(f"s {{\n  a;\n{CERTBOTS}  l {{\n      b;\n  }}\n}}\n")
    insert(inside(document), 2, parse(SIMPLE).body[0], detect(document))
    assert f"{CERTBOTS}  new 1;\n  l {{" in document.dumps()
