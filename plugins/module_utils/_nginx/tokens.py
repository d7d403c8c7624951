# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of nginx's configuration language, as its own reader (`ngx_conf_read_token`) sees them.

Text is bytes decoded as Latin-1 everywhere in this package: one character is one byte, so no byte is lost and
columns count bytes. A token is a pair: what stands before it (white space and comments), and how it is spelled.

No pattern here repeats something that repeats: each is unrolled, so that the time is linear in the text, on an
unclosed quote too.
"""

from __future__ import annotations

import re

Token = tuple[str, str]

SPACE = " \t\r\n"
# White space is these four bytes and nothing else; a comment runs to LF (a CR does not end it) or to the end.
_LEAD = r"[ \t\r\n]*(?:#[^\n]*(?:\n|\Z)[ \t\r\n]*)*"
_TAKEN = r"(?:\\[\s\S]?|\$\{*)"  # a backslash takes any character with it; "$" takes the braces that follow
_RUN = r"[^ \t\r\n;{\\$]*"
BARE = rf"(?:[^ \t\r\n;{{}}#\"'\\$]|{_TAKEN}){_RUN}(?:{_TAKEN}{_RUN})*"
DOUBLE = r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"'
SINGLE = r"'[^'\\]*(?:\\[\s\S][^'\\]*)*'"
# The last, empty alternative stands for the end of the text and for what no token can begin with.
TOKEN = re.compile(rf"({_LEAD})([;{{}}]|{BARE}|(?:{DOUBLE}|{SINGLE})(?=[ \t\r\n;{{)]|\Z)|)")
QUOTED = re.compile(rf"{DOUBLE}|{SINGLE}")

LUA_SUFFIX = "_by_lua_block"
_LUA_TOKEN = re.compile(
    r"[{}]|\[(=*)\[|--\[(=*)\[|\]=*\]|--[^\n]*"
    r'|"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'"
)


def lua_end(text: str, start: int) -> int:
    """Where the body of a Lua block ends: the position of its closing brace, or -1 without one.

    `start` is the position behind the opening brace.
    """
    depth = 1
    position = start
    while True:
        found = _LUA_TOKEN.search(text, position)
        if found is None:
            return -1
        position = found.end()
        word = found.group()
        if word == "{":
            depth += 1
        elif word == "}":
            depth -= 1
            if depth == 0:
                return found.start()
        elif found.group(1) is not None or found.group(2) is not None:
            closing = "]" + (found.group(1) or found.group(2) or "") + "]"
            position = text.find(closing, position)
            if position < 0:
                return -1
            position += len(closing)
