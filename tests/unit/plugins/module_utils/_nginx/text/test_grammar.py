# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

r"""nginx's lexical grammar, rule by rule; the verdicts are those of nginx's own reader."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import simple
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.foreign import line_of
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.identity import condition, key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import (
    LONGEST,
    ConfigError,
    SyntaxRefused,
    inner,
    outer,
    value,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, meaning, parse, walk
from corpus.cases import Text, texts

END = ("}",)

ACCEPTED = [
    ("L1 latin-1 in an argument", "return 200 caf\xe9;", [("return", "200", "caf\xe9", ";")]),
    ("L2 form feed is an ordinary character", "a\f b\v;", [("a\f", "b\v", ";")]),
    ("L2 NBSP is an ordinary character", "a\xa0b c;", [("a\xa0b", "c", ";")]),
    ("L2 NUL is an ordinary character", "a \0;", [("a", "\0", ";")]),
    ("L3 CRLF", "a b;\r\nc;\r\n", [("a", "b", ";"), ("c", ";")]),
    ("L3 CR alone is white space", "a\rb;\rc;", [("a", "b", ";"), ("c", ";")]),
    ("L3 CR does not end a comment", "# x\ra;\nb;", [("b", ";")]),
    ("L4 a BOM sticks to the first word", "\xef\xbb\xbfserver {}", [("\xef\xbb\xbfserver", "{", ""), END]),
    ("L4 a BOM makes a comment a word", "\xef\xbb\xbf# x;", [("\xef\xbb\xbf#", "x", ";")]),
    ("L5 empty", "", []),
    ("L5 only a comment, without line end", "# a", []),
    ("L6 simple and block", "a; b {}", [("a", ";"), ("b", "{", ""), END]),
    ("L7 brace inside a word", "rewrite ^/x}$ /y;", [("rewrite", "^/x}$", "/y", ";")]),
    ("L7 brace behind a letter", "a}; b;", [("a}", ";"), ("b", ";")]),
    ("L8 brace and semicolon end a word", "server{listen 80;}", [("server", "{", ""), ("listen", "80", ";"), END]),
    (
        "L8 brace in a regex opens a block",
        "location ^/a{2}$ x;}",
        [("location", "^/a", "{", ""), ("2}$", "x", ";"), END],
    ),
    ("L8 dollar before a name then a brace", "location /$v{}", [("location", "/$v", "{", ""), END]),
    ("L10 several on a line, one on several lines", "a; b\n c\n;", [("a", ";"), ("b", "c", ";")]),
    ("L11 comment inside a statement", "a # x;\n b # y {\n ;", [("a", "b", ";")]),
    ("L11 comment between head and brace", "location /x # {\n{}", [("location", "/x", "{", ""), END]),
    ("L11 hash inside a word", "a b#c;", [("a", "b#c", ";")]),
    ("L12 nothing counts in a comment", "# \" ' { ; \\\na;", [("a", ";")]),
    ("L13 quotes inside a word are literal", "a it's b\"c;", [("a", "it's", 'b"c', ";")]),
    (
        "L13 a quote inside a word hides no semicolon",
        'return 200 a"b;c";',
        [("return", "200", 'a"b', ";"), ('c"', ";")],
    ),
    ("L14 backslash takes any character", "a b\\ c\\;d\\{e;", [("a", "b\\ c\\;d\\{e", ";")]),
    ("L14 a word may begin with a backslash", 'a \\#b \\"q\\";', [("a", "\\#b", '"q"', ";")]),
    ("L15 backslash and line end join nothing", "a \\\n b;", [("a", "\\\n", "b", ";")]),
    ("L16 braces of a variable", "a ${v} a${v}b /${v} ;", [("a", "${v}", "a${v}b", "/${v}", ";")]),
    ("L16 nothing checks the closing brace", "a ${v;", [("a", "${v", ";")]),
    ("L16 several braces", "a ${{x;", [("a", "${{x", ";")]),
    ("L16 an escaped dollar does not count", "a \\${}", [("a", "\\$", "{", ""), END]),
    ("L16 dollar, space, brace", "a $ {}", [("a", "$", "{", ""), END]),
    ("L16 variable before a block", "location /${v} {}", [("location", "/${v}", "{", ""), END]),
    ("L17 everything in quotes", 'a "b\n#;{}\'c";', [("a", "b\n#;{}'c", ";")]),
    ("L17 escaped quote", "a 'b\\'c';", [("a", "b'c", ";")]),
    ("L18 brace right behind a quote", 'location "/x"{}', [("location", "/x", "{", ""), END]),
    ("L19 parenthesis behind a quote", 'if ($a = "x") {}', [("if", "($a", "=", "x", ")", "{", ""), END]),
    ("L19 it begins a word", '"a")b;', [("a", ")b", ";")]),
    ("L19 a word with quotes in it", '"a")"b";', [("a", ')"b"', ";")]),
    ("L20 empty argument, quoted name", '"server_name" "";', [("server_name", "", ";")]),
    ("L21 escapes", '"\\"\\\'\\\\\\t\\r\\n\\.\\;\\$\\x41";', [("\"'\\\t\r\n\\.\\;\\$\\x41", ";")]),
    ("L21 in bare words alike", "a\\t\\\\\\.;", [("a\t\\\\.", ";")]),
    ("L22 a dollar has no escape", "a \\$b;", [("a", "\\$b", ";")]),
    ("L23 a backslash is part of the name", "\\server_name a;", [("\\server_name", "a", ";")]),
    ("L24 longer than nginx reads", f"a {'x' * 5000};", [("a", "x" * 5000, ";")]),
    (
        "L25 data blocks",
        "map $a $b { default 1; '' 2; }",
        [("map", "$a", "$b", "{", ""), ("default", "1", ";"), ("", "2", ";"), END],
    ),
    (
        "L26 braces in Lua",
        "content_by_lua_block { a = {} } b;",
        [("content_by_lua_block", "{", " a = {} "), END, ("b", ";")],
    ),
    (
        "L26 strings",
        "x_by_lua_block { a = \"}\" b = '}' c = '\\'}' }",
        [("x_by_lua_block", "{", " a = \"}\" b = '}' c = '\\'}' "), END],
    ),
    ("L26 comments", "x_by_lua_block { -- }\n }", [("x_by_lua_block", "{", " -- }\n "), END]),
    (
        "L26 long brackets",
        "x_by_lua_block { [==[ } ]] ]==] --[[ } \n}]] }",
        [("x_by_lua_block", "{", " [==[ } ]] ]==] --[[ } \n}]] "), END],
    ),
    (
        "L26 a quote that does not close on its line",
        "x_by_lua_block { it's }",
        [("x_by_lua_block", "{", " it's "), END],
    ),
    (
        "L26 only as the first word",
        "server_name x_by_lua_block; a {}",
        [("server_name", "x_by_lua_block", ";"), ("a", "{", ""), END],
    ),
    ("L28 include anywhere", "server { include a/*.conf; }", [("server", "{", ""), ("include", "a/*.conf", ";"), END]),
    ("L29 every file is complete by itself", "location /x {}\n", [("location", "/x", "{", ""), END]),
]

REFUSED = [
    ("L6 semicolon behind a block", "http {};", 'unexpected ";"', 1, 8),
    ("L6 two semicolons", "a;;", 'unexpected ";"', 1, 3),
    ("L6 lone semicolon", ";", 'unexpected ";"', 1, 1),
    ("L6 lone brace", "{ }", 'unexpected "{"', 1, 1),
    ("L7 statement not ended", "location / { return 200 }", 'unexpected "}"', 1, 25),
    ("L7 not ended, then a semicolon", "a { x };", 'unexpected "}"', 1, 7),
    ("L9 words pending", "a b", 'unexpected end of file, expecting ";" or "}"', 1, 4),
    ("L9 words pending, then a comment", "a b # c\n", 'unexpected end of file, expecting ";" or "}"', 2, 1),
    ("L9 block open", "a {\n b;\n", 'unexpected end of file, expecting "}"', 3, 1),
    ("L9 closed too often", "a;\n}", 'unexpected "}"', 2, 1),
    ("L11 hash behind a quote", '"a"#c;', 'unexpected "#"', 1, 4),
    ("L17 quote not closed", 'a "b;\n', 'unexpected end of file, expecting ";" or "}"', 2, 1),
    ("L18 word behind a quote", 'a "b"c;', 'unexpected "c"', 1, 6),
    ("L18 quote behind a quote", 'a "b""c";', 'unexpected """', 1, 6),
    ("L18 closing brace behind a quote", 'a { b "c"}', 'unexpected "}"', 1, 10),
    ("L25 block in a data block", "map $a $b { c { } }", 'unexpected "{"', 1, 15),
    (
        "L26 Lua not closed: the last opening brace is named",
        "x_by_lua_block {\n { }\n {\n",
        "unexpected end of file, expecting terminating characters for lua code block",
        3,
        2,
    ),
    (
        "L26 a long bracket not closed",
        "x_by_lua_block { [=[ } ]]",
        'Lua code block missing the closing long bracket "]=]", the inlined Lua code may be too long',
        1,
        18,
    ),
]


@pytest.mark.parametrize(("text", "says"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_accepted(text: str, says: list[tuple[str, ...]]) -> None:
    tree = parse(text)
    assert tree.dumps() == text
    assert meaning(tree) == says


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refused(text: str, reason: str, line: int, column: int) -> None:
    with pytest.raises(SyntaxRefused) as caught:
        parse(text)
    assert (caught.value.reason, caught.value.line, caught.value.column) == (reason, line, column)


@pytest.mark.parametrize("text", ["if ($a = x) {}", 'if ( $a = "x" ) {}', "if ($a = x ) {}", "if ( $a = x) {}"])
def test_l27_parentheses_of_if(text: str) -> None:
    statement = parse(text).body[0]
    assert condition(statement.args) == ("$a", "=", "x")
    assert key(statement) == key(parse("if ($a = 'x') {}").body[0])


def test_l27_if_without_a_space_is_another_directive() -> None:
    assert parse("if($a) {}").body[0].name == "if($a)"


W1 = [
    ("/x", "/x"),
    ("", '""'),
    ("a b", '"a b"'),
    ("a;b", '"a;b"'),
    ("a{2}", '"a{2}"'),
    ("${v}", "${v}"),
    ("\\.php$", "\\.php$"),
    ("^/a\\.b$", "^/a\\.b$"),
    ("a\\", '"a\\\\"'),
    ("a\\tb", '"a\\\\tb"'),
    ('say "x"', '"say \\"x\\""'),
    ("it's", "it's"),
    ("'x", '"\'x"'),
    ("#x", '"#x"'),
    ("x#y", "x#y"),
    ("}", '"}"'),
    ("a\nb", '"a\nb"'),
    ("\\d{2}\\n", '"\\d{2}\\\\n"'),
]


@pytest.mark.parametrize(("wanted", "text"), W1)
def test_w1_writing_a_value(wanted: str, text: str) -> None:
    assert quote(wanted) == text
    assert value(text) == wanted
    assert parse(f"x {text};").body[0].args == [wanted]
    assert parse(f"x {text} {{}}").body[0].args == [wanted]


def test_w1_longer_than_nginx_reads_is_never_written() -> None:
    assert simple("a", ["x" * LONGEST]).args == ["x" * LONGEST]
    with pytest.raises(ConfigError, match="longer than nginx reads"):
        quote("x" * (LONGEST + 1))


@pytest.mark.parametrize("text", ["", "plain", "h\xe9 \u20ac"])
def test_text_of_ansible_and_back(text: str) -> None:
    assert outer(inner(text)) == text
    assert all(ord(letter) < 256 for letter in inner(text))


def test_bytes_that_are_not_utf8_are_shown_and_taken() -> None:
    assert outer("caf\xe9") == "caf\\xe9"
    assert inner("caf\udce9") == "caf\xe9"


def test_every_byte_survives() -> None:
    text = "a '" + "".join(chr(code) for code in range(256) if chr(code) not in "'\\") + "';"
    assert parse(text).dumps() == text


@pytest.mark.parametrize("case", texts("accepted"), ids=str)
def test_the_line_of_a_statement(case: Text) -> None:
    tree = parse(case.text)
    lines = case.text.split("\n")
    for statement, _depth in walk(tree):
        assert statement.words[0][1].split("\n")[0] in lines[line_of(tree, statement) - 1]


def test_depth_needs_no_recursion() -> None:
    text = "a {" * 3000 + "}" * 3000
    tree = parse(text)
    assert tree.dumps() == text
    assert len(meaning(tree)) == 6000


def test_an_empty_document() -> None:
    assert Block([], ("", "")).dumps() == ""
