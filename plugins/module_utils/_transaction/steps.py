# SPDX-License-Identifier: GPL-3.0-or-later

"""Several parts of a host as one change: one lock, one transaction, one order, one way back.

docs/architecture.md has the picture.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

from .._host.errors import EdgeError
from .._host.files import host_lock
from .changes import Change, TransactionError, after_no_change, pending
from .recovery import HOST, Places, recover

Pausing = Generator[None, None, None]


class RunOptions(NamedTuple):
    """How a run is carried out: with `validate`, nginx tests the files first, as it reads them below `root`."""

    root: str = "/etc/nginx"
    validate: bool = True
    backup: bool = False
    check_mode: bool = False


@dataclass
class Planned:
    """What one step changes.

    `changes` may hold what is on disk already. `diff` is what to show of it, `due` tells that the step does something
    beside its files.
    """

    changes: list[Change] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    due: bool = False


class RunOutcome(NamedTuple):
    """What a run did, or in check mode would do."""

    changed: bool
    diff: list[dict[str, str]]
    backup_files: list[str]
    warnings: list[str]

    def answer(self) -> dict[str, object]:
        """Return the values of a module's answer; it prints the warnings itself."""
        return {"changed": self.changed, "diff": self.diff, "backup_files": self.backup_files}


class Step:
    """One part of a run; the methods are called in this order, each of every step before the next one of any.

    Steps are planned from the last to the first, and the rest is from the first to the last.
    """

    def plan(self, held: ExitStack) -> Planned:
        """Look and plan, under the host's lock. What has to last until the run ends is entered in `held`.

        The runner reads the plan again at the end: a later method may add a warning, or find that something was due.
        """
        raise NotImplementedError

    def predict(self) -> None:
        """Look at what a run would find, in check mode, which calls nothing further."""

    def prepare(self) -> AbstractContextManager[object]:
        """Make what the files need before they are in place; the context is left with an error when the run fails."""
        return contextlib.nullcontext()

    def order(self, changes: list[Change]) -> list[Change]:
        """Return the changes of all steps in an order in which each state in between is valid."""
        return changes

    def follow(self) -> Pausing:
        """Have what runs use the files, which are all in place; called although none of them changed.

        It pauses at most once, where the next step may follow: a server answers, but is not yet proven to stay.
        """
        yield from ()

    def undo(self) -> Pausing:
        """Have what runs use the former files, which are back; paused as `follow`, and called although that did not."""
        yield from ()

    def settle(self) -> None:
        """Do what must wait until nothing goes back any more."""

    def afterword(self) -> str:
        """Return what the message of a failed run says at its end, "" for nothing."""
        return ""


def carry_out(steps: Sequence[Step], options: RunOptions, *, host: Places = HOST) -> RunOutcome:
    """Plan all steps and carry them out as one transaction, or in check mode only predict.

    Raises EdgeError; then every file is as it was, and where files had been changed, what runs was told so.
    """
    try:
        with _turn(options, host=host), ExitStack() as held:
            # From the last to the first: nginx's sites may have to wait for certbot, and who restarts a program wants
            # to know how it is now.
            plans = [step.plan(held) for step in reversed(steps)]
            plans.reverse()
            todo = pending(change for planned in plans for change in planned.changes)
            copies: list[str] = []
            said: list[str] = []
            if options.check_mode:
                for step in steps:
                    step.predict()
            else:
                copies = _apply(steps, todo, options, said, host)
                for step in steps:
                    step.settle()
    except EdgeError as error:
        words = [word for step in steps if (word := step.afterword())]
        if not words:
            raise
        raise EdgeError(". ".join([str(error).rstrip("."), *words]), error.details) from error
    return RunOutcome(
        changed=bool(todo) or any(planned.due for planned in plans),
        diff=[part for planned in plans for part in planned.diff],
        backup_files=copies,
        warnings=[warning for planned in plans for warning in planned.warnings] + said,
    )


@contextlib.contextmanager
def _turn(options: RunOptions, *, host: Places = HOST) -> Iterator[None]:
    """Hold the host's lock, after a change that was cut off is put back; check mode neither waits nor writes.

    Raises EdgeError.
    """
    if options.check_mode:
        yield
        return
    with host_lock(path=host.lock):
        recover(host=host)
        yield


def _apply(steps: Sequence[Step], todo: list[Change], options: RunOptions, said: list[str], host: Places) -> list[str]:
    """Bring the files to disk and let each step follow; returns the paths of the backups."""

    def order(changes: list[Change]) -> list[Change]:
        for step in steps:
            changes = step.order(changes)
        return changes

    with ExitStack() as prepared:
        for step in steps:
            prepared.enter_context(step.prepare())
        if not todo:
            after_no_change(lambda: _follow_all(steps))
            return []
        # What writes is slow to load, and most runs find that nothing has to be written.
        from .transaction import apply

        return apply(
            todo,
            root=options.root,
            test=options.validate,
            after=lambda: _follow_all(steps),
            undone=lambda: _undo_all(steps),
            backup=options.backup,
            order=order,
            notes=said,
            host=host,
        )


def _follow_all(steps: Sequence[Step]) -> None:
    """Let each step follow as far as its pause, then each to its end; the first error ends them all."""
    with ExitStack() as stack:
        running = [stack.enter_context(contextlib.closing(step.follow())) for step in steps]
        for _round in range(2):
            for each in running:
                next(each, None)


def _undo_all(steps: Sequence[Step]) -> None:
    """Let each step undo in the same order, whatever becomes of the others."""
    problems = []
    running = [step.undo() for step in steps]
    for _round in range(2):
        for each in running:
            try:
                next(each, None)
            except Exception as error:
                problems.append(str(error))
    if problems:
        raise TransactionError("; ".join(problems))
