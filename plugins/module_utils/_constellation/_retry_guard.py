# SPDX-License-Identifier: GPL-3.0-or-later

"""A move that was tried and put back: no run restarts a sentinel that works for the same failure again.

It is tried again when something about it is another: the address, a longer time to connect, the sentinel's file or its
process. After a day it is tried in any case, since what was wrong may have been the server's.
"""

from __future__ import annotations

import time
from dataclasses import asdict

from .._dotnet.errors import DotnetError
from .._host import records
from .._host.files import explain
from ._server_process import Record
from .mono.reach import Trouble
from .program import WantedProgram

RETRY_SECONDS = 86400.0


def remember_failure(wanted: WantedProgram, uri: str, back: Record, trouble: Trouble) -> None:
    """Note that a move failed, with the process that runs on the previous file since. Raises DotnetError."""
    said = {"uri": uri, "timeout": wanted.timeout, "at": time.time(), **asdict(trouble), "back": asdict(back)}
    try:
        records.write(_name(wanted), said, wanted.state_folder)
    except OSError as error:
        raise DotnetError(
            f"that {wanted.program} could not move cannot be noted: {explain(error, wanted.state_folder)}"
        ) from error


def failed_before(wanted: WantedProgram, uri: str, running: Record) -> Trouble | None:
    """Return why the same move failed, None when there is something new to try."""
    said = records.read(_name(wanted), wanted.state_folder)
    try:
        old = 0 <= time.time() - said["at"] < RETRY_SECONDS
        if not (old and said["uri"] == uri and said["timeout"] >= wanted.timeout and said["back"] == asdict(running)):
            return None
        problem, remedy = str(said["problem"]), str(said["remedy"])
    except (KeyError, TypeError):
        return None
    return Trouble(
        f"{problem}, when that was tried less than a day ago",
        f"{remedy}; then restart {wanted.program} on this host",
    )


def _name(wanted: WantedProgram) -> str:
    return f"attempt-{wanted.program.replace('/', '_')}"
