# SPDX-License-Identifier: GPL-3.0-or-later

"""How a file is written, and what stands beside a place: what comes there is to look as if its owner had written it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .tree import Block, first_token, walk

EOL = re.compile(r"\r?\n")
# White space from the last line end on, or at the start of a file.
_LAST_LINE = re.compile(r"\n[ \t\r]*\Z")
BLANK_LINES = re.compile(r"(?:\r?\n[ \t]*(?=\r?\n))+")


class Style(NamedTuple):
    """A file's habits.

    `step` is one level of indentation, `eol` a line end, `brace_alone` whether `{` stands on a line of its own.
    """

    step: str = "    "
    eol: str = "\n"
    brace_alone: bool = False


def indent_of(lead: str) -> str | None:
    """Return the indentation of a token that begins a line; None when something else stands before it on its line."""
    found = _LAST_LINE.search(lead)
    return None if found is None else found.group()[1:].replace("\r", "")


def detect(document: Block, text: str | None = None) -> Style:
    """Return the habits that most of a file keeps; where a file shows none: four spaces, LF, brace on the line."""
    text = document.dumps() if text is None else text
    ends = text.count("\n")
    eol = "\r\n" if text.count("\r\n") * 2 > ends else "\n"
    steps: Counter[str] = Counter()
    alone = blocks = 0
    above: list[str | None] = []
    for statement, depth in walk(document):
        indent = indent_of(statement.words[0][0])
        if indent is None and depth == 0 and not above:
            indent = statement.words[0][0]
        del above[depth:]
        parent = above[-1] if above else None
        if parent is not None and indent is not None and indent.startswith(parent):
            steps[indent[len(parent) :]] += 1
        above.append(indent)
        if statement.block is not None:
            blocks += 1
            alone += "\n" in statement.end[0]
    step = steps.most_common(1)[0][0] if steps else Style().step
    return Style(step, eol, alone * 2 > blocks)


def line_indent(block: Block, index: int, owner: str) -> str:
    """Return the indentation of the line on which the statement at `index` stands, `owner` being the block's own."""
    for at in range(index, -1, -1):
        lead = first_token(block, at)[0]
        indent = lead if block.is_file and at == 0 and "\n" not in lead else indent_of(lead)
        if indent is not None:
            return indent
    return owner


def blanks_between(block: Block) -> int:
    """Return how many blank lines set the blocks among these siblings off: most often, one where there are none."""
    counts: Counter[int] = Counter()
    for each in block.body[1:100]:  # enough to know a habit
        if each.block is not None:
            found = BLANK_LINES.search(each.words[0][0])
            counts[found.group().count("\n") if found else 0] += 1
    close = counts.pop(0, 0)
    if close > sum(counts.values()):
        return 0
    return counts.most_common(1)[0][0] if counts else 1


def split_lead(lead: str) -> tuple[str, str]:
    """Return what still belongs to the line before (a comment on it), and the rest from the line end on."""
    found = EOL.search(lead)
    return (lead, "") if found is None else (lead[: found.start()], lead[found.start() :])


# How far siblings are looked at, to either side: enough to find one, and the same in a file of any length.
_NEAR = 50
# Certbot writes its own lines with four spaces into every file.
_CERTBOT = "managed by Certbot"


def beside(block: Block, index: int, style: Style, owner: str) -> Style:
    """Return the habits of the blocks beside a place; those of the file where no block there shows any.

    `owner` is the indentation of the block's own line.
    """
    for at in _near(block, index):
        each = block.body[at]
        own = _begins(block, at)
        if each.block is None or not each.block.body or each.block.lua is not None or own is None:
            continue
        child = indent_of(first_token(each.block, 0)[0])
        if child is not None and child.startswith(own):
            return style._replace(step=child[len(own) :], brace_alone="\n" in each.end[0])
    if block.is_file:
        return style
    indents = (_begins(block, at) for at in _near(block, index) if not _is_certbots(block, at))
    indent = next((each for each in indents if each is not None), "")
    return style._replace(step=indent[len(owner) :]) if indent.startswith(owner) and indent != owner else style


def child_indent(block: Block, index: int, style: Style, owner: str, *, is_block: bool = False) -> str:
    """Return the indentation for a new statement at `index`: that of its nearest sibling, else a step more.

    A block follows the blocks, and a simple directive the others, where there are such; Certbot's lines come last.
    `owner` is the indentation of the block's own head.
    """
    found: list[str] = []
    others: list[str] = []
    certbots: list[str] = []
    for at in _near(block, index):
        indent = _begins(block, at)
        if indent is not None:
            alike = (block.body[at].block is not None) == is_block
            (certbots if _is_certbots(block, at) else found if alike else others).append(indent)
    if found or others or certbots:
        return (found or others or certbots)[0]
    if block.is_file:
        return ""
    closing = indent_of(block.close[0])
    return (owner if closing is None else closing) + style.step


def _near(block: Block, index: int) -> Iterator[int]:
    """Yield the places of the siblings, those before a place first, the nearest first."""
    yield from range(index - 1, max(index - 1 - _NEAR, -1), -1)
    yield from range(index, min(index + _NEAR, len(block.body)))


def _begins(block: Block, at: int) -> str | None:
    """Return the indentation of a statement that begins a line."""
    return "" if block.is_file and at == 0 else indent_of(first_token(block, at)[0])


def _is_certbots(block: Block, at: int) -> bool:
    return _CERTBOT in split_lead(first_token(block, at + 1)[0])[0]
