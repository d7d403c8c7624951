# SPDX-License-Identifier: GPL-3.0-or-later

"""A candidate of nginx's configuration: laid out in a folder that only its test can see, and judged by nginx."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence

from .._host.files import explained, make_folders, unlink_if_there
from ._nginx_warnings import conflicts, remarks
from .changes import Change, Link, TransactionError, Write, place_of
from .journal import stage_path
from .staging import Verdict, copy_tree, test_staged, write_staged


def new_stage(state: str) -> str:
    """Make the folder for a candidate, an empty one, in the folder for state."""
    stage = stage_path(state)
    make_folders(state)
    os.mkdir(stage, 0o700)
    return stage


def staged_test_passes(nginx: str, todo: Sequence[Change], root: str, stage: str, notes: list[str] | None) -> bool:
    """Test the candidate in the folder `stage`, which then goes; False when that is not possible on this host.

    Where `notes` takes its warnings, what was there before is asked for its own. Raises TransactionError.
    """
    before: Verdict | None = None
    try:
        # Explained at once, as in _prepare.
        with explained(stage):
            verdict = _stage_and_test(nginx, todo, root, stage)
            if verdict is not None and verdict.warnings and notes is not None:
                shutil.rmtree(stage, ignore_errors=True)
                os.mkdir(stage, 0o700)
                before = _stage_and_test(nginx, [], root, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    if verdict is not None and not verdict.accepted:
        raise TransactionError(refusal(verdict, todo))
    if verdict is not None and notes is not None:
        judge_warnings(verdict, before, notes)
    return verdict is not None


def judge_warnings(verdict: Verdict, before: Verdict | None, notes: list[str]) -> None:
    """Refuse a candidate of which nginx would ignore a server that it does not ignore now; note its other warnings.

    Nothing is held against one that mends what nginx refuses now, since nobody knows what that would have ignored.
    """
    known = verdict.warnings if before is None or not before.accepted else before.warnings
    lost = conflicts(verdict.warnings, known)
    if lost:
        raise TransactionError(lost)
    notes += remarks(verdict.warnings, known)


def _stage_and_test(nginx: str, todo: Sequence[Change], root: str, stage: str) -> Verdict | None:
    """Build the candidate and test it; None when the kernel, or a change outside `root`, forbids it."""
    real_root = os.path.realpath(root)
    if not os.path.isdir(real_root):
        raise TransactionError(f"{root}: is not a folder, so nothing was tested or changed; name nginx's own folder")
    copy = os.path.join(stage, "root")
    mounts = [(copy, real_root)]
    copy_tree(real_root, copy)
    for number, change in enumerate(todo):
        place = place_of(change)
        inside = os.path.relpath(place, real_root)
        if not inside.startswith(".." + os.sep):
            _stage_change(change, os.path.join(copy, inside))
        elif isinstance(change, Write) and os.path.isfile(place):
            mounts.append((os.path.join(stage, f"file{number}"), place))
            _stage_change(change, mounts[-1][0])
        else:
            return None
    memory = os.path.join(stage, "memory")
    os.mkdir(memory, 0o700)
    return test_staged(nginx, mounts, memory)


def _stage_change(change: Change, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(change, Write):
        write_staged(path, change.content)
        return
    unlink_if_there(path)
    if isinstance(change, Link):
        os.symlink(change.target, path)


def refusal(verdict: Verdict, todo: Iterable[Change]) -> str:
    """Say what nginx refused, where, and what to do."""
    ours = {os.path.realpath(change.path): change.path for change in todo}
    place, problem = verdict.place, verdict.problem
    if place is None:
        where, remedy = "", "correct what was asked for, or the file that nginx names"
    else:
        where = f"{place[0]} line {place[1]}: "
        problem = problem.removesuffix(f" in {place[0]}:{place[1]}")
        remedy = (
            "this line is part of the change: correct what was asked for"
            if os.path.realpath(place[0]) in ours
            else "this file is not part of the change: correct it, or what it shares with the change"
        )
    return f"nginx refuses the new configuration and nothing was changed. {where}{problem}. Remedy: {remedy}"
