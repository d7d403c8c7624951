# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: placeholder certificates, the transaction, the reload, the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._lock import LockError, host_lock
from .._nginx_process import NginxError, bring_up_to_date, loaded
from .._staging import find_nginx
from .._transaction import Change, TransactionError, apply, check, diffs, pending, recover
from .errors import ConfigError
from .placeholder import Certificates, create, discard
from .plan import Plan


@dataclass(frozen=True)
class Request:
    """How a plan is to be carried out."""

    root: str = "/etc/nginx"
    validate: bool = True
    reload: bool = True
    backup: bool = False
    check_mode: bool = False


class RunError(ConfigError):
    """A run that failed as a whole; `details` are values for the module's answer."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        """Keep what the caller returns beside the message."""
        super().__init__(message)
        self.details = details


def run(request: Request, make_plan: Callable[[], Plan], certificates: Certificates | None = None) -> dict[str, Any]:
    """Plan and carry out under the host's lock; returns the module's answer, with `warnings` among it.

    Raises ConfigError; then nothing is changed on disk.
    """
    try:
        if request.check_mode:
            return _predict(request, make_plan())
        with host_lock():
            recover()
            return _carry_out(request, make_plan(), certificates or Certificates())
    except (TransactionError, NginxError, LockError) as error:
        raise ConfigError(str(error)) from error


def _todo(plan: Plan) -> tuple[list[Change], list[dict[str, str]]]:
    if plan.problems:
        raise RunError("; ".join(plan.problems) + ". Nothing was changed", {"sites": plan.sites + plan.kept})
    todo = pending(plan.changes)
    shown = diffs(todo)
    for name, names in plan.missing.items():
        header = f"placeholder certificate {name}"
        shown.append(
            {
                "before_header": header,
                "after_header": header,
                "before": "",
                "after": f"self-signed, for {', '.join(names) or name}\n",
            }
        )
    return todo, shown


def _answer(plan: Plan, shown: list[dict[str, str]], changed: bool, reloaded: bool) -> dict[str, Any]:
    return {
        "changed": changed,
        "diff": shown,
        "sites": plan.sites + plan.kept,
        "reloaded": reloaded,
        "placeholders": sorted(plan.missing),
        "warnings": plan.warnings,
    }


def _predict(request: Request, plan: Plan) -> dict[str, Any]:
    """Check mode: the same bytes; what nginx says to them is only a warning, as earlier steps were not carried out."""
    todo, shown = _todo(plan)
    if request.validate and todo and not plan.missing:
        try:
            check(todo, root=request.root)
        except TransactionError as error:
            plan.warnings.append(f"nginx would refuse this as the host is now: {error}")
    would_reload = False
    if request.reload and find_nginx() is not None:
        state = loaded()
        would_reload = state.running and (bool(todo) or not state.current)
    return _answer(plan, shown, bool(todo or plan.missing or would_reload), would_reload)


def _carry_out(request: Request, plan: Plan, certificates: Certificates) -> dict[str, Any]:
    todo, shown = _todo(plan)
    reloads: list[bool] = []

    def after() -> None:
        if request.reload and find_nginx() is not None:
            reloads.append(bring_up_to_date())

    made: list[str] = []
    try:
        for name, names in plan.missing.items():
            create(certificates, name, names)
            made.append(name)
        apply(todo, root=request.root, test=request.validate, after=after, undone=after, backup=request.backup)
    except Exception:
        for name in made:
            discard(certificates, name)
        raise
    if request.reload and find_nginx() is not None and not any(reloads) and not loaded().running:
        plan.warnings.append("nginx is not running, so nothing serves these sites yet; start it")
    reloaded = any(reloads)
    return _answer(plan, shown, bool(todo or plan.missing or reloaded), reloaded)
