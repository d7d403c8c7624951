# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_site` does: site files, placeholder certificates before them, a reload and questions behind them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..._certbot.checkpoint import beside_certbot
from ..._certbot.checkpoint import pending as certbot_left
from ..._host.command import find
from ..._transaction.changes import Change, Link, diffs, pending
from ..._transaction.transaction import apply
from ..process import bring_up_to_date, loaded
from ..text.tokens import ConfigError
from ._ask import Watch
from ._order import safe_order
from ._placeholder import Certificates, create, discard, tidy
from .run import FilesPlan, RunOptions, predict, turn


class SitesRefused(ConfigError):  # noqa: N818 - it says what happened, as SyntaxRefused does
    """Sites that cannot be carried out; `details` are values for the module's answer."""


@dataclass
class SitePlan(FilesPlan):
    """The plan of some sites.

    `missing` are placeholder certificates to make, with their names; `sites` is the report, one entry per site; `kept`
    has the same entries for files that are no longer listed but hold something of their owner: they stay, and keep
    nothing else from being carried out. `notes` tell what an adopted server keeps of its owner's.
    """

    notes: list[str] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What keeps sites from being carried out."""
        return [each["problem"] for each in self.sites if each["problem"]]


def _nothing() -> None:
    """Do nothing, as a companion without a step of its own."""


@dataclass(frozen=True)
class Companion:
    """What changes in one step with the sites: its files are part of their transaction.

    `diff` is what to show of them. `follow` runs on every run, with every file in place and before nginx is reloaded;
    when it raises, all is put back. `undone` runs after that, before nginx is reloaded again. `due` tells that `follow`
    will do something though no file changes.
    """

    changes: list[Change] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    follow: Callable[[], None] = _nothing
    undone: Callable[[], None] = _nothing
    due: bool = False


@dataclass(frozen=True)
class Manner:
    """How sites are carried out.

    `reload` lets the running nginx serve what is on disk, also when no file changes. `probe` asks the sites that change
    before and after, and puts everything back when an answer got lost. `companion` is called under the host's lock.
    """

    reload: bool = True
    probe: bool = True
    certificates: Certificates = field(default_factory=Certificates)
    companion: Callable[[], Companion] = Companion


def run_sites(request: RunOptions, make_plan: Callable[[], SitePlan], manner: Manner) -> dict[str, Any]:
    """Plan and carry out; returns the module's answer, with `warnings` among it.

    Raises EdgeError; then nothing is changed on disk.
    """
    with turn(request), contextlib.ExitStack() as stack:
        left = bool(certbot_left())
        notes = stack.enter_context(beside_certbot(request.root, check_mode=request.check_mode)) if left else []
        plan = _without_problems(make_plan(), notes)
        if not left and pending(plan.changes):
            # Who writes nothing neither waits for certbot nor keeps it waiting.
            notes = stack.enter_context(beside_certbot(request.root, check_mode=request.check_mode))
            plan = _without_problems(make_plan(), notes)
        plan.warnings[:0] = notes
        companion = manner.companion()
        reloads = manner.reload and find("nginx") is not None
        if request.check_mode:
            answer = _predict(request, plan, companion, reloads)
        else:
            answer = _carry_out(request, plan, companion, manner, reloads)
        answer["changed"] = bool(answer["diff"] or answer["reloaded"] or companion.due or notes)
        return {
            **answer,
            "sites": plan.sites + plan.kept,
            "placeholders": sorted(plan.missing),
            "notes": plan.notes,
            "warnings": plan.warnings,
        }


def _without_problems(plan: SitePlan, notes: list[str]) -> SitePlan:
    """Return the plan, or raise SitesRefused; `notes` tell what was done before it could be made."""
    if plan.problems:
        message = "; ".join(plan.problems) + ". Nothing was changed" + "".join(f", but: {note}" for note in notes)
        raise SitesRefused(message, {"sites": plan.sites + plan.kept})
    return plan


def _predict(request: RunOptions, plan: SitePlan, companion: Companion, reloads: bool) -> dict[str, Any]:
    todo = pending(plan.changes)
    # Without the certificates that a run would make first, nginx would refuse what it will accept.
    plan.warnings += [] if plan.missing else predict(request, todo)
    state = loaded() if reloads else None
    reloaded = state is not None and state.running and (bool(todo) or not state.current)
    return {"diff": _shown(plan, companion, todo), "reloaded": reloaded, "backup_files": []}


def _carry_out(
    request: RunOptions, plan: SitePlan, companion: Companion, manner: Manner, reloads: bool
) -> dict[str, Any]:
    todo = pending(plan.changes)
    shown = _shown(plan, companion, todo)
    watch = Watch(request.root, _served(todo)) if reloads and manner.probe and todo else None
    done: list[bool] = []

    def follow() -> None:
        companion.follow()
        if reloads:
            done.append(bring_up_to_date())
        if watch is not None:
            watch.compare()
        late = pending(todo)
        if late:
            raise ConfigError(f"{late[0].path}: somebody else changed it meanwhile; run again")

    def undone() -> None:
        try:
            companion.undone()
        finally:
            if reloads:
                bring_up_to_date()

    tidy(manner.certificates)
    made: list[str] = []
    try:
        for name, names in plan.missing.items():
            create(manner.certificates, name, names)
            made.append(name)
        copies = apply(
            [*companion.changes, *todo],
            root=request.root,
            test=request.validate,
            after=follow,
            undone=undone,
            backup=request.backup,
            notes=plan.warnings,
            order=lambda changes: safe_order(changes, request.root) if request.validate else changes,
        )
    except Exception:
        for name in made:
            discard(manner.certificates, name)
        raise
    if reloads and not any(done) and not loaded().running:
        plan.warnings.append("nginx is not running, so nothing serves these sites yet; start it")
    return {"diff": shown, "reloaded": any(done), "backup_files": copies}


def _served(todo: list[Change]) -> set[str]:
    """Return the files, without links, whose servers change, come or go."""
    return {os.path.realpath(change.target if isinstance(change, Link) else change.path) for change in todo}


def _shown(plan: SitePlan, companion: Companion, todo: list[Change]) -> list[dict[str, str]]:
    return companion.diff + diffs(todo) + _placeholder_diff(plan)


def _placeholder_diff(plan: SitePlan) -> list[dict[str, str]]:
    return [
        {
            "before_header": f"placeholder certificate {name}",
            "after_header": f"placeholder certificate {name}",
            "before": "",
            "after": f"self-signed, for {', '.join(names) or name}\n",
        }
        for name, names in plan.missing.items()
    ]
