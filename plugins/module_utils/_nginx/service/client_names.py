# SPDX-License-Identifier: GPL-3.0-or-later

"""The timer that has the names in `allow` and `deny` looked up, as a step of a run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._client_names.text import settings_text
from ..._host.command import Run, run
from ..._host.errors import EdgeError
from ..._host.names import (
    CLIENT_NAMES_PATH,
    CLIENT_NAMES_STAMP,
    CLIENT_NAMES_TIMER,
    CLIENT_NAMES_TIMER_LINK,
    CLIENT_NAMES_TIMER_PATH,
    CLIENT_NAMES_UNIT,
    CLIENT_NAMES_UNIT_PATH,
    RECOVERY_UNIT,
    SETTINGS_FOLDER,
    SITE_FILES,
    STATE_FOLDER,
)
from ..._transaction.changes import Change, Link, Remove, Write, diffs, pending
from ..._transaction.steps import Pausing, Planned, Step
from .unit import NOTE, PROGRAM, properties

# What a sandbox of nginx has and this program cannot bear: it looks for nginx's processes, and Python's ctypes makes
# memory that can be run.
_UNBEARABLE = ("ProtectProc", "MemoryDenyWriteExecute")
# The least that every host bears.
_LEAST = ("NoNewPrivileges",)

# What a module is told of the names.
NAMES: dict[str, Any] = {
    "files": {"type": "dict", "default": {}},
    "restrictions": {"type": "list", "elements": "str", "default": []},
    "writable": {"type": "list", "elements": "str", "default": []},
}

TIMER_TEXT = f"""{NOTE}[Unit]
Description=Look up the names of clients that nginx lets in or keeps out

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=60
Persistent=yes

[Install]
WantedBy=timers.target
"""


def unit_text(restrictions: Collection[str], writable: Collection[str] = ()) -> str:
    """Return the unit that the timer starts; the arguments are those of nginx's sandbox."""
    held = [name for name in (restrictions or _LEAST) if name not in _UNBEARABLE]
    lines = properties(held, [*writable, SITE_FILES, STATE_FOLDER])
    return f"""{NOTE}[Unit]
Description=Look up the names of clients that nginx lets in or keeps out
After=network-online.target nss-lookup.target nginx.service {RECOVERY_UNIT}
OnFailure={RECOVERY_UNIT}
ConditionPathExists={CLIENT_NAMES_PATH}
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart={PROGRAM} names
TimeoutStartSec=10min
LogLevelMax=notice
""" + "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class WantedNames:
    """What the timer is to look up: by the names of the files, what each has.

    `restrictions` and `writable` are those of nginx's sandbox, in which what the timer starts is held.
    """

    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    restrictions: Collection[str] = ()
    writable: Collection[str] = ()


class ClientNamesStep(Step):
    """The timer, and what it looks up. In one transaction with the files that it keeps in line with DNS.

    One that went before them would leave the former files without it, where the run fails and they are put back.
    """

    def __init__(self, wanted: WantedNames, call: Run = run) -> None:
        """Name what is wanted, and who runs commands."""
        self._wanted = wanted
        self._call = call
        self._was_active = False
        self._leaves = False
        self._reloads = False
        self._turns = False

    def plan(self, held: contextlib.ExitStack) -> Planned:
        """Compare the files, and what systemd says of the timer."""
        todo = pending(self._changes())
        self._leaves = not self._wanted.files and os.path.lexists(CLIENT_NAMES_TIMER_PATH)
        # Of what is neither there nor wanted, systemd is not asked.
        self._was_active = bool(self._wanted.files or self._leaves) and self._is_active()
        self._reloads = any(change.path != CLIENT_NAMES_PATH for change in todo)
        new = any(change.path == CLIENT_NAMES_TIMER_PATH for change in todo)
        self._turns = new or self._was_active != bool(self._wanted.files)
        return Planned(todo, diffs(todo), due=self._turns)

    def follow(self) -> Pausing:
        """Have the timer run, or end. Raises EdgeError."""
        if self._turns and not self._wanted.files:
            # Before systemd misses its file: it would count as failed.
            self._do("stop")
            # systemd keeps one that has failed in mind, without its file.
            self._call(["systemctl", "reset-failed", CLIENT_NAMES_UNIT, CLIENT_NAMES_TIMER])
        if self._reloads:
            answer = self._call(["systemctl", "daemon-reload"])
            if answer.rc != 0:
                raise EdgeError(f"systemctl daemon-reload: {answer.text}; look at journalctl -b and run again")
        if self._turns and self._wanted.files:
            self._do("restart")
        yield from ()

    def undo(self) -> Pausing:
        """Have the timer run as before."""
        if self._reloads:
            self._call(["systemctl", "daemon-reload"])
        if self._turns:
            self._call(["systemctl", "restart" if self._was_active else "stop", CLIENT_NAMES_TIMER])
        yield from ()

    def settle(self) -> None:
        """Take away what is left beside the files: when systemd started it last, and the folder of the settings."""
        if self._wanted.files:
            return
        with contextlib.suppress(OSError):
            os.unlink(CLIENT_NAMES_STAMP)
        if self._leaves:
            with contextlib.suppress(OSError):
                os.rmdir(SETTINGS_FOLDER)

    def _changes(self) -> list[Change]:
        """Return the files that are to be there, or to be gone."""
        wanted = self._wanted
        if not wanted.files:
            paths = (CLIENT_NAMES_TIMER_LINK, CLIENT_NAMES_TIMER_PATH, CLIENT_NAMES_UNIT_PATH, CLIENT_NAMES_PATH)
            return [Remove(path) for path in paths]
        unit = unit_text(wanted.restrictions, wanted.writable)
        return [
            Write(CLIENT_NAMES_PATH, settings_text(wanted.files).encode()),
            Write(CLIENT_NAMES_UNIT_PATH, unit.encode("utf-8", "surrogateescape")),
            Write(CLIENT_NAMES_TIMER_PATH, TIMER_TEXT.encode()),
            # Part of the transaction, as `systemctl enable` could not be.
            Link(CLIENT_NAMES_TIMER_LINK, CLIENT_NAMES_TIMER_PATH),
        ]

    def _is_active(self) -> bool:
        shown = self._call(["systemctl", "show", CLIENT_NAMES_TIMER, "--property", "ActiveState"]).out
        return "ActiveState=active" in shown.splitlines()

    def _do(self, verb: str) -> None:
        answer = self._call(["systemctl", verb, CLIENT_NAMES_TIMER])
        if answer.rc != 0:
            raise EdgeError(
                f"systemctl {verb} {CLIENT_NAMES_TIMER}: {answer.text}; see `journalctl -u {CLIENT_NAMES_UNIT}` and "
                "run again"
            )
