# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One piece of work in a process of its own: `python -m bench.work NAME INPUT` prints its time and memory as JSON.

Processor time is taken, not the clock's: the machine is shared. Imports and reading of the input are outside of it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[Path], Callable[[], Any]]


def peak_mib() -> float:
    """Return this process's own peak of resident memory; `getrusage` counts the parent's from before `exec`, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")


def main() -> None:
    """Do the work once and print its figures."""
    side, _dot, name = sys.argv[1].partition(".")
    work: Work = getattr(importlib.import_module(f".{side}", __package__), name)
    go = work(Path(sys.argv[2]))
    start = time.process_time()
    go()
    seconds = time.process_time() - start
    print(json.dumps({"seconds": seconds, "mib": peak_mib()}))


if __name__ == "__main__":
    main()
