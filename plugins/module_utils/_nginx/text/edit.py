# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting statements in, taking them out, changing their words, in the style of the file: every other character stays.

What follows a statement on its line (a comment, Certbot's mark or ours) is part of the lead of the token behind it.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from ..._host.names import NGINX_MARK
from .style import BLANK_LINES, EOL, Style, beside, blanks_between, child_indent, indent_of, line_indent, split_lead
from .tokens import Token, value
from .tree import Block, Statement, first_token, set_lead

# Everything up to the end of the last comment, without its line end; a CR inside a comment is part of it.
_COMMENTS = re.compile(r"(?:[ \t\r\n]*#[^\n]*(?:\n|\Z))*[ \t\r\n]*#[^\n]*?(?=\r?\n|\Z)")
_LINE = re.compile(r"\r?\n[^\n]*\Z")


def comment_after(block: Block, index: int) -> str:
    """Return the comment on the line of the statement at `index` (of the opening brace for -1); else nothing."""
    return split_lead(first_token(block, index + 1)[0])[0].strip(" \t")


def is_marked(parent: Block, index: int) -> bool:
    """Whether the statement carries our mark: behind its `{`, or behind its `;` or a Lua block's `}`."""
    block = parent.body[index].block
    behind = comment_after(parent, index) if block is None or block.lua is not None else comment_after(block, -1)
    return behind == NGINX_MARK


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
            behind = f" {NGINX_MARK}" * (mark and child.block is not None and child.block.lua is not None)
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
    block = Block([], (f" {NGINX_MARK}" * mark + style.eol + indent, "}"), statement.block.lua)
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
    is_block = statement.block is not None
    style = beside(block, index, style, owner) if is_block else style
    if mark and (statement.block is None or statement.block.lua is not None):
        comment = NGINX_MARK
    if is_block and _closes_behind(block, index):
        indent = child_indent(block, index, style, owner, is_block=True)
        before, after = style.eol * (1 + blanks_between(block)) + indent, lead
    elif "\n" not in lead and (not block.is_file or 0 < index < len(block.body)):
        indent = line_indent(block, index, owner)
        before, after = lead, "" if comment else lead
    else:
        indent = child_indent(block, index, style, owner, is_block=is_block)
        before, after = _around(block, index, lead, style, indent, is_block)
    if comment:
        after = f" {comment}" + (after or ("" if block.is_file and index == len(block.body) else style.eol))
    fresh = statement if as_is else restyle(statement, indent, style, mark=mark)
    fresh.words[0] = (before, fresh.words[0][1])
    set_lead(block, index, after)
    block.body.insert(index, fresh)
    return fresh


def _closes_behind(block: Block, index: int) -> bool:
    """Whether a place is at the end of a block on lines, whose `}` stands on the line of the last statement."""
    last = index == len(block.body) and not block.is_file and "\n" not in block.close[0]
    return last and index > 0 and indent_of(first_token(block, index - 1)[0]) is not None


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
        # A block whose line the parent's `}` ends was put behind others, whose line it ended before.
        joined = below if not starts_line or (last and statement.block is not None and "#" not in above) else above
    elif not starts_line:
        # What carries our mark was put between others on their line: what stood between them is in front of it.
        joined = above if head.strip(" \t\r") == NGINX_MARK and statement.block is None else rest
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
        for at, (lead, text) in enumerate(wanted[first:last], low):
            # What is put back brings its own blanks.
            own = lead if lead.strip(" \t") == "" else " "
            words.append((have[at][0] if at < high else own, text))
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
