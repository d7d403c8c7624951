# SPDX-License-Identifier: GPL-3.0-or-later

"""The workers of nginx's former configurations: they get a stated time to end by themselves, and are then ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .._host import process as host_process
from .process import Process

_PAUSE = 0.1
# How long a worker may take to follow the signal, in seconds: it closes its connections and exits.
_TO_EXIT = 5.0


@dataclass(frozen=True)
class Ended:
    """How many workers were ended, and the numbers of those that are still there."""

    count: int = 0
    left: list[int] = field(default_factory=list)


def end(master: Process, workers: Iterable[Process], seconds: float) -> Ended:
    """Wait at most `seconds` for workers of a master to end by themselves, then end the rest.

    Nothing else is signalled: a process counts as one of them while number, start time and parent are the same.
    """
    rest = _waited(master, list(workers), seconds)
    for worker in rest:
        _signal(master, worker)
    left = _waited(master, rest, _TO_EXIT)
    return Ended(len(rest) - len(left), [worker.pid for worker in left])


def _waited(master: Process, workers: list[Process], seconds: float) -> list[Process]:
    """Return the workers that are still there when the time is over, or none as soon as none is."""
    deadline = time.monotonic() + seconds
    while (rest := list(_there(master, workers))) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return rest


def _there(master: Process, workers: list[Process]) -> Iterator[Process]:
    for worker in workers:
        found = host_process.stat(worker.pid)
        if found and not found.ended and (found.started, found.parent) == (worker.started, master.pid):
            yield worker


def _signal(master: Process, worker: Process) -> None:
    """Send SIGTERM, on which a worker exits at once; by a descriptor, which no later process can take over."""
    try:
        descriptor = os.pidfd_open(worker.pid)
    except OSError:
        return  # it has ended, or is reported as left
    try:
        if list(_there(master, [worker])):
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
