# SPDX-License-Identifier: GPL-3.0-or-later

"""What `nginx_site` does: the files of sites, placeholder certificates before them, the reload behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._nginx_process import bring_up_to_date, loaded
from .._staging import find_nginx
from .._transaction import apply, diffs, pending
from .placeholder import Certificates, create, discard
from .run import Plan, Request, predict, turn
from .tokens import ConfigError


class SitesRefused(ConfigError):  # noqa: N818 - it says what happened, as SyntaxRefused does
    """Sites that cannot be carried out; `details` are values for the module's answer."""

    def __init__(self, message: str, details: dict[str, Any]) -> None:
        """Keep what the caller returns beside the message."""
        super().__init__(message)
        self.details = details


@dataclass
class SitePlan(Plan):
    """The plan of some sites.

    `missing` are placeholder certificates to make, with their names; `sites` is the report, one entry per site; `kept`
    has the same entries for files that are no longer listed but hold something of their owner: they stay, and keep
    nothing else from being carried out.
    """

    sites: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What keeps sites from being carried out."""
        return [each["problem"] for each in self.sites if each["problem"]]


def run_sites(
    request: Request,
    make_plan: Callable[[], SitePlan],
    *,
    reload: bool = True,
    certificates: Certificates | None = None,
) -> dict[str, Any]:
    """Plan and carry out; returns the module's answer, with `warnings` among it.

    `reload` lets the running nginx serve what is on disk, also when no file changes. Raises ConfigError and NginxError;
    then nothing is changed on disk.
    """
    with turn(request):
        plan = make_plan()
        if plan.problems:
            message = "; ".join(plan.problems) + ". Nothing was changed"
            raise SitesRefused(message, {"sites": plan.sites + plan.kept})
        reloads = reload and find_nginx() is not None
        if request.check_mode:
            answer = _predict(request, plan, reloads)
        else:
            answer = _carry_out(request, plan, reloads, certificates or Certificates())
        answer["changed"] = bool(answer["diff"] or answer["reloaded"])
        return {
            **answer,
            "sites": plan.sites + plan.kept,
            "placeholders": sorted(plan.missing),
            "warnings": plan.warnings,
        }


def _predict(request: Request, plan: SitePlan, reloads: bool) -> dict[str, Any]:
    todo = pending(plan.changes)
    # Without the certificates that a run would make first, nginx would refuse what it will accept.
    plan.warnings += [] if plan.missing else predict(request, todo)
    state = loaded() if reloads else None
    reloaded = state is not None and state.running and (bool(todo) or not state.current)
    return {"diff": diffs(todo) + _placeholder_diff(plan), "reloaded": reloaded, "backup_files": []}


def _carry_out(request: Request, plan: SitePlan, reloads: bool, certificates: Certificates) -> dict[str, Any]:
    todo = pending(plan.changes)
    shown = diffs(todo) + _placeholder_diff(plan)
    done: list[bool] = []

    def follow() -> None:
        if reloads:
            done.append(bring_up_to_date())

    made: list[str] = []
    try:
        for name, names in plan.missing.items():
            create(certificates, name, names)
            made.append(name)
        copies = apply(
            todo, root=request.root, test=request.validate, after=follow, undone=follow, backup=request.backup
        )
    except Exception:
        for name in made:
            discard(certificates, name)
        raise
    if reloads and not any(done) and not loaded().running:
        plan.warnings.append("nginx is not running, so nothing serves these sites yet; start it")
    return {"diff": shown, "reloaded": any(done), "backup_files": copies}


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
