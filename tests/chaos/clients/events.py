# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One stream of server-sent events: each has a number, so that a lost one shows."""

from __future__ import annotations

import re
import time
from typing import Any

from .web import Place, Stop

_NUMBER = re.compile(rb"id: (\d+)\r?\n")


def run(stop: Stop, arguments: list[str]) -> dict[str, Any]:
    """Read until told to stop. Arguments: URL, address."""
    url, address = arguments
    place = Place(url, address, timeout=10.0)
    connection = place.connect()
    connection.request("GET", place.path, headers={"Host": place.host, "Accept": "text/event-stream"})
    answer = connection.getresponse()
    report: dict[str, Any] = {"status": answer.status, "numbers": 0, "lost": [], "ended": None, "longest_gap": 0.0}
    last, heard = 0, time.monotonic()
    while not stop.asked:
        try:
            line = answer.readline()
        except OSError as error:
            report["ended"] = repr(error)
            break
        if not line:
            report["ended"] = "the stream ended"
            break
        found = _NUMBER.fullmatch(line)
        if found:
            number, now = int(found[1]), time.monotonic()
            report["lost"] += range(last + 1, number)
            report["numbers"] += 1
            report["longest_gap"] = max(report["longest_gap"], now - heard)
            last, heard = number, now
    return report
