# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting statements in, taking them out, changing their words, in the style of the file: every other character stays.

What follows a statement on its line (a comment, Certbot's mark or ours) is part of the lead of the token behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple

from .tokens import Token, value
from .tree import Block, Statement, first_token, set_lead, walk

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
    for each in block.body[1:100]:  # enough to know a habit
        if each.block is not None:
            found = BLANK_LINES.search(each.words[0][0])
            counts[found.group().count("\n") if found else 0] += 1
    close = counts.pop(0, 0)
    if close > sum(counts.values()):
        return 0
    return counts.most_common(1)[0][0] if counts else 1


MARK = "# constellation.edge"
# Everything up to the end of the last comment, without its line end; a CR inside a comment is part of it.
_COMMENTS = re.compile(r"(?:[ \t\r\n]*#[^\n]*(?:\n|\Z))*[ \t\r\n]*#[^\n]*?(?=\r?\n|\Z)")
_LINE = re.compile(r"\r?\n[^\n]*\Z")


def split_lead(lead: str) -> tuple[str, str]:
    """Return what still belongs to the line before (a comment on it), and the rest from the line end on."""
    found = EOL.search(lead)
    return (lead, "") if found is None else (lead[: found.start()], lead[found.start() :])


def comment_after(block: Block, index: int) -> str:
    """Return the comment on the line of the statement at `index` (of the opening brace for -1); else nothing."""
    return split_lead(first_token(block, index + 1)[0])[0].strip(" \t")


def is_marked(parent: Block, index: int) -> bool:
    """Whether the statement carries our mark: behind its `{`, or behind its `;` or a Lua block's `}`."""
    block = parent.body[index].block
    behind = comment_after(parent, index) if block is None or block.lua is not None else comment_after(block, -1)
    return behind == MARK


def restyle(statement: Statement, indent: str, style: Style, *, mark: bool = False) -> Statement:
    """Return a copy written in a file's style, without lead and comments, for a line of this indentation.

    With `mark`, a block and those inside it carry our mark.
    """
    copy = _head(statement, indent, style, mark)
    pending = [(statement, copy, indent)]
    while pending:
        source, target, outer_indent = pending.pop()
        if source.block is None or target.block is None:
            continue
        indent = outer_indent + style.step
        behind = split_lead(target.block.close[0])[0]
        for at, child in enumerate(source.block.body):
            fresh = _head(child, indent, style, mark)
            apart = at > 0 and (child.block is not None or source.block.body[at - 1].block is not None)
            fresh.words[0] = (behind + style.eol * (1 + apart) + indent, fresh.words[0][1])
            behind = f" {MARK}" * (mark and child.block is not None and child.block.lua is not None)
            target.block.body.append(fresh)
            pending.append((child, fresh, indent))
        if source.block.body:
            target.block.close = (behind + style.eol + outer_indent, "}")
    return copy


def _head(statement: Statement, indent: str, style: Style, mark: bool) -> Statement:
    words = [("" if at == 0 else " ", text) for at, (_lead, text) in enumerate(statement.words)]
    if statement.block is None:
        return Statement(words, ("", ";"), None)
    lead = style.eol + indent if style.brace_alone else " "
    block = Block([], (f" {MARK}" * mark + style.eol + indent, "}"), statement.block.lua)
    if block.lua is not None:
        block.close = ("", "}")
    return Statement(words, (lead, "{"), block)


def insert(
    block: Block,
    index: int,
    statement: Statement,
    style: Style,
    *,
    owner: str = "",
    mark: bool = False,
    comment: str = "",
    as_is: bool = False,
) -> Statement:
    """Put a copy of a statement, in the file's style, in front of the one at `index`, whose comments stay with it.

    `owner` is the indentation of the block's own line. With `mark` the copy carries our mark; `comment` is put behind
    it. With `as_is` the statement itself is put in, as it is written. Returns what was put in.
    """
    lead = first_token(block, index)[0]
    if mark and (statement.block is None or statement.block.lua is not None):
        comment = MARK
    if "\n" not in lead and (not block.is_file or 0 < index < len(block.body)):
        indent = line_indent(block, index, owner)
        before, after = lead, "" if comment else lead
    else:
        indent = child_indent(block, index, style, owner)
        before, after = _around(block, index, lead, style, indent, statement.block is not None)
    if comment:
        after = f" {comment}" + (after or ("" if block.is_file and index == len(block.body) else style.eol))
    fresh = statement if as_is else restyle(statement, indent, style, mark=mark)
    fresh.words[0] = (before, fresh.words[0][1])
    set_lead(block, index, after)
    block.body.insert(index, fresh)
    return fresh


def _around(block: Block, index: int, lead: str, style: Style, indent: str, is_block: bool) -> tuple[str, str]:
    """Return the lead of a new statement at `index` and what then stands behind it, from the lead that was there."""
    eol, blanks = style.eol, blanks_between(block)
    # Blocks are set off as their siblings are, a simple directive behind a block, too.
    apart = blanks if index > 0 and (is_block or block.body[index - 1].block is not None) else 0
    if index == len(block.body):
        comments = _COMMENTS.match(lead)
        if not comments and not block.body and block.is_file:
            return "", lead
        kept = comments.group() if comments else split_lead(lead)[0]
        own_line = EOL.search(kept) is not None or (block.is_file and not block.body)
        return kept + eol * (1 + (apart or (own_line and is_block))) + indent, lead[len(kept) :]
    if index == 0 and block.is_file:
        # The statement that stood first keeps its own indentation, and its line end where a file mixes them.
        line = _LINE.search(lead)
        own = line.group() if line else eol + lead
        return lead, eol * (max(blanks, 1) if is_block or block.body[0].block is not None else 0) + own
    head, rest = split_lead(lead)
    starts_blank = BLANK_LINES.match(rest) is not None
    if index == 0:
        below = rest if starts_blank or not is_block else eol * max(blanks, 1) + rest
        return head + eol * (1 + starts_blank) + indent, below
    return head + eol * (1 + (apart if starts_blank else 0)) + indent, rest


def remove(block: Block, index: int) -> None:
    """Take out the statement at `index` with its line and the comment on it; comment lines above stay."""
    statement = block.body[index]
    above = statement.words[0][0]
    below = first_token(block, index + 1)[0]
    last = index + 1 == len(block.body)
    head, rest = split_lead(below)
    ends_line = rest != "" or head.strip(" \t\r") != "" or (last and block.is_file)
    starts_line = indent_of(above) is not None or (index == 0 and block.is_file)
    if not ends_line:
        joined = above if starts_line else below
    elif not starts_line:
        # What carries our mark was put between others on their line: what stood between them is in front of it.
        joined = above if head.strip(" \t\r") == MARK and statement.block is None else rest
    else:
        rest = below if last and not head.strip(" \t\r") else rest
        joined = _join(above, rest, first=index == 0, last=last, first_in_file=index == 0 and block.is_file)
    del block.body[index]
    set_lead(block, index, joined)


def _join(above: str, rest: str, *, first: bool, last: bool, first_in_file: bool) -> str:
    """Return what is left when whole lines go: one blank line between the neighbours where there were two."""
    line_end = above.rfind("\n")
    if line_end < 0:
        if last:
            return rest
        blank = BLANK_LINES.match(rest)
        rest = rest[blank.end() :] if blank else rest
        found = EOL.match(rest)
        return rest[found.end() :] if found else rest
    kept = above[: line_end - (above[:line_end].endswith("\r"))]
    content = kept.rstrip(" \t\r\n")
    blank_above = EOL.search(kept, len(content))
    # A comment above stays apart from what follows, unless it heads the file, where new text comes in below it.
    alone = not split_lead(content)[1] and not blank_above
    blank_below = BLANK_LINES.match(rest)
    if first and blank_below and not last and (first_in_file or alone):
        rest = rest[blank_below.end() :]
    elif blank_above and (blank_below or last):
        kept = kept[: blank_above.start()]
    return kept + rest


def set_args(statement: Statement, wanted: list[Token]) -> None:
    """Give a statement these arguments; a token whose value is wanted stays as it is spelled, wherever it stands."""
    have = statement.words[1:]
    old, new = ([value(text) for _lead, text in words] for words in (have, wanted))
    if old == new:
        return
    words, spare = statement.words[:1], ""
    for tag, low, high, first, last in SequenceMatcher(None, old, new, False).get_opcodes():
        if tag == "equal":
            words += have[low:high]
            continue
        for at, (_lead, text) in enumerate(wanted[first:last], low):
            words.append((have[at][0] if at < high else " ", text))
        # The comments in front of words that go stay in the statement.
        spare += "".join(lead for lead, _text in have[low + last - first : high] if "#" in lead)
    for at in range(1, len(words)):
        lead, text = words[at]
        if not lead and not (text.startswith(")") and words[at - 1][1][:1] in ('"', "'")):
            words[at] = (" ", text)
    statement.words[:] = words
    lead = spare + statement.end[0]
    statement.end = (lead or " " * (statement.end[1] == "{"), statement.end[1])


def open_up(block: Block, owner: str, style: Style) -> None:
    """Give an empty block on one line its own lines, so that what comes into it stands on lines."""
    if not block.is_file and not block.body and "\n" not in block.close[0]:
        block.close = (block.close[0].rstrip(" \t") + style.eol + owner, block.close[1])
