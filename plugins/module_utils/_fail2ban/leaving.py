# SPDX-License-Identifier: GPL-3.0-or-later

"""fail2ban as it was before the first run: our jails go, and the service runs and starts as it was found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._host import records
from .._host.command import Run, find, run
from .._host.files import read_bytes, unlink_if_there
from .._host.names import JAIL_PATH
from .._transaction.changes import Remove
from .._transaction.transaction import HOST, Places, apply, recover
from .host import ETC, RECORD, UNIT, JailsOutcome
from .jail import Fail2banError

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
    if not check:
        recover(host=place)
    return _leave(found, check, path, place, call)


def _leave(found: Mapping[str, Any], check: bool, path: str, place: Places, call: Run) -> JailsOutcome:
    try:
        old = read_bytes(path)
    except FileNotFoundError:
        old = b""
    active = call(["systemctl", "is-active", UNIT]).out.strip() == "active"
    enabled = call(["systemctl", "is-enabled", UNIT]).out.strip() == "enabled"
    stays = bool(found.get("active", True))
    # One that was killed behind the first step left the record of what fail2ban has read.
    loaded = os.path.exists(records.path(RECORD, place.state))
    commands = []
    if active and (old or loaded or not stays):
        commands.append(["systemctl", "restart" if stays else "stop", UNIT])
    if enabled and not found.get("enabled", True):
        commands.append(["systemctl", "disable", UNIT])
    text = old.decode("utf-8", "replace")
    reason = "our jails go" if old or loaded else ""
    outcome = JailsOutcome(bool(old or commands), text, "", bool(commands), reason)
    if old and not found and find("fail2ban-client") is not None:
        outcome.warnings.append(UNKNOWN)
    if not check:
        _carry_out(commands, path, place, call)
        unlink_if_there(records.path(RECORD, place.state))
    return outcome


def _carry_out(commands: list[list[str]], path: str, place: Places, call: Run) -> None:
    def follow() -> None:
        for command in commands:
            answer = call(command)
            if answer.rc != 0:
                raise Fail2banError(
                    f"`{' '.join(command)}` fails: {answer.text}. See `journalctl -u fail2ban` for what"
                    f" {os.path.dirname(path)} and jail.local lack without our file, and run again"
                )

    def undo() -> None:
        call(["systemctl", "restart", UNIT])

    apply([Remove(path)], root=ETC, test=False, after=follow, undone=undo, host=place)
