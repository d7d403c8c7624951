# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process runs, since when, and with which settings it was last proven to run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from .._host import process, records
from .._host.names import STATE_FOLDER
from .._host.sockets import listeners


@dataclass(frozen=True)
class Record:
    """A process, by id and start (an id alone may come back after a reboot), and the fingerprint of its settings."""

    pid: int
    start: str
    fingerprint: str


def start_ticks(pid: int) -> str:
    """Return the kernel's start time of a process together with the boot's identity; "" when there is no process."""
    found, boot = process.stat(pid), process.boot_id()
    return f"{boot}/{found.started}" if found and boot else ""


def started_at(pid: int) -> float:
    """Return when a process started, in seconds since the epoch by the present clock; 0.0 when there is no process."""
    found = process.stat(pid)
    return (process.since_epoch(found.started) or 0.0) if found else 0.0


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
        if process.is_within(listener.pid, pid):
            own.add(listener.port)
        else:
            holders[listener.port] = f"{listener.program} (process {listener.pid})"
    return {port: holder for port, holder in holders.items() if port not in own}


def fingerprint(uris: list[str], settings: dict[str, str]) -> str:
    """Return a fingerprint of what a program reads only when it starts."""
    whole = json.dumps([sorted(uris), sorted(settings.items())], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def read_record(program: str, folder: str = STATE_FOLDER) -> Record | None:
    """Return the record of a program's last proven start; None when there is none that can be read."""
    data = records.read(_name(program), folder)
    try:
        return Record(int(data["pid"]), str(data["start"]), str(data["fingerprint"]))
    except (ValueError, KeyError, TypeError):
        return None


def write_record(program: str, record: Record, folder: str = STATE_FOLDER) -> None:
    """Keep a record."""
    records.write(_name(program), asdict(record), folder)


def _name(program: str) -> str:
    """Return a record's name; a name of supervisor may hold a colon, and never a slash here."""
    return f"service-{program.replace('/', '_')}"
