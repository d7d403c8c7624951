# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling single lines of ours from their owner's, in a location where both may say the same directive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from .declare import WantedLocation
from .edit import is_marked, remove
from .identity import key
from .inclusion import spread
from .reconcile import Reconciler
from .tokens import ConfigError
from .tree import Block, Statement, said, says


def told_apart(editor: Reconciler, block: Block, wanted: WantedLocation) -> WantedLocation:
    """Remove our lines that `marked` has no more, and return what is wanted beside the lines of the owner.

    A line of ours has our mark behind it. One without the mark is its owner's and stays; where it says what is wanted,
    ours is not written beside it. Raises ConfigError where it says something else of the same, such as another value
    for the same header; an empty value that `yields` names gives way.
    """
    ours = [each for each in wanted.body if key(each) in wanted.marked]
    keys, right = {key(each) for each in ours}, {says(each) for each in ours}
    here, included = _said_by_owner(editor, block, wanted, keys, right)
    body = [each for each in wanted.body if key(each) not in wanted.marked or says(each) not in included]
    room = Counter(key(each) for each in body if key(each) in wanted.marked and says(each) not in here)
    one_by_one = frozenset().union(*wanted.marks)
    lines = [each for each in _marked_lines(block) if each.name not in one_by_one]
    for each in sorted(lines, key=lambda have: says(have) not in right):
        if room[key(each)] > 0:
            room[key(each)] -= 1
        else:
            remove(block, block.body.index(each))
    return wanted._replace(body=body)


def _said_by_owner(
    editor: Reconciler, block: Block, wanted: WantedLocation, keys: Collection[object], right: Collection[object]
) -> tuple[set[object], set[object]]:
    """Return what the owner says as it is wanted: in the block itself, and in what it includes."""
    lines = {id(each) for each in _marked_lines(block)}
    here: set[object] = set()
    included: set[object] = set()
    for each, path in list(spread(block, editor.includes)) if keys else ():
        if key(each) not in keys or id(each) in lines:
            continue
        if says(each) in right:
            (included if path else here).add(says(each))
        elif not path and each.name in wanted.yields and each.args[-1:] == [""]:
            remove(block, block.body.index(each))
        else:
            raise ConfigError(
                f"{path or editor.place(each)}: `{said(each)}` of yours is not what constellation.edge is to write for "
                "it. Take it out of the file, or take ours out of the declaration"
            )
    return here, included


def _marked_lines(block: Block) -> list[Statement]:
    return [each for at, each in enumerate(block.body) if each.block is None and is_marked(block, at)]
