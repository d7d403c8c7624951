# SPDX-License-Identifier: GPL-3.0-or-later

"""How many connections a worker of nginx takes: raised in `nginx.conf`, never lowered, and put back on leaving.

The number stands in the `events` block, which no other file can add to, so that the owner's own file is edited: one
number, and a comment that says which one was there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..._host.names import NGINX_MARK
from ..text.edit import insert, is_marked, remove, set_args
from ..text.foreign import line_of
from ..text.style import detect
from ..text.tree import Block, Statement, checked, first_token, parse, read, set_lead

_NAME = "worker_connections"
FILES = "worker_rlimit_nofile"
_NUMBER = re.compile(r"[1-9][0-9]*\Z")
# Behind the number; where the statement shares its line with what follows, the line end is ours, too.
_BEFORE = re.compile(rf"\A {re.escape(NGINX_MARK)}, (\d+) before(?:, on one line\r?\n)?")


def with_connections(text: str, wanted: int, path: str) -> str | None:
    """Return the text of `nginx.conf` with at least this number, or with 0, without what was done to it.

    None where the number may stand in another file: there is no `events` block, or it has an include. Raises
    ConfigError.
    """
    document = read(text, path)
    events = next((each.block for each in document.body if each.name == "events" and each.block is not None), None)
    if events is None or any(each.name == "include" for each in events.body):
        return None
    if wanted:
        _raise(document, events, wanted)
    else:
        _take_back(events)
    return checked(document, path)


def connections(text: str, path: str) -> int:
    """Return the number that a main file says, 0 where it says none."""
    document = read(text, path)
    return max((_number(each) for block in document.body if block.block for each in _said(block)), default=0)


def files_said(files: Iterable[tuple[str, Block]]) -> tuple[int, str] | None:
    """Return the owner's limit of open files with its `file:line`; None where it is ours to say."""
    for path, document in files:
        for at, each in enumerate(document.body):
            if each.name == FILES and not is_marked(document, at):
                return _number(each), f"{path}:{line_of(document, each)}"
    return None


def _said(block: Statement) -> list[Statement]:
    inside = block.block.body if block.name == "events" and block.block is not None else []
    return [each for each in inside if each.name == _NAME]


def _number(said: Statement) -> int:
    # As it is written: who quotes a number has it back in quotes only if it is left alone.
    words = [text for _lead, text in said.words[1:]]
    return int(words[0]) if len(words) == 1 and _NUMBER.match(words[0]) else 0


def _raise(document: Block, events: Block, wanted: int) -> None:
    statement = parse(f"{_NAME} {wanted};").body[0]
    at = next((at for at, each in enumerate(events.body) if each.name == _NAME), None)
    if at is None:
        insert(events, 0, statement, detect(document), mark=True)
        return
    have = _number(events.body[at])
    if not have or have >= wanted:
        return
    lead = first_token(events, at + 1)[0]
    if not is_marked(events, at) and not _BEFORE.match(lead):
        shared = "" if "\n" in lead else f", on one line{detect(document).eol}"
        set_lead(events, at + 1, f" {NGINX_MARK}, {have} before{shared}{lead}")
    set_args(events.body[at], statement.words[1:])


def _take_back(events: Block) -> None:
    for at in range(len(events.body) - 1, -1, -1):
        if events.body[at].name != _NAME:
            continue
        lead = first_token(events, at + 1)[0]
        found = _BEFORE.match(lead)
        if found is not None:
            set_args(events.body[at], parse(f"{_NAME} {found[1]};").body[0].words[1:])
            set_lead(events, at + 1, lead[found.end() :])
        elif is_marked(events, at):
            remove(events, at)
