# SPDX-License-Identifier: GPL-3.0-or-later

"""What one call of a module is going to do, and how it is carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._lock import LockError, host_lock
from .._transaction import Change, TransactionError, apply, check, diffs, pending, recover
from .errors import ConfigError

# How a plan is carried out.
RUN: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/nginx"},
    "validate": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
}


@dataclass(frozen=True)
class Request:
    """How a plan is to be carried out."""

    root: str = "/etc/nginx"
    validate: bool = True
    backup: bool = False
    check_mode: bool = False


class Plan:
    """The changes of one call, and what is to be told; a module that does more than write files extends it.

    `changes` may hold what is on disk already.
    """

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self.changes: list[Change] = []
        self.warnings: list[str] = []

    def refuse(self) -> None:
        """Raise ConfigError when the plan cannot be carried out."""

    def predict(self, todo: list[Change]) -> bool:
        """Check mode: return whether more than the files would change, and keep what is to be reported."""
        return False

    def prepare(self) -> None:
        """Do what must stand before the files are tested."""

    def follow(self) -> None:
        """Do what belongs to the change once the files are in place; when it raises, they are put back."""

    def undo(self) -> None:
        """Take back what `prepare` did, when the change has failed."""

    def finish(self) -> bool:
        """Return whether more than the files has changed, and keep what is to be reported."""
        return False

    def report(self) -> dict[str, Any]:
        """Return what the module answers beside `changed`, `diff`, `backup_files` and `warnings`."""
        return {}

    def more_diff(self) -> list[dict[str, str]]:
        """Return `diff` entries for what is not among the changes."""
        return []


def run(request: Request, make_plan: Callable[[], Plan]) -> dict[str, Any]:
    """Plan and carry out under the host's lock; returns the module's answer, with `warnings` among it.

    Raises ConfigError; then nothing is changed on disk.
    """
    try:
        if request.check_mode:
            return _predict(request, make_plan())
        with host_lock():
            recover()
            return _carry_out(request, make_plan())
    except (TransactionError, LockError) as error:
        raise ConfigError(str(error)) from error


def _predict(request: Request, plan: Plan) -> dict[str, Any]:
    """Check mode: the same bytes; what nginx says to them is only a warning, as earlier steps were not carried out."""
    plan.refuse()
    todo = pending(plan.changes)
    shown = diffs(todo) + plan.more_diff()
    if request.validate and todo and not plan.more_diff():
        try:
            check(todo, root=request.root)
        except TransactionError as error:
            plan.warnings.append(f"nginx would refuse this as the host is now: {error}")
    return _answer(plan, shown, plan.predict(todo) or bool(todo), [])


def _carry_out(request: Request, plan: Plan) -> dict[str, Any]:
    plan.refuse()
    todo = pending(plan.changes)
    shown = diffs(todo) + plan.more_diff()
    try:
        plan.prepare()
        copies = apply(
            todo,
            root=request.root,
            test=request.validate,
            after=plan.follow,
            undone=plan.follow,
            backup=request.backup,
        )
    except Exception:
        plan.undo()
        raise
    return _answer(plan, shown, plan.finish() or bool(todo), copies)


def _answer(plan: Plan, shown: list[dict[str, str]], changed: bool, copies: list[str]) -> dict[str, Any]:
    return {
        "changed": changed,
        "diff": shown,
        "backup_files": copies,
        "warnings": plan.warnings,
        **plan.report(),
    }
