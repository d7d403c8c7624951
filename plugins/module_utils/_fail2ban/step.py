# SPDX-License-Identifier: GPL-3.0-or-later

"""Our jail file and the running fail2ban as a step of a run: tested before it is live, proven alive afterwards."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

from .._host.command import Run, run
from .._transaction.changes import Write
from .._transaction.recovery import HOST, Places
from .._transaction.steps import Pausing, Planned, RunOptions, Step, carry_out
from .host import ETC, UNIT, Fail2ban, WantedJails
from .jail import Fail2banError, Jail, JailStatus, known_controller


@dataclass
class JailsOutcome:
    """What a run did, or in check mode would do."""

    changed: bool
    before: str
    after: str
    restarted: bool
    reason: str
    jails: dict[str, JailStatus] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def reconcile(request: WantedJails, check: bool = False, call: Run = run, place: Places = HOST) -> JailsOutcome:
    """Bring file and server in line with the request, or say in check mode what that would do.

    Raises EdgeError; the file of before is then back in place and the server runs with it.
    """
    step = JailsStep(request, check, call, place)
    carry_out([step], RunOptions(ETC, validate=False, check_mode=check), host=place)
    return step.outcome


class JailsStep(Step):
    """The wanted jails; `outcome` is what came of them."""

    def __init__(self, request: WantedJails, check: bool = False, call: Run = run, place: Places = HOST) -> None:
        """Name what is wanted."""
        self.outcome = JailsOutcome(False, "", "", False, "")
        self._host = Fail2ban(request, check, call, place)
        self._jails: list[Jail] = []
        self._enable = False

    def plan(self, held: ExitStack) -> Planned:
        """Make the file, have fail2ban test it, and find why the server would have to be restarted."""
        host = self._host
        request, installed = host.request, host.installed
        if not installed and not host.check:
            raise Fail2banError(
                "fail2ban is not installed: install the package fail2ban first (the role hardening does)"
            )
        old = host.old_text()
        self._jails = host.usable()
        if installed:
            host.refuse(self._jails)
        controller = (request.controller or known_controller(old or "")) if request.ignore_controller else None
        text = host.text(self._jails, controller)
        reason = host.stale(old, text, self._jails) if installed else "fail2ban is not installed yet"
        self._enable = installed and not host.boots()
        due = bool(reason or self._enable)
        notes = host.notes if old != text else []
        self.outcome = JailsOutcome(due, old or "", text, bool(reason), reason, warnings=host.warnings, notes=notes)
        if installed and reason and not host.predicted:
            host.test(text)
        if not reason:
            return Planned(due=due)
        return Planned([Write(request.path, text.encode("utf-8", "surrogateescape"))], due=due)

    def predict(self) -> None:
        """Return what the jails are now."""
        if self._host.installed:
            self.outcome.jails = self._host.seen or self._host.statuses(self._jails)

    def prepare(self) -> AbstractContextManager[None]:
        """Have fail2ban start with the host."""
        if self._enable:
            self._host.enable()
        return nullcontext()

    def follow(self) -> Pausing:
        """Restart fail2ban on the file where it has to be, and wait for every jail."""
        host = self._host
        if not self.outcome.restarted:
            self.outcome.jails = host.seen
            return
        host.forget()
        host.restart()
        yield
        self.outcome.jails = host.wait(self._jails)
        host.record(self.outcome.after)

    def undo(self) -> Pausing:
        """Have fail2ban run with the former file."""
        if self.outcome.restarted:
            self._host.call(["systemctl", "reset-failed", UNIT])
            self._host.call(["systemctl", "restart", UNIT])
        yield from ()
