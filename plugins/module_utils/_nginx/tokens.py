# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of nginx's configuration language, as its own reader (`ngx_conf_read_token`) sees them.

Text is bytes decoded as Latin-1 everywhere in this package: one character is one byte, so no byte is lost and
columns count bytes. A token is a pair: what stands before it (white space and comments), and how it is spelled.

No pattern here repeats something that repeats: each is unrolled, so that the time is linear in the text, on an
unclosed quote too.
"""

from __future__ import annotations

import re

from .errors import refused

Token = tuple[str, str]

SPACE = " \t\r\n"
BOM = "\xef\xbb\xbf"
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
_LUA_TOKEN = re.compile(r"[{}]|\[(=*)\[|--\[(=*)\[|\]=*\]|--[^\n]*|[\"']")
_LUA_STRINGS = {
    '"': re.compile(r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'),
    "'": re.compile(r"'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'"),
}


def lua_end(text: str, start: int) -> int:
    """Return the position of the brace that closes a Lua block, `start` being the position behind the opening one.

    Raises SyntaxRefused where nginx's Lua module finds no end.
    """
    depth = 1
    brace = start - 1
    position = start
    # Up to here a quote of that kind opens no string: one before it on its line did not close, so no later one does.
    literal = {'"': 0, "'": 0}
    while True:
        found = _LUA_TOKEN.search(text, position)
        if found is None:
            raise refused(text, brace, "unexpected end of file, expecting terminating characters for lua code block")
        position = found.end()
        word = found.group()
        if word == "{":
            depth += 1
            brace = found.start()
        elif word == "}":
            depth -= 1
            if depth == 0:
                return found.start()
        elif word in literal:
            string = _LUA_STRINGS[word].match(text, found.start()) if position > literal[word] else None
            if string is not None:
                position = string.end()
            elif position > literal[word]:
                line_end = text.find("\n", position)
                literal[word] = len(text) if line_end < 0 else line_end
        elif found.group(1) is not None or found.group(2) is not None:
            closing = "]" + (found.group(1) or found.group(2) or "") + "]"
            position = text.find(closing, position)
            if position < 0:
                reason = f'Lua code block missing the closing long bracket "{closing}"'
                raise refused(text, found.start(), f"{reason}, the inlined Lua code may be too long")
            position += len(closing)
