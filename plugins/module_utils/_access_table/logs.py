# SPDX-License-Identifier: GPL-3.0-or-later

"""Which client nginx saw, by its own logs."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

LOGS = Path("/var/log/nginx")
# Bytes of each file: on a busy host others are logged meanwhile.
_END = 4 * 1024 * 1024
_PATIENCE, _PAUSE = 2.0, 0.2


def clients(markers: Iterable[str], logs: Path = LOGS, patience: float = _PATIENCE) -> dict[str, str]:
    """Return by each marker the address with which its line in a log begins; what is in no log is not among them.

    nginx writes a line when a request has ended, so that it is waited for as long as `patience` in seconds.
    """
    wanted, found, until = [*markers], {}, time.monotonic() + patience
    while True:
        found = dict(_found(wanted, logs))
        if len(found) == len(wanted) or time.monotonic() >= until:
            return found
        time.sleep(_PAUSE)


def tail(path: Path) -> str:
    """Return the end of a file, "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _END))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _found(markers: Iterable[str], logs: Path) -> Iterator[tuple[str, str]]:
    wanted = [*markers]
    for path in sorted(logs.glob("*.log")):
        text = tail(path)
        for marker in wanted:
            places = (each.start() for each in re.finditer(re.escape(marker), text))
            several = (_address(text[text.rfind("\n", 0, place) + 1 : place]) for place in places)
            if address := next(filter(None, several), ""):
                yield marker, address


def _address(line: str) -> str:
    try:
        found = ipaddress.ip_address(line.partition(" ")[0])
    except ValueError:  # another layout of an owner's
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)
