# SPDX-License-Identifier: GPL-3.0-or-later

"""fail2ban as it was before the first run: our jails go, and the service runs and starts as it was found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from .._host import records
from .._host.command import Run, find, run
from .._host.files import read_bytes, unlink_if_there
from .._host.names import JAIL_PATH
from .._transaction.changes import Remove
from .._transaction.recovery import HOST, Places
from .._transaction.steps import Pausing, Planned, RunOptions, Step, carry_out
from .host import ETC, RECORD, UNIT
from .jail import Fail2banError
from .step import JailsOutcome

UNKNOWN = (
    "whether fail2ban ran before the first run is not known, so it runs on with the jails of its other files; "
    "`systemctl disable --now fail2ban` ends it"
)


def leave(
    found: Mapping[str, Any], check: bool = False, path: str = JAIL_PATH, place: Places = HOST, call: Run = run
) -> JailsOutcome:
    """Take our file away and have the service as `found` says (`active`, `enabled`; empty where nothing is known).

    Raises EdgeError; our file is then back in place.
    """
    step = LeavingStep(found, path, place, call)
    carry_out([step], RunOptions(ETC, validate=False, check_mode=check), host=place)
    return step.outcome


class LeavingStep(Step):
    """Our file goes; `outcome` is what came of it."""

    def __init__(self, found: Mapping[str, Any], path: str, place: Places, call: Run) -> None:
        """Name how the service was found."""
        self.outcome = JailsOutcome(False, "", "", False, "")
        self._found = found
        self._path = path
        self._place = place
        self._call = call
        self._commands: list[list[str]] = []

    def plan(self, held: ExitStack) -> Planned:
        """Find what the service has to be told."""
        try:
            old = read_bytes(self._path)
        except FileNotFoundError:
            old = b""
        active = self._call(["systemctl", "is-active", UNIT]).out.strip() == "active"
        enabled = self._call(["systemctl", "is-enabled", UNIT]).out.strip() == "enabled"
        stays = bool(self._found.get("active", True))
        # One that was killed behind the first step left the record of what fail2ban has read.
        loaded = os.path.exists(records.path(RECORD, self._place.state))
        commands = self._commands
        if active and (old or loaded or not stays):
            commands.append(["systemctl", "restart" if stays else "stop", UNIT])
        if enabled and not self._found.get("enabled", True):
            commands.append(["systemctl", "disable", UNIT])
        text = old.decode("utf-8", "replace")
        reason = "our jails go" if old or loaded else ""
        self.outcome = JailsOutcome(bool(old or commands), text, "", bool(commands), reason)
        if old and not self._found and find("fail2ban-client") is not None:
            self.outcome.warnings.append(UNKNOWN)
        return Planned([Remove(self._path)], due=bool(commands))

    def follow(self) -> Pausing:
        """Have the service run without our file, or end, as it was found."""
        for command in self._commands:
            answer = self._call(command)
            if answer.rc != 0:
                raise Fail2banError(
                    f"`{' '.join(command)}` fails: {answer.text}. See `journalctl -u fail2ban` for what"
                    f" {os.path.dirname(self._path)} and jail.local lack without our file, and run again"
                )
        yield from ()

    def undo(self) -> Pausing:
        """Have the service run with our file again."""
        self._call(["systemctl", "restart", UNIT])
        yield from ()

    def settle(self) -> None:
        """Forget what fail2ban has read."""
        unlink_if_there(records.path(RECORD, self._place.state))
