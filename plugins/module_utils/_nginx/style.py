# SPDX-License-Identifier: GPL-3.0-or-later

"""How a file is written: indentation, line ends, braces, blank lines; new text follows it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from .tree import Block, first_token, walk

EOL = re.compile(r"\r?\n")
# White space from the last line end on, or at the start of a file.
_LAST_LINE = re.compile(r"\n[ \t\r]*\Z")
BLANK_LINES = re.compile(r"(?:\r?\n[ \t]*(?=\r?\n))+")


@dataclass(frozen=True)
class Style:
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


def detect(document: Block) -> Style:
    """Return the habits that most of a file keeps; where a file shows none: four spaces, LF, brace on the line."""
    text = document.dumps()
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
    step = steps.most_common(1)[0][0] if steps else Style.step
    return Style(step, eol, alone * 2 > blocks)


def child_indent(block: Block, index: int, style: Style, owner: str) -> str:
    """Return the indentation for a new statement at `index`: its sibling's before it, else after it, else a step more.

    `owner` is the indentation of the block's own head.
    """
    for at in (*range(index - 1, -1, -1), *range(index, len(block.body))):
        indent = indent_of(first_token(block, at)[0])
        if indent is not None:
            return indent
        if block.is_file and at == 0:
            return ""
    if block.is_file:
        return ""
    closing = indent_of(block.close[0])
    return (owner if closing is None else closing) + style.step


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
    for at in range(1, len(block.body)):
        if block.body[at].block is not None:
            found = BLANK_LINES.search(block.body[at].words[0][0])
            counts[found.group().count("\n") if found else 0] += 1
    close = counts.pop(0, 0)
    if close > sum(counts.values()):
        return 0
    return counts.most_common(1)[0][0] if counts else 1
