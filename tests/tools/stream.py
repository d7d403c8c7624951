# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run commands, show their output as it comes, keep it, and end those that take too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .checkout import ROOT

# A daemon that the command started may hold the pipe for ever: after the command's end this is what is still read.
_DRAIN_SECONDS = 3.0
_TERM_SECONDS = 20.0

_running: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Result:
    """How the command ended. ``stopped``: it reached the time limit."""

    output: str
    code: int
    seconds: float
    stopped: bool


def run(argv: Sequence[str], env: dict[str, str], log: Path, limit: float, label: str = "") -> Result:
    """Run a command in the root of the checkout for at most ``limit`` seconds, without input.

    Its output, errors included, goes to ``log`` and to this process's output, there with ``label`` before each line.
    """
    started = time.monotonic()
    lines: list[str] = []
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    _running.add(process)
    reader = threading.Thread(target=_copy, args=(process.stdout, lines, log, label), daemon=True)
    reader.start()
    stopped = False
    try:
        process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        stopped = True
        _end(process)
    except BaseException:
        _end(process)
        raise
    finally:
        _running.discard(process)
    reader.join(_DRAIN_SECONDS)
    code = process.returncode or (1 if stopped else 0)
    return Result("".join(lines), code, time.monotonic() - started, stopped)


def say(text: str) -> None:
    """Print a line in one piece: other threads print, too."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def end_all() -> None:
    """End every command that another thread is running."""
    for process in list(_running):
        _end(process)


def _copy(source: IO[str] | None, lines: list[str], log: Path, label: str) -> None:
    if source is None:
        return
    with log.open("w", encoding="utf-8") as kept:
        for line in source:
            lines.append(line)
            kept.write(line)
            kept.flush()
            sys.stdout.write(label + line)
            sys.stdout.flush()


def _end(process: subprocess.Popen[str]) -> None:
    """End the command with all its children: politely, then not."""
    for number, seconds in ((signal.SIGTERM, _TERM_SECONDS), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=seconds)
        except ProcessLookupError:
            process.wait()
        except subprocess.TimeoutExpired:
            continue
        return
