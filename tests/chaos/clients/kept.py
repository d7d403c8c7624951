# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kept connections: each asks again and again; when it is closed under a request, that is sent again on a new one."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from .web import CLOSED, Place, Stop

TRIES = 3


@dataclass
class Seen:
    """What one connection saw.

    `closings` are the times at which a request found its connection closed without an answer; `renewed` counts the
    connections that ended as HTTP provides for, by `Connection: close` in an answer.
    """

    answered: int = 0
    renewed: int = 0
    slowest: float = 0.0
    closings: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def run(stop: Stop, arguments: list[str]) -> dict[str, Any]:
    """Ask until told to stop. Arguments: URL, address, number of connections, seconds between two requests of each."""
    url, address, count, pause = arguments
    place = Place(url, address)
    seen = [Seen() for _number in range(int(count))]
    threads = [threading.Thread(target=_Kept(place, each, float(pause)).go, args=(stop,)) for each in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"connections": [asdict(each) for each in seen]}


class _Kept:
    def __init__(self, place: Place, seen: Seen, pause: float) -> None:
        self._place = place
        self._seen = seen
        self._pause = pause
        self._connection = place.connect()
        self._used = False

    def go(self, stop: Stop) -> None:
        while not stop.asked:
            began = time.monotonic()
            self._request()
            self._seen.slowest = max(self._seen.slowest, time.monotonic() - began)
            time.sleep(self._pause)
        self._connection.close()

    def _request(self) -> None:
        for _attempt in range(TRIES):
            kept = self._used
            try:
                self._ask()
            except CLOSED as error:
                # Only a connection that was in use before may have been closed under us; a new one may not.
                if kept:
                    self._seen.closings.append(time.monotonic())
                else:
                    self._seen.failures.append(f"{time.monotonic():.3f} a new connection: {error!r}")
                self._renew()
            except OSError as error:
                self._seen.failures.append(f"{time.monotonic():.3f} {error!r}")
                self._renew()
            else:
                return
        self._seen.failures.append(f"{time.monotonic():.3f} no answer in {TRIES} tries")

    def _ask(self) -> None:
        if self._connection.sock is None:
            self._renew()
        self._connection.request("GET", self._place.path, headers={"Host": self._place.host})
        answer = self._connection.getresponse()
        answer.read()
        self._used = True
        if answer.status != 200:
            self._seen.failures.append(f"{time.monotonic():.3f} status {answer.status}")
        self._seen.answered += 1
        if answer.will_close:
            self._seen.renewed += 1
            self._renew()

    def _renew(self) -> None:
        self._connection.close()
        self._used = False
        try:
            self._connection = self._place.connect()
        except OSError as error:
            self._seen.failures.append(f"{time.monotonic():.3f} not connected: {error!r}")
