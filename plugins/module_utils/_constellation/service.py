# SPDX-License-Identifier: GPL-3.0-or-later

"""The running program is in line with its file: what is loaded decides, not whether the file has just changed."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .files import read_config
from .program import WantedProgram, config_of, reason_to_restart, refuse_foreign, remember, started_status
from .restart import Restart, RestartError, remedy


@dataclass(frozen=True)
class ServiceOutcome:
    """What was found and done; ``reason`` is "" when the running program was in line already."""

    restarted: bool
    reason: str
    uris: list[str]
    pid: int


def bring_in_line(wanted: WantedProgram, check: bool = False) -> ServiceOutcome:
    """Restart the program when it does not run as its file says, and wait until it does.

    A restart that does not lead to a program which answers on every URI and stays up is a RestartError. ``check`` only
    tells what would be done.
    """
    config = config_of(wanted, read_config(wanted.config))
    status = started_status(wanted.process)
    refuse_foreign(wanted, config, status.pid)
    reason = reason_to_restart(wanted, config, status, os.stat(wanted.config).st_mtime)
    pid = status.pid
    if check:
        return ServiceOutcome(bool(reason), reason, config.uris, pid)
    if reason:
        try:
            with Restart(wanted, config, pid) as restart:
                restart.until_it_answers()
                pid = restart.until_it_stays()
        except RestartError as error:
            raise RestartError(f"{error}. {remedy(error)}", error.log) from error
    remember(wanted, config, pid)
    return ServiceOutcome(bool(reason), reason, config.uris, pid)
