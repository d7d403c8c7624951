# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The judge understands what nginx says."""

from __future__ import annotations

import pytest

from judge.nginx import LOAD_LUA, PORT, Judge, Verdict

HTTP = "events {}\nhttp {\n%s}\n"
SAYS = [
    (HTTP % "", Verdict(True)),
    ("events {}\nhttp {\n", Verdict(False, 'unexpected end of file, expecting "}"', "nginx.conf", 3)),
    (HTTP % "}", Verdict(False, 'unexpected "}"', "nginx.conf", 3)),
    (HTTP % "a\xff\n b;", Verdict(False, 'unknown directive "a\xff"', "nginx.conf", 4)),
    (HTTP % "'a\nb' c;", Verdict(False, 'unknown directive "a\nb"', "nginx.conf", 4)),
    (HTTP % "include a/*.conf;", Verdict(False, 'unexpected "{"', "a/b.conf", 1)),
    (HTTP % "server { listen 127.0.0.1:1; listen [::1]:1; }", Verdict(True)),
]


def test_verdicts_name_message_file_and_line(judge: Judge) -> None:
    trees = [{"nginx.conf": text.encode("latin-1"), "a/b.conf": b"{"} for text, _expected in SAYS]
    assert judge.verdicts(trees) == [expected for _text, expected in SAYS]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('unexpected "}"', True),
        ('unexpected end of file, expecting ";" or "}"', True),
        ('too long parameter "aaaaaaaaaa..." started', True),
        ('too long parameter, probably missing terminating """ character', True),
        ('unknown directive "unexpected"', False),
        ('directive "root" is not terminated by ";"', False),
        ('invalid number of arguments in "root" directive', False),
    ],
)
def test_the_readers_errors_are_told_from_the_others(message: str, expected: bool) -> None:
    assert Verdict(False, message, "nginx.conf", 1).reader_error is expected


def test_lua_blocks_are_judged_where_the_module_is(judge: Judge) -> None:
    if not judge.has_lua:
        pytest.skip(f"{judge.system} has no Lua module")
    body = b"server { location / { content_by_lua_block { local a = '}' } } }"
    tree = {"nginx.conf": LOAD_LUA + (HTTP % "%s").encode() % body}
    assert judge.verdicts([tree]) == [Verdict(True)]


def test_a_tree_is_served(judge: Judge) -> None:
    body = f"server {{ listen 127.0.0.1:{PORT}; location /a {{ return 200 one; }} location /b {{ return 200 \xff; }} }}"
    tree = {"nginx.conf": (HTTP % body).encode("latin-1")}
    assert judge.serve(tree, ["/b", "/a"]) == [b"\xff", b"one"]
