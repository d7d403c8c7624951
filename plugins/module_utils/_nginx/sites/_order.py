# SPDX-License-Identifier: GPL-3.0-or-later

"""An order of changes in which nginx accepts every state in between, so that a run that dies leaves a valid one."""

from __future__ import annotations

import os
import shutil

from ..._host.errors import EdgeError
from ..._host.names import STATE_FOLDER
from ..._transaction.changes import Change, Link, Write
from ..._transaction.journal import stage_path
from ..._transaction.transaction import check
from ..files import read_text
from ..text.server import servers_of
from ..text.tokens import ConfigError
from ..text.tree import Block, read, says

# Each test takes some tenths of a second. What needs more of them is left to the journal.
MOST_TESTS = 60
# Parameters of `listen` that no other server on the address has to agree with.
_FREE = frozenset({"ssl", "http2", "quic"})


def safe_order(todo: list[Change], root: str, state: str = STATE_FOLDER) -> list[Change]:
    """Return the changes in an order that nginx accepts step by step; as they are where none is found.

    At each step the first change that nginx accepts is taken. Changes that touch nothing which files share need no
    order, and no test.
    """
    folder = os.path.realpath(root) + os.sep
    # What nginx does not read, such as the Constellation server's file, needs no order.
    outside = [change for change in todo if not os.path.realpath(os.path.dirname(change.path)).startswith(folder)]
    inside = [change for change in todo if change not in outside]
    entangled = [change for change in inside if _entangled(change)]
    if len(inside) < 2 or not entangled:
        return todo
    # Where the next run tidies up after one that died.
    stage = stage_path(state)
    os.makedirs(stage, 0o700)
    try:
        return outside + _by_trial(inside, entangled, root, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _by_trial(todo: list[Change], entangled: list[Change], root: str, stage: str) -> list[Change]:
    # A file that nothing includes yet changes nothing for nginx.
    done = [change for change in todo if _inert(change, root)]
    left = [change for change in todo if change not in done]
    # What others may use is tried first: where it has to wait, one test tells.
    left.sort(key=lambda change: change not in entangled)
    tests = 0
    # With the last one it is the whole change, which has been tested.
    while len(left) > 1:
        for change in left:
            tests += 1
            if tests > MOST_TESTS:
                return todo
            if _accepted([*done, change], root, stage):
                break
        else:
            return todo
        done.append(change)
        left.remove(change)
    return done + left


def _accepted(changes: list[Change], root: str, stage: str) -> bool:
    try:
        return check(changes, root=root, folder=stage)
    except EdgeError:
        return False


def _inert(change: Change, root: str) -> bool:
    available = os.path.join(root, "sites-available")
    return isinstance(change, Write) and os.path.dirname(change.path) == available and not os.path.exists(change.path)


def _entangled(change: Change) -> bool:
    """Whether a change adds, drops or alters something that other files may use, or that may be there only once."""
    try:
        if isinstance(change, Write):
            after = read(change.content.decode("latin-1"), change.path)
            return _shared(_at(change.path)) != _shared(after)
        return bool(_shared(_at(change.target if isinstance(change, Link) else change.path)))
    except ConfigError:
        return True


def _at(path: str) -> Block:
    return read(read_text(path) or "", path)


def _shared(document: Block) -> list[object]:
    found: list[object] = []
    for statement in document.body:
        if statement.block is None or statement.name != "server":
            found.append(says(statement))
    for server in servers_of(document):
        for each in server.block.body if server.block else []:
            if each.name == "listen" and set(each.args[1:]) - _FREE:
                found.append(says(each))
    return found
