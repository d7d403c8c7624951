# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of nginx as a step of a run: tested by nginx, with its warnings, and predicted in check mode."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from ..._host.errors import EdgeError
from ..._transaction.changes import Change, diffs, pending
from ..._transaction.steps import Planned, RunOptions, Step
from ..text.tokens import ConfigError

CHECKPOINTS = ("/var/lib/letsencrypt/temp_checkpoint", "/var/lib/letsencrypt/IN_PROGRESS")
# How a plan is carried out.
RUN: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/nginx"},
    "validate": {"type": "bool", "default": True},
    "backup": {"type": "bool", "default": False},
}


class FilesStep(Step):
    """Files of nginx, which nothing has to follow."""

    def __init__(self, options: RunOptions, make_plan: Callable[[], Planned]) -> None:
        """Name what plans; it is called under the host's lock."""
        self._options = options
        self._make_plan = make_plan
        self._planned = Planned()

    def plan(self, held: ExitStack) -> Planned:
        """Plan, unless certbot would undo it."""
        planned = self._planned = self._make_plan()
        planned.diff = diffs(planned.changes)
        if pending(planned.changes) and any(map(os.path.isdir, CHECKPOINTS)):
            raise ConfigError(f"{CHECKPOINTS[0]}: certbot would write its copies over the file; run nginx_site first")
        return planned

    def predict(self) -> None:
        """Let nginx judge the files as the host is now."""
        self._planned.warnings += predict(self._options, pending(self._planned.changes))


def run_options(given: dict[str, Any], *, check_mode: bool) -> RunOptions:
    """Return a module's parameters of `RUN` as options."""
    return RunOptions(given["root"], given["validate"], given["backup"], check_mode)


def predict(options: RunOptions, todo: list[Change]) -> list[str]:
    """Return what nginx says against the changes: a warning only, as earlier steps were not carried out."""
    notes: list[str] = []
    try:
        if options.validate and todo:
            # Slow to load, as in `carry_out`.
            from ..._transaction.transaction import check

            check(todo, root=options.root, notes=notes)
    except EdgeError as error:
        return [f"nginx would refuse this as the host is now: {error}"]
    return notes
