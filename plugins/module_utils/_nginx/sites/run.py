# SPDX-License-Identifier: GPL-3.0-or-later

"""How the changes of one call are carried out: under the host's lock, as one transaction, or only predicted."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..._host.errors import EdgeError
from ..._host.files import host_lock
from ..._transaction.changes import Change, diffs, pending
from ..._transaction.transaction import apply, check, recover
from ..text.tokens import ConfigError

CHECKPOINTS = ("/var/lib/letsencrypt/temp_checkpoint", "/var/lib/letsencrypt/IN_PROGRESS")
# How a plan is carried out.
RUN: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/nginx"},
    "validate": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
}


class RunOptions(NamedTuple):
    """How changes are to be carried out."""

    root: str = "/etc/nginx"
    validate: bool = True
    backup: bool = False
    check_mode: bool = False


@dataclass
class FilesPlan:
    """The changes of one call, which may hold what is on disk already, and what is to be told."""

    changes: list[Change] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def run(request: RunOptions, make_plan: Callable[[], FilesPlan]) -> dict[str, Any]:
    """Plan and carry out; returns the module's answer, with `warnings` among it.

    Raises EdgeError; then nothing is changed on disk.
    """
    with turn(request):
        plan = make_plan()
        todo = pending(plan.changes)
        if todo and any(map(os.path.isdir, CHECKPOINTS)):
            raise ConfigError(f"{CHECKPOINTS[0]}: certbot would write its copies over the file; run nginx_site first")
        answer = {"changed": bool(todo), "diff": diffs(todo), "backup_files": [], "warnings": plan.warnings}
        if request.check_mode:
            plan.warnings += predict(request, todo)
        else:
            answer["backup_files"] = apply(
                todo, root=request.root, test=request.validate, backup=request.backup, notes=plan.warnings
            )
        return answer


@contextlib.contextmanager
def turn(request: RunOptions) -> Iterator[None]:
    """Hold the host's lock, after a change that was cut off is put back; check mode neither waits nor writes.

    Raises EdgeError.
    """
    if request.check_mode:
        yield
        return
    with host_lock():
        recover()
        yield


def predict(request: RunOptions, todo: list[Change]) -> list[str]:
    """Return what nginx says against the changes: a warning only, as earlier steps were not carried out."""
    notes: list[str] = []
    try:
        if request.validate and todo:
            check(todo, root=request.root, notes=notes)
    except EdgeError as error:
        return [f"nginx would refuse this as the host is now: {error}"]
    return notes
