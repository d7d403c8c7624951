# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process runs, since when, and with which settings it was last proven to run."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass

from .._files import replace_file
from .._sockets import listeners

STATE_FOLDER = "/var/lib/constellation-edge"


@dataclass(frozen=True)
class Record:
    """A process, by id and start (an id alone may come back after a reboot), and the fingerprint of its settings."""

    pid: int
    start: str
    fingerprint: str


def start_ticks(pid: int) -> str:
    """Return the kernel's start time of a process together with the boot's identity; "" when there is no process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return f"{stream.read().strip()}/{fields[19]}"
    except (OSError, IndexError):
        return ""


def started_at(pid: int) -> float:
    """Return when a process started, in seconds since the epoch by the present clock; 0.0 when there is no process."""
    ticks = start_ticks(pid).rpartition("/")[2]
    try:
        with open("/proc/uptime", encoding="ascii") as stream:
            uptime = float(stream.read().split()[0])
    except (OSError, ValueError):
        return 0.0
    return time.time() - (uptime - int(ticks) / os.sysconf("SC_CLK_TCK")) if ticks else 0.0


def foreign_holders(ports: set[int], pid: int) -> dict[int, str]:
    """Return who listens on these ports that is neither the process nor below it: port to "program (process id)".

    A port on which the process listens as well is not foreign, and one whose owner cannot be seen is given the
    benefit of the doubt.
    """
    holders: dict[int, str] = {}
    own: set[int] = set()
    for listener in listeners():
        if listener.port not in ports or not listener.pid:
            continue
        if _is_within(listener.pid, pid):
            own.add(listener.port)
        else:
            holders[listener.port] = f"{listener.program} (process {listener.pid})"
    return {port: holder for port, holder in holders.items() if port not in own}


def _is_within(pid: int, ancestor: int) -> bool:
    """Tell whether a process is, or descends from, another one; nothing descends from process 0."""
    while pid > 1 and pid != ancestor:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
                pid = int(stream.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return False
    return pid == ancestor != 0


def fingerprint(uris: list[str], settings: dict[str, str]) -> str:
    """Return a fingerprint of what a program reads only when it starts."""
    whole = json.dumps([sorted(uris), sorted(settings.items())], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def read_record(program: str, folder: str = STATE_FOLDER) -> Record | None:
    """Return the record of a program's last proven start; None when there is none that can be read."""
    try:
        with open(_path(program, folder), encoding="utf-8") as stream:
            data = json.load(stream)
        return Record(int(data["pid"]), str(data["start"]), str(data["fingerprint"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_record(program: str, record: Record, folder: str = STATE_FOLDER) -> None:
    """Keep a record, for root alone: a fingerprint is made from keys too."""
    text = json.dumps(asdict(record), indent=2) + "\n"
    replace_file(_path(program, folder), text.encode(), 0o600)


def _path(program: str, folder: str) -> str:
    """Return a record's path; a name of supervisor may hold a colon, and never a slash here."""
    return os.path.join(folder, f"service-{program.replace('/', '_')}.json")
