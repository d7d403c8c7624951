# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One input after the other, without guidance; an input with a fault is kept."""

from __future__ import annotations

import hashlib
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from .inputs import chances, mutated, seeds
from .targets import TARGETS

KEPT = Path(__file__).resolve().parents[2] / ".cache" / "fuzz"
# Seconds after which an input hangs; one takes milliseconds.
HANGS = 60


class HangsError(Exception):
    """An input that does not come to an end."""


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise HangsError(f"no end after {HANGS} s")


def fault(target: str, data: bytes) -> str | None:
    """Return what goes wrong with an input, after keeping and printing it; None when nothing does."""
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(HANGS)
    try:
        TARGETS[target](data)
    except Exception:
        text = traceback.format_exc()
    else:
        return None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    keep(target, data, text)
    return text


def keep(target: str, data: bytes, text: str) -> None:
    """Write an input with a fault to a file, and print it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{target}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    print(f"{text}\nfuzz: {target} fails on {data!r}\nkept in {path}", file=sys.stderr, flush=True)


def inputs(target: str, seed: int) -> Iterator[bytes]:
    """Return the inputs to begin with, then changed ones without end."""
    begin, chance = seeds(target), chances(seed)
    yield from begin
    while True:
        yield mutated(target, chance, begin)


def until(target: str, end: float, seed: int) -> tuple[int, int]:
    """Try inputs until a time of the monotonic clock; returns how many were tried, and how many have a fault."""
    tried = faults = 0
    for data in inputs(target, seed):
        if time.monotonic() >= end:
            break
        tried += 1
        faults += fault(target, data) is not None
    return tried, faults
