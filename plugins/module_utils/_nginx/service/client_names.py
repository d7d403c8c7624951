# SPDX-License-Identifier: GPL-3.0-or-later

"""The timer that has the names in `allow` and `deny` looked up: its files, and whether it runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from typing import Any

from ..._client_names.refresh import settings_text
from ..._host.command import Run
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
from ..._transaction.changes import Change, Link, Remove, Write
from .unit import NOTE, PROGRAM, properties

# What a sandbox of nginx has and this program cannot bear: it looks for nginx's processes, and Python's ctypes makes
# memory that can be run.
_UNBEARABLE = ("ProtectProc", "MemoryDenyWriteExecute")
# The least that every host bears.
_LEAST = ("NoNewPrivileges",)

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


class ClientNames:
    """The timer of a host, and what it is to look up: by the names of the files, what each has."""

    def __init__(self, wanted: Mapping[str, Mapping[str, Any]], call: Run) -> None:
        """Name what is wanted, and who runs commands."""
        self._wanted = wanted
        self._call = call
        self._was_active = False
        self._leaves = False

    def changes(self, restrictions: Collection[str] = (), writable: Collection[str] = ()) -> list[Change]:
        """Return the files that are to be there, or to be gone."""
        if not self._wanted:
            paths = (CLIENT_NAMES_TIMER_LINK, CLIENT_NAMES_TIMER_PATH, CLIENT_NAMES_UNIT_PATH, CLIENT_NAMES_PATH)
            return [Remove(path) for path in paths]
        return [
            Write(CLIENT_NAMES_PATH, settings_text(self._wanted).encode()),
            Write(CLIENT_NAMES_UNIT_PATH, unit_text(restrictions, writable).encode("utf-8", "surrogateescape")),
            Write(CLIENT_NAMES_TIMER_PATH, TIMER_TEXT.encode()),
            # Part of the transaction, as `systemctl enable` could not be.
            Link(CLIENT_NAMES_TIMER_LINK, CLIENT_NAMES_TIMER_PATH),
        ]

    def is_due(self, todo: Collection[Change]) -> bool:
        """Whether the timer has to be started or stopped, once the files are there."""
        self._leaves = not self._wanted and os.path.lexists(CLIENT_NAMES_TIMER_PATH)
        if not self._wanted and not self._leaves:
            return False
        shown = self._call(["systemctl", "show", CLIENT_NAMES_TIMER, "--property", "ActiveState"]).out
        self._was_active = "ActiveState=active" in shown.splitlines()
        new = any(change.path == CLIENT_NAMES_TIMER_PATH for change in todo)
        return new or self._was_active != bool(self._wanted)

    def stop(self) -> None:
        """End a timer that goes, before systemd misses its file: it would count as failed. Raises EdgeError."""
        if not self._wanted:
            self._do("stop")
            # systemd keeps one that has failed in mind, without its file.
            self._call(["systemctl", "reset-failed", CLIENT_NAMES_UNIT, CLIENT_NAMES_TIMER])

    def start(self) -> None:
        """Have a timer run, once systemd knows its file. Raises EdgeError."""
        if self._wanted:
            self._do("restart")

    def undo(self) -> None:
        """Have the timer run as before."""
        self._call(["systemctl", "restart" if self._was_active else "stop", CLIENT_NAMES_TIMER])

    def settle(self) -> None:
        """Take away what is left beside the files: when systemd started it last, and the folder of the settings."""
        if self._wanted:
            return
        with contextlib.suppress(OSError):
            os.unlink(CLIENT_NAMES_STAMP)
        if self._leaves:
            with contextlib.suppress(OSError):
                os.rmdir(SETTINGS_FOLDER)

    def _do(self, verb: str) -> None:
        answer = self._call(["systemctl", verb, CLIENT_NAMES_TIMER])
        if answer.rc != 0:
            raise EdgeError(
                f"systemctl {verb} {CLIENT_NAMES_TIMER}: {answer.text}; see `journalctl -u {CLIENT_NAMES_UNIT}` and "
                "run again"
            )
