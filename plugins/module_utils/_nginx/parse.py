# SPDX-License-Identifier: GPL-3.0-or-later

"""From text to the lossless tree."""

from __future__ import annotations

import gc

from .errors import refused
from .tokens import LUA_SUFFIX, QUOTED, TOKEN, Token, lua_end
from .tree import Block, Statement
from .values import value

# In these the first word of a statement is data, and nginx takes no block inside.
DATA_BLOCKS = frozenset({"map", "geo", "types", "split_clients", "charset_map"})


def parse(text: str) -> Block:
    """Return the tree of a configuration text (Latin-1 characters); `parse(text).dumps() == text`.

    Raises SyntaxRefused for what nginx's own reader refuses. Words longer than nginx's buffer are read.
    """
    # The tree holds no cycles; a collector that looks through it again and again while it grows costs more than linear.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _parse(text)
    finally:
        if collects:
            gc.enable()


def _parse(text: str) -> Block:
    top = Block([], ("", ""))
    block = top
    data = False
    above: list[tuple[Block, bool]] = []
    words: list[Token] = []
    position = 0
    while position >= 0:
        start, position = position, -1
        for found in TOKEN.finditer(text, start):
            lead, word = found.groups()
            if word == ";":
                if not words:
                    raise refused(text, found.start(2), 'unexpected ";"')
                block.body.append(Statement(words, (lead, word), None))
                words = []
            elif word == "{":
                if not words or data:
                    raise refused(text, found.start(2), 'unexpected "{"')
                opened = Block([], ("", "}"))
                block.body.append(Statement(words, (lead, word), opened))
                name = value(words[0][1])
                words = []
                if name.endswith(LUA_SUFFIX):
                    end = lua_end(text, found.end())
                    opened.lua = text[found.end() : end]
                    position = end + 1
                    break
                above.append((block, data))
                block, data = opened, name in DATA_BLOCKS
            elif word == "}":
                if words or not above:
                    raise refused(text, found.start(2), 'unexpected "}"')
                block.close = (lead, word)
                block, data = above.pop()
            elif word:
                words.append((lead, word))
            else:
                _check_end(text, found.end(), bool(words), bool(above))
                top.close = (lead, "")
                return top
    return top


def _check_end(text: str, position: int, pending: bool, inside: bool) -> None:
    """Say what is wrong where no token begins: nothing at the end of a complete text."""
    if position < len(text):
        closed = QUOTED.match(text, position)
        if closed is not None and closed.end() < len(text):
            raise refused(text, closed.end(), f'unexpected "{text[closed.end()]}"')
        raise refused(text, len(text), 'unexpected end of file, expecting ";" or "}"')
    if pending:
        raise refused(text, position, 'unexpected end of file, expecting ";" or "}"')
    if inside:
        raise refused(text, position, 'unexpected end of file, expecting "}"')
