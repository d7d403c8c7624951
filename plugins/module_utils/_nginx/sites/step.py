# SPDX-License-Identifier: GPL-3.0-or-later

"""Site files as a step of a run: placeholder certificates before them, a reload and questions behind them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..._certbot.checkpoint import beside_certbot
from ..._certbot.checkpoint import pending as certbot_left
from ..._host.command import find
from ..._host.names import CACHES
from ..._transaction.changes import Change, Link, diffs, pending
from ..._transaction.steps import Pausing, Planned, RunOptions, Step
from ..process import bring_up_to_date, loaded
from ..text.tokens import ConfigError
from ._ask import Watch
from ._caches import remove, shortage, texts_after, unused
from ._order import safe_order
from ._placeholder import Certificates, create, discard, tidy
from .run import predict
from .streams import Streams


class SitesRefused(ConfigError):  # noqa: N818 - it says what happened, as SyntaxRefused does
    """Sites that cannot be carried out; `details` are values for the module's answer."""


@dataclass
class SitePlan(Planned):
    """The plan of some sites.

    `missing` are placeholder certificates to make, with their names; `sites` is the report, one entry per site; `kept`
    has the same entries for files that are no longer listed but hold something of their owner: they stay, and keep
    nothing else from being carried out. `notes` tell what an adopted server keeps of its owner's. `logins` are the
    names of users that come, change or go, by their password file.
    """

    notes: list[str] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    logins: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What keeps sites from being carried out."""
        return [each["problem"] for each in self.sites if each["problem"]]


class SitesStep(Step):
    """Site files, and the running nginx that serves them."""

    def __init__(
        self,
        options: RunOptions,
        make_plan: Callable[[], SitePlan],
        *,
        reload: bool = True,
        probe: bool = True,
        certificates: Certificates | None = None,
        caches: str = CACHES,
        streams: Streams | None = None,
    ) -> None:
        """Name what plans; it is called under the host's lock.

        `reload` lets the running nginx serve what is on disk, also when no file changes. `probe` asks the sites that
        change before and after, and puts everything back when an answer got lost. `caches` is how the directories of
        our caches begin. `streams` ends those of users who lose their login, after a reload.
        """
        self.reloaded = False
        self._options = options
        self._make_plan = make_plan
        self._reloads = reload and find("nginx") is not None
        self._probe = probe
        self._certificates = certificates or Certificates()
        self._caches = caches
        self._streams = streams or Streams()
        self._unused: list[str] = []
        self._plan = SitePlan()
        self._todo: list[Change] = []
        self._watch: Watch | None = None

    def report(self) -> dict[str, Any]:
        """Return the values for a module's answer beside what the runner says."""
        plan = self._plan
        return {
            "sites": plan.sites + plan.kept,
            "placeholders": sorted(plan.missing),
            "notes": plan.notes,
            "logins": plan.logins,
            "out": self._streams.lines,
            "ended": self._streams.ended,
            "reloaded": self.reloaded,
        }

    def plan(self, held: contextlib.ExitStack) -> SitePlan:
        """Plan from what is on disk once certbot has nothing to put back there. Raises SitesRefused."""
        options = self._options
        left = bool(certbot_left())
        notes = held.enter_context(beside_certbot(options.root, check_mode=options.check_mode)) if left else []
        plan = _without_problems(self._make_plan(), notes)
        if not left and pending(plan.changes):
            # Who writes nothing neither waits for certbot nor keeps it waiting.
            notes = held.enter_context(beside_certbot(options.root, check_mode=options.check_mode))
            plan = _without_problems(self._make_plan(), notes)
        plan.warnings[:0] = notes
        self._plan, self._todo = plan, pending(plan.changes)
        self._look_at_caches()
        if self._reloads:
            self._streams.look(plan.logins, options.root)
        plan.due = bool(notes or plan.missing or self._unused or self._streams.were_left)
        plan.diff = diffs(self._todo) + _placeholder_diff(plan)
        return plan

    def predict(self) -> None:
        """Let nginx judge the files, and tell whether the running one would be reloaded."""
        # Without the certificates that a run would make first, nginx would refuse what it will accept.
        self._plan.warnings += [] if self._plan.missing else predict(self._options, self._todo)
        state = loaded() if self._reloads else None
        behind = bool(self._todo) or self._streams.are_due
        self._note_reload(state is not None and state.running and (behind or not state.current))
        if self.reloaded:
            self._streams.predict()

    @contextlib.contextmanager
    def prepare(self) -> Iterator[None]:
        """Ask what the sites answer now, and make the certificates without which nginx would refuse the files."""
        if self._reloads and self._probe and self._todo:
            self._watch = Watch(self._options.root, _served(self._todo))
        tidy(self._certificates)
        made: list[str] = []
        try:
            self._streams.note()
            for name, names in self._plan.missing.items():
                create(self._certificates, name, names)
                made.append(name)
            yield
        except Exception:
            for name in made:
                discard(self._certificates, name)
            self._streams.take_back()
            raise

    def order(self, changes: list[Change]) -> list[Change]:
        """Return an order that nginx accepts at each moment, where there is one."""
        return safe_order(changes, self._options.root) if self._options.validate else changes

    def follow(self) -> Pausing:
        """Have nginx serve the files; then ask again what was asked before."""
        if self._reloads:
            self._note_reload(self._streams.reload() if self._streams.are_due else bring_up_to_date())
        yield
        if self._watch is not None:
            self._watch.compare()
        late = pending(self._todo)
        if late:
            raise ConfigError(f"{late[0].path}: somebody else changed it meanwhile; run again")
        if self._reloads and not self.reloaded and not loaded().running:
            self._plan.warnings.append("nginx is not running, so nothing serves these sites yet; start it")

    def undo(self) -> Pausing:
        """Have nginx serve the former files."""
        if self._reloads:
            bring_up_to_date()
        yield from ()

    def settle(self) -> None:
        """End the streams of who has no login any more, and remove the caches that nginx does not name any more."""
        if self._reloads:
            self._plan.warnings += self._streams.end()
        self._plan.warnings += remove(self._unused, self._caches)

    def _look_at_caches(self) -> None:
        # Without a reload an nginx that runs may still use one.
        texts = texts_after(self._options.root, self._todo) if self._may_look_at_caches() else None
        if texts is not None:
            self._unused = unused(texts, self._caches)
            self._plan.notes += shortage(texts, self._caches)

    def _may_look_at_caches(self) -> bool:
        """Whether the configuration is the one for which the directories are there, and nothing else uses them."""
        of_the_host = self._options.root == RunOptions().root or self._caches != CACHES
        return of_the_host and (self._reloads or find("nginx") is None)

    def _note_reload(self, reloaded: bool) -> None:
        self.reloaded = reloaded
        self._plan.due = self._plan.due or reloaded


def _without_problems(plan: SitePlan, notes: list[str]) -> SitePlan:
    """Return the plan, or raise SitesRefused; `notes` tell what was done before it could be made."""
    if plan.problems:
        message = "; ".join(plan.problems) + ". Nothing was changed" + "".join(f", but: {note}" for note in notes)
        raise SitesRefused(message, {"sites": plan.sites + plan.kept})
    return plan


def _served(todo: list[Change]) -> set[str]:
    """Return the files, without links, whose servers change, come or go."""
    return {os.path.realpath(change.target if isinstance(change, Link) else change.path) for change in todo}


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
