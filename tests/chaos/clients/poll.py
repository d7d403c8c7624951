# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests at a fixed pace, each in a thread and on a connection of its own: when was a URL answered, and when not."""

from __future__ import annotations

import threading
import time
from typing import Any

from .web import Place, Stop

TIMEOUT = 2.0
# More than are ever under way when nothing answers until the timeout.
MOST = 80


def run(stop: Stop, arguments: list[str]) -> dict[str, Any]:
    """Ask until told to stop. Arguments: seconds between two requests, then pairs of URL and address.

    Returns for each URL its requests in the order of their ends: start, end, and the status or None.
    """
    pause, *pairs = arguments
    places = [Place(url, address, TIMEOUT) for url, address in zip(pairs[::2], pairs[1::2], strict=True)]
    seen: dict[str, list[tuple[float, float, int | None]]] = {place.url: [] for place in places}
    rooms = {place.url: threading.Semaphore(MOST) for place in places}
    threads: list[threading.Thread] = []
    while not stop.asked:
        for place in places:
            if rooms[place.url].acquire(blocking=False):
                thread = threading.Thread(target=_ask, args=(place, seen[place.url], rooms[place.url]))
                thread.start()
                threads.append(thread)
        time.sleep(float(pause))
        threads = [thread for thread in threads if thread.is_alive()]
    for thread in threads:
        thread.join()
    return seen


def _ask(place: Place, seen: list[tuple[float, float, int | None]], room: threading.Semaphore) -> None:
    began, status = time.monotonic(), None
    try:
        connection = place.connect()
        try:
            connection.request("GET", place.path, headers={"Host": place.host, "Connection": "close"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except OSError:
        status = None
    seen.append((began, time.monotonic(), status))
    room.release()
