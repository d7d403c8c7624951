# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a script gives a variable its value: enough of JavaScript's lexical grammar to tell code from text.

Bytes are held as Latin-1 characters, so that places are places in the file and whatever is not ASCII passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..._dotnet.errors import DotnetError

# ECMA-262 chapter 12 (2015 and later): comments, strings, templates, names. The rest is single characters.
_TOKEN = re.compile(
    r"""(?P<space>[\s\xa0]+|//[^\r\n]*|/\*.*?\*/|<!--[^\r\n]*)
    |(?P<text>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|`(?:[^`\\]|\\.)*`)
    |(?P<name>[A-Za-z_$\x80-\xff][A-Za-z0-9_$\x80-\xff]*)
    |(?P<sign>===?|=>|[!<>+*/%&|^-]=|[0-9][0-9A-Za-z_.]*|.)""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
# What may follow a literal that is the whole value; a line's end ends a statement, too, unless the next line goes on.
_ENDS = (";", ",", "}")
_GOES_ON = re.compile(r"[.+\-*/%&|^?:(\[=<>]")


@dataclass(frozen=True)
class Assignment:
    """A variable and the text that it is given: where the text's content begins and ends, and what it says.

    `begin` and `end` are around the whole, from the variable's name to the closing quote.
    """

    begin: int
    end: int
    start: int
    stop: int
    value: str


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int
    new_line: bool


def find_assignment(script: str, name: str) -> Assignment | None:
    """Return where the variable gets its text, None where it is not set.

    A variable that is set twice, or to something else than a plain text, is a DotnetError with line and column.
    """
    tokens = _tokens(script)
    found = [
        index
        for index, token in enumerate(tokens[:-1])
        if token.kind == "name" and token.text == name and tokens[index + 1].text == "="
    ]
    if not found:
        return None
    if len(found) > 1:
        raise _error(script, tokens[found[1]].at, f"{name} is set a second time")
    index = found[0]
    literal = tokens[index + 2] if len(tokens) > index + 2 else None
    if literal is None or literal.kind != "text" or "${" in literal.text or not _ends(tokens, index + 3):
        raise _error(script, tokens[index].at, f"{name} is set to something else than a plain text")
    start, stop = literal.at + 1, literal.at + len(literal.text) - 1
    return Assignment(tokens[index].at, stop + 1, start, stop, _said(script[start:stop]))


def _tokens(script: str) -> list[_Token]:
    found: list[_Token] = []
    new_line = False
    for match in _TOKEN.finditer(script):
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            new_line = new_line or "\n" in text or "\r" in text
            continue
        if kind == "sign" and text in "\"'`":
            raise _error(script, match.start(), "a text has no end")
        found.append(_Token(kind, text, match.start(), new_line))
        new_line = False
    return found


def _ends(tokens: list[_Token], index: int) -> bool:
    """Whether the value ends before this token."""
    if index >= len(tokens) or tokens[index].text in _ENDS:
        return True
    return tokens[index].new_line and not _GOES_ON.match(tokens[index].text) and tokens[index].kind != "text"


def _said(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1) or match.group(2)
        return chr(int(code, 16)) if code else _SHORT.get(match.group(3), match.group(3))

    return _ESCAPE.sub(one, text)


def _error(script: str, at: int, message: str) -> DotnetError:
    before = script[:at]
    return DotnetError(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
