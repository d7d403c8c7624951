# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test leaves behind in the process that it shares with all others.

A thread that outlives its test is the worst of it: it reads or closes a number that is another test's socket by then.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

# A thread whose server was closed may still be on its way out. Only one that stays costs this time.
_SECONDS = 5.0
_SIGNALS = (signal.SIGALRM, signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
# pytest itself changes it with every phase of a test.
_PYTEST = "PYTEST_CURRENT_TEST"


@dataclass(frozen=True)
class State:
    """What can be left behind, at one moment."""

    threads: frozenset[threading.Thread]
    descriptors: frozenset[int]
    children: bool
    signals: tuple[object, ...]
    environment: dict[str, str]
    folder: str


def state() -> State:
    """Return what is there now."""
    return State(
        frozenset(threading.enumerate()),
        _descriptors(),
        _has_children(),
        tuple(map(signal.getsignal, _SIGNALS)),
        os.environ.copy(),
        os.getcwd(),
    )


def left_behind(before: State) -> list[str]:
    """Return what is there now and was not before, or is not what it was."""
    _join(before, _SECONDS)
    now = state()
    if now.threads - before.threads or now.descriptors != before.descriptors:
        # What nobody holds any more is closed with its object, not by a number: that hurts no other test. A thread may
        # have waited for the other end of such a connection.
        gc.collect()
        _join(before, _SECONDS)
        now = state()
    return list(_differences(before, now))


def _join(before: State, seconds: float) -> None:
    """Wait for the threads that were not there before, together for so many seconds at most."""
    end = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread not in before.threads:
            thread.join(max(0.0, end - time.monotonic()))


def _differences(before: State, now: State) -> Iterator[str]:
    for thread in now.threads - before.threads:
        yield f"the thread {thread.name} is still running"
    for number in sorted(now.descriptors - before.descriptors):
        with suppress(FileNotFoundError):
            target = os.readlink(f"/proc/self/fd/{number}")
            yield f"the file descriptor {number} is open: {target}"
    for number in sorted(before.descriptors - now.descriptors):
        yield f"the file descriptor {number} is closed"
    if now.children and not before.children:
        yield "a child process was not waited for"
    for which, old, new in zip(_SIGNALS, before.signals, now.signals, strict=True):
        if old is not new:
            yield f"the handler of {which.name} is another one"
    for name in sorted((before.environment.keys() | now.environment.keys()) - {_PYTEST}):
        if before.environment.get(name) != now.environment.get(name):
            yield f"the environment variable {name} changed"
    if before.folder != now.folder:
        yield f"the working directory is {now.folder}"


def _descriptors() -> frozenset[int]:
    listed = frozenset(map(int, os.listdir("/proc/self/fd")))
    # Among them was the one that listed them, in the lowest free place.
    free = os.open("/", os.O_PATH)
    os.close(free)
    return listed - {free}


def _has_children() -> bool:
    """Tell whether a child process runs, or ended and was not waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
