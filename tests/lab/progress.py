# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab says while it works, and the error it stops with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LabError(Exception):
    """Something the user can act on: the message names the place and the remedy."""


def say(text: str) -> None:
    """Print one line of progress at once; standard output stays free for results."""
    # One write: several builds speak at once.
    sys.stderr.write(f"lab: {text}\n")
    sys.stderr.flush()


def poll(what: str, ask: Callable[[], T | None], timeout: float, interval: float = 0.2) -> T:
    """Ask until the answer is true.

    Args:
        what: what is waited for, for the message.
        ask: returns something true once it is there.
        timeout: seconds to wait at most.
        interval: seconds between two questions.

    Raises:
        LabError: it was not there in time.

    """
    end = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise LabError(f"{what}: not there after {timeout:.0f} s")
        time.sleep(interval)
