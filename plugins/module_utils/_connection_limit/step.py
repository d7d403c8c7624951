# SPDX-License-Identifier: GPL-3.0-or-later

"""The limit as a step of a run: file, unit and the kernel's table in line, or nothing touched."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from .._host.command import Run, run
from .._host.names import LIMIT_DROP_IN_PATH, LIMIT_PATH, LIMIT_TABLE, LIMIT_UNIT, LIMIT_UNIT_PATH
from .._transaction.changes import Change, Remove, Write, diffs, pending
from .._transaction.recovery import HOST, Places
from .._transaction.steps import Pausing, Planned, RunOptions, Step, carry_out
from .host import Found, Unit, look, obstruction, read_table
from .table import DELETION, Limit, LimitError, drop_in_text, nft_text, read_listing, unit_text


def bring(limit: Limit | None, *, check_mode: bool = False, host: Places = HOST, call: Run = run) -> dict[str, Any]:
    """Bring the limit in line, or remove it (None), and return the module's answer.

    A host that cannot count connections gets nothing, and a note. Raises EdgeError; then all is as it was.
    """
    step = RemovalStep(call) if limit is None else LimitStep(limit, call, check_mode=check_mode)
    done = carry_out([step], RunOptions(validate=False, check_mode=check_mode), host=host)
    return {"changed": done.changed, "diff": done.diff, **step.report()}


class LimitStep(Step):
    """The limit comes, or changes."""

    def __init__(self, limit: Limit, call: Run, *, check_mode: bool) -> None:
        """Name the limit."""
        self._limit = limit
        self._text = nft_text(limit)
        self._call = call
        self._check_mode = check_mode
        self._obstacle = ""
        self._found = Found()
        self._loads = False
        self._new_units = False
        self._due = False

    def report(self) -> dict[str, Any]:
        """Return the values for the module's answer beside what the runner says."""
        if self._obstacle:
            note = f"no limit of open connections for each client: {self._obstacle}"
            return {"limit": 0, "refused": 0, "notes": [note]}
        table = None if self._loads else self._found.table
        return {"limit": self._limit.connections, "refused": table.refused if table else 0, "notes": []}

    def plan(self, held: ExitStack) -> Planned:
        """Ask the kernel whether it can count, and compare file, unit and table."""
        self._obstacle = obstruction(self._text, self._call, foreseen=self._check_mode)
        if self._obstacle:
            return Planned()
        found = self._found = look(self._call)
        texts = {LIMIT_PATH: self._text, LIMIT_UNIT_PATH: unit_text(), LIMIT_DROP_IN_PATH: drop_in_text()}
        todo = pending(Write(path, text.encode()) for path, text in texts.items())
        wanted = Found(self._text, Unit(active=True, enabled=True), read_listing(self._text))
        self._loads = found.table is None or not found.table.holds(self._text) or not found.unit.active
        self._new_units = any(change.path != LIMIT_PATH for change in todo)
        self._due = bool(todo) or self._loads or not found.unit.enabled or found.unit.stale
        return Planned(todo, [*diffs(todo), *_state_diff(found, wanted)], due=self._due)

    def follow(self) -> Pausing:
        """Load the table, see that the kernel holds it, and have it loaded at each start of the host."""
        if not self._due:
            return
        if self._new_units or self._found.unit.stale:
            self._do("daemon-reload")
        if self._loads:
            # A reload where the unit is active: the table is replaced in one step and missing at no moment.
            self._do("reload-or-restart", LIMIT_UNIT)
            table = read_table(self._call)
            if table is None or not table.holds(self._text):
                raise LimitError(
                    f"{LIMIT_UNIT} ran, and the kernel does not hold the table {LIMIT_TABLE}: see who removes it"
                    " (`nft monitor`), and run again"
                )
        if self._new_units or not self._found.unit.enabled:
            self._do("enable", LIMIT_UNIT)
        yield from ()

    def undo(self) -> Pausing:
        """Have the kernel hold again what the former file says, or nothing."""
        if not self._due:
            return
        if not self._found.unit.active:
            self._call(["systemctl", "stop", LIMIT_UNIT])
            self._call(["nft", DELETION])
        if not self._found.unit.enabled:
            self._call(["systemctl", "disable", LIMIT_UNIT])
        self._call(["systemctl", "daemon-reload"])
        if self._found.unit.active:
            self._call(["systemctl", "reload-or-restart", LIMIT_UNIT])
        yield from ()

    def _do(self, *words: str) -> None:
        answer = self._call(["systemctl", *words])
        if answer.rc != 0:
            raise LimitError(
                f"systemctl {' '.join(words)}: {answer.text}; see `journalctl -u {LIMIT_UNIT}` and run again"
            )


class RemovalStep(Step):
    """All of the limit goes."""

    def __init__(self, call: Run) -> None:
        """Name who runs commands."""
        self._call = call
        self._found = Found()
        self._files = False
        self._due = False

    def report(self) -> dict[str, Any]:
        """Return the values for the module's answer beside what the runner says."""
        return {"limit": 0, "refused": 0, "notes": []}

    def plan(self, held: ExitStack) -> Planned:
        """Look at what is there."""
        found = self._found = look(self._call)
        todo: list[Change] = pending([Remove(LIMIT_DROP_IN_PATH), Remove(LIMIT_UNIT_PATH), Remove(LIMIT_PATH)])
        self._files = bool(todo)
        self._due = bool(todo) or found.table is not None or found.unit.active or found.unit.enabled
        shown = [*diffs(todo), *(_state_diff(found, Found()) if self._due else [])]
        # A run that was killed behind the files has left the folders.
        return Planned(todo, shown, due=self._due or bool(_empty_folders()))

    @contextlib.contextmanager
    def prepare(self) -> Iterator[None]:
        """End the unit while its file is there: without it, systemd knows neither what stops it nor its own links."""
        if self._due and (os.path.lexists(LIMIT_UNIT_PATH) or self._found.unit.active):
            self._call(["systemctl", "disable", "--now", LIMIT_UNIT])
        if self._due and read_table(self._call) is not None:
            answer = self._call(["nft", DELETION])
            if answer.rc != 0:
                self._restore()
                raise LimitError(f"nft '{DELETION}': {answer.text}; remove the table by hand and run again")
        try:
            yield
        except Exception:
            # Also where no file was changed yet, so that nothing is undone.
            if self._due:
                self._restore()
            raise

    def follow(self) -> Pausing:
        """Have systemd forget the unit."""
        if self._files:
            self._call(["systemctl", "daemon-reload"])
        yield from ()

    def settle(self) -> None:
        """Remove the folders that hold nothing more."""
        for folder in _empty_folders():
            os.rmdir(folder)

    def _restore(self) -> None:
        self._call(["systemctl", "daemon-reload"])
        if self._found.unit.enabled:
            self._call(["systemctl", "enable", LIMIT_UNIT])
        if self._found.unit.active:
            self._call(["systemctl", "start", LIMIT_UNIT])


def _empty_folders() -> list[str]:
    """Return the folders of our files that are there and hold nothing."""
    folders = [os.path.dirname(path) for path in (LIMIT_DROP_IN_PATH, LIMIT_PATH)]
    return [folder for folder in folders if os.path.isdir(folder) and not os.listdir(folder)]


def _state_diff(before: Found, after: Found) -> list[dict[str, str]]:
    one, other = before.state(), after.state()
    if one == other:
        return []
    return [{"before_header": LIMIT_UNIT, "after_header": LIMIT_UNIT, "before": one, "after": other}]
