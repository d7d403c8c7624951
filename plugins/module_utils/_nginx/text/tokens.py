# SPDX-License-Identifier: GPL-3.0-or-later

"""The tokens of nginx's configuration language: how they are spelled, what they say, what is wrong (docs/nginx.md).

Text is bytes decoded as Latin-1. A token is what stands before it (white space and comments), and how it is spelled.
No pattern repeats something that repeats, so that the time is linear, on an unclosed quote too. Each round of a
repeated group costs Python's matcher 100 to 300 bytes until the match ends, so that a pattern takes `ROUNDS` of them at
most, and who reads goes on from there (`bare_end`, `quoted_end`, comments).
"""

from __future__ import annotations

import re

from ..._host.errors import EdgeError

Token = tuple[str, str]

SPACE = " \t\r\n"
BOM = "\xef\xbb\xbf"
# White space is these four bytes and nothing else; a comment runs to LF (a CR does not end it) or to the end.
# More than any word has that nginx takes: its buffer has 4,096 bytes, and a round is one byte at least.
ROUNDS = 4096
_LEAD = rf"[ \t\r\n]*(?:#[^\n]*(?:\n|\Z)[ \t\r\n]*){{0,{ROUNDS}}}"
_TAKEN = r"(?:\\[\s\S]?|\$[${]*)"  # a backslash takes any character with it; "$" takes the braces that follow
_RUN = r"[^ \t\r\n;{\\$]*"
BARE = rf"(?:[^ \t\r\n;{{}}#\"'\\$]|{_TAKEN}){_RUN}(?:{_TAKEN}{_RUN}){{0,{ROUNDS}}}"
DOUBLE = rf'"[^"\\]*(?:\\[\s\S][^"\\]*){{0,{ROUNDS}}}"'
SINGLE = rf"'[^'\\]*(?:\\[\s\S][^'\\]*){{0,{ROUNDS}}}'"
# The last, empty alternative stands for the end of the text and for what no token can begin with.
TOKEN = re.compile(rf"({_LEAD})([;{{}}]|{BARE}|(?:{DOUBLE}|{SINGLE})(?=[ \t\r\n;{{)]|\Z)|)")
_MORE = re.compile(rf"(?:{_TAKEN}{_RUN}){{1,{ROUNDS}}}")
_QUOTED_MORE = {
    '"': re.compile(rf'[^"\\]*(?:\\[\s\S][^"\\]*){{0,{ROUNDS}}}'),
    "'": re.compile(rf"[^'\\]*(?:\\[\s\S][^'\\]*){{0,{ROUNDS}}}"),
}
_BEHIND_QUOTED = SPACE + ";{)"


def bare_end(text: str, end: int) -> int:
    """Return where a bare word ends of which a pattern took what stands before `end`."""
    while more := _MORE.match(text, end):
        end = more.end()
    return end


def quoted_end(text: str, start: int) -> int:
    """Return where the quoted text ends that begins at `start`, -1 where it does not, or none begins there."""
    quote = text[start : start + 1]
    if quote not in _QUOTED_MORE or not quote:
        return -1
    end = start + 1
    while more := _QUOTED_MORE[quote].match(text, end):
        if more.end() == end:
            break
        end = more.end()
    return end + 1 if text[end : end + 1] == quote else -1


def is_behind_quoted(text: str, end: int) -> bool:
    """Tell whether a quoted word may end here."""
    return end == len(text) or text[end] in _BEHIND_QUOTED


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


_ESCAPE = re.compile(r"\\([\s\S])")
_MEANS = {'"': '"', "'": "'", "\\": "\\", "t": "\t", "r": "\r", "n": "\n"}
# nginx reads into a buffer of 4,096 bytes; a bare word followed by white space has the shortest limit.
LONGEST = 4093


def inner(text: str) -> str:
    """Return a string of Ansible's (Unicode) as this package holds it: its bytes, one character each."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        raise ConfigError(f"{text!r} holds half a character; write it whole") from None


def outer(text: str) -> str:
    r"""Return the reverse of `inner`; bytes that are not UTF-8, which Ansible passes nowhere, are written as `\xe9`."""
    return text.encode("latin-1").decode("utf-8", "backslashreplace")


def value(text: str) -> str:
    """Return the value of a token: without its quotes, with its escapes carried out."""
    if text[:1] in ('"', "'"):
        text = text[1:-1]
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _MEANS.get(found.group(1), found.group()), text)


class ConfigError(EdgeError):
    """A declaration or a file that cannot be carried out; the message names the place and the remedy."""


class SyntaxRefused(ConfigError):  # noqa: N818 - it is told apart from Python's own SyntaxError
    """Text that nginx's own reader refuses.

    `reason` is worded as nginx words it; `line` and `column` count from 1, the column in bytes.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        """Keep the parts, so that a caller can name the file too."""
        super().__init__(f"{reason} (line {line}, column {column})")
        self.reason = reason
        self.line = line
        self.column = column


def listed(places: list[str], between: str) -> str:
    """Return places for a message: the first twenty, and how many more there are."""
    more = [f"and {len(places) - 20} more"] if len(places) > 20 else []
    return between.join(places[:20] + more)


def refused(text: str, position: int, reason: str) -> SyntaxRefused:
    """Return the error for a position in a text."""
    line_start = text.rfind("\n", 0, position) + 1
    return SyntaxRefused(reason, text.count("\n", 0, position) + 1, position - line_start + 1)
