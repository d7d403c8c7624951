# SPDX-License-Identifier: GPL-3.0-or-later

"""The lossless tree: statements, blocks and the text they came from; from a file to the tree and back to text."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import chain

from .tokens import (
    LUA_SUFFIX,
    ROUNDS,
    TOKEN,
    ConfigError,
    SyntaxRefused,
    Token,
    bare_end,
    is_behind_quoted,
    lua_end,
    outer,
    quoted_end,
    refused,
    value,
)


class Block:
    """What stands between two braces, or a whole file.

    `close` is the closing brace, or the end of the file, with what stands before it. `lua` is the body of a Lua block,
    which is kept as it is.
    """

    __slots__ = ("body", "close", "lua")

    def __init__(self, body: list[Statement], close: Token = ("", ""), lua: str | None = None) -> None:
        """Hold the statements and the end."""
        self.body = body
        self.close = close
        self.lua = lua

    @property
    def is_file(self) -> bool:
        """Whether this is a whole file."""
        return self.close[1] == ""

    def dumps(self) -> str:
        """Return the text, character for character."""
        return "".join(chain.from_iterable(_tokens(self)))


class Statement:
    """A directive: its words, and `;` or a block."""

    __slots__ = ("block", "end", "words")

    def __init__(self, words: list[Token], end: Token, block: Block | None) -> None:
        """Hold the tokens; `end` is the `;` or the `{`."""
        self.words = words
        self.end = end
        self.block = block

    @property
    def name(self) -> str:
        """The directive's name as nginx reads it."""
        return value(self.words[0][1])

    @property
    def args(self) -> list[str]:
        """The arguments as nginx reads them: without quotes and escapes."""
        return [value(text) for _lead, text in self.words[1:]]

    def dumps(self) -> str:
        """Return the text with what stands before it."""
        return "".join(chain.from_iterable(_tokens(Block([self]))))


def _tokens(top: Block) -> Iterator[Token]:
    stack: list[tuple[Block, Iterator[Statement]]] = [(top, iter(top.body))]
    while stack:
        block, rest = stack[-1]
        for statement in rest:
            yield from statement.words
            yield statement.end
            if statement.block is not None:
                if statement.block.lua is not None:
                    yield "", statement.block.lua
                stack.append((statement.block, iter(statement.block.body)))
                break
        else:
            yield block.close
            stack.pop()


def places(top: Block) -> Iterator[tuple[Block, int]]:
    """Every statement in file order, as the block that holds it and its index there."""
    stack: list[tuple[Block, Iterator[int]]] = [(top, iter(range(len(top.body))))]
    while stack:
        parent, rest = stack[-1]
        for at in rest:
            yield parent, at
            block = parent.body[at].block
            if block is not None:
                stack.append((block, iter(range(len(block.body)))))
                break
        else:
            stack.pop()


def walk(top: Block) -> Iterator[tuple[Statement, int]]:
    """Every statement in file order, with its depth (0 at the top)."""
    stack = [iter(top.body)]
    while stack:
        for statement in stack[-1]:
            yield statement, len(stack) - 1
            if statement.block is not None:
                stack.append(iter(statement.block.body))
                break
        else:
            stack.pop()


def meaning(top: Block) -> list[tuple[str, ...]]:
    """Return what a block says, without how it is written: equal lists mean equal configurations."""
    said: list[tuple[str, ...]] = []
    depth = 0
    for statement, level in walk(top):
        said.extend([("}",)] * (depth - level))
        depth = level
        words = (*(value(text) for _lead, text in statement.words), statement.end[1])
        if statement.block is None:
            said.append(words)
        else:
            said.append((*words, statement.block.lua or ""))
            depth += 1
    said.extend([("}",)] * depth)
    return said


def spelling(top: Block) -> list[str]:
    """Return a block's tokens as they are written: equal lists mean equal configurations, cheaper than `meaning`."""
    return [text for _lead, text in _tokens(top)]


def says(statement: Statement) -> tuple[tuple[str, ...], ...]:
    """Return what one statement says, for comparing; hashable."""
    return tuple(meaning(Block([statement])))


def said(statement: Statement) -> str:
    """Return a statement's head for a message."""
    return outer(" ".join([statement.name, *statement.args]))


def comments(document: Block) -> Iterator[tuple[int, str]]:
    """Every comment of a file in its order, without the line end: the line, from 1, and the text from `#` on."""
    for line, lead, _statement in _leads(document):
        for number, each in enumerate(lead.split("\n")):
            if "#" in each:
                yield line + number, each[each.index("#") :].rstrip("\r")


def lines(document: Block) -> Iterator[tuple[Statement, int]]:
    """Every statement in file order, with the line, from 1, on which its first word stands."""
    for line, lead, statement in _leads(document):
        if statement is not None:
            yield statement, line + lead.count("\n")


def _leads(top: Block) -> Iterator[tuple[int, str, Statement | None]]:
    """Return what stands before each token, where alone comments are, with its line.

    The statement comes along where the token is its first word.
    """
    line = 1
    stack: list[tuple[Block, Iterator[Statement]]] = [(top, iter(top.body))]
    while stack:
        block, rest = stack[-1]
        for statement in rest:
            first: Statement | None = statement
            for lead, text in (*statement.words, statement.end):
                yield line, lead, first
                first = None
                line += lead.count("\n") + text.count("\n")
            if statement.block is not None:
                line += (statement.block.lua or "").count("\n")
                stack.append((statement.block, iter(statement.block.body)))
                break
        else:
            yield line, block.close[0], None
            line += block.close[0].count("\n")
            stack.pop()


def first_token(block: Block, index: int) -> Token:
    """Return the first token of the statement at `index`, or what closes the block."""
    return block.body[index].words[0] if index < len(block.body) else block.close


def set_lead(block: Block, index: int, lead: str) -> None:
    """Change what stands before the statement at `index`, or before what closes the block."""
    if index < len(block.body):
        words = block.body[index].words
        words[0] = (lead, words[0][1])
    else:
        block.close = (lead, block.close[1])


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
    top = Block([])
    block = top
    data = False
    above: list[tuple[Block, bool]] = []
    words: list[Token] = []
    position = 0
    carried = ""  # of comments that are more than one match takes
    while position >= 0:
        start, position = position, -1
        for found in TOKEN.finditer(text, start):
            lead, word = found.groups()
            if carried:
                lead, carried = carried + lead, ""
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
                if len(word) > ROUNDS and (end := bare_end(text, found.end())) > found.end():
                    words[-1] = (lead, text[found.start(2) : end])
                    position = end
                    break
            elif text.startswith("#", found.end()):
                carried, position = lead, found.end()
                break
            elif (end := quoted_end(text, found.end())) > 0 and is_behind_quoted(text, end):
                words.append((lead, text[found.end() : end]))
                position = end
                break
            else:
                _check_end(text, found.end(), bool(words), bool(above))
                top.close = (lead, "")
                return top
    return top


def _check_end(text: str, position: int, pending: bool, inside: bool) -> None:
    """Say what is wrong where no token begins: nothing at the end of a complete text."""
    if position < len(text):
        closed = quoted_end(text, position)
        if 0 < closed < len(text):
            raise refused(text, closed, f'unexpected "{text[closed]}"')
        raise refused(text, len(text), 'unexpected end of file, expecting ";" or "}"')
    if pending:
        raise refused(text, position, 'unexpected end of file, expecting ";" or "}"')
    if inside:
        raise refused(text, position, 'unexpected end of file, expecting "}"')


def read(text: str, path: str) -> Block:
    """Parse a file's text; a ConfigError names file and line."""
    try:
        return parse(text)
    except SyntaxRefused as error:
        raise ConfigError(
            f"{path}:{error.line}: nginx cannot read this file: {error.reason} (column {error.column}). Repair it first"
        ) from None


def checked(document: Block, path: str) -> str:
    """Return the text of an edited tree, after reading it back: it must say what the tree says."""
    text = document.dumps()
    if spelling(read(text, path)) != spelling(document):
        raise ConfigError(f"{path}: the edited text would not read back as intended; nothing is written")
    return text
