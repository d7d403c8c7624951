# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python3 -m inside.master SECONDS` kills nginx's master and waits until there is another one with workers of its own.

The old workers hold the listening sockets until systemd has ended them: what they answer does not count, so they have
to be gone. Prints JSON: when it was killed, the new master's number or null, and when that was seen.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time

PID_FILE = "/run/nginx.pid"
PAUSE = 0.01
_PARENT = re.compile(r"^PPid:\s*(\d+)$", re.MULTILINE)


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _title(pid: str | int) -> str:
    try:
        return _read(f"/proc/{pid}/cmdline")
    except OSError:
        return ""


def master() -> int | None:
    """Return the number of the running master."""
    try:
        pid = int(_read(PID_FILE))
    except (OSError, ValueError):
        return None
    return pid if _title(pid).startswith("nginx: master process") else None


def workers() -> dict[int, int]:
    """Return the number of each worker, with its parent's."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if _title(pid).startswith("nginx: worker process"):
            try:
                parent = _PARENT.search(_read(f"/proc/{pid}/status"))
            except OSError:
                continue
            if parent:
                found[int(pid)] = int(parent[1])
    return found


def main() -> None:
    """Kill, wait, and tell."""
    old, before = master(), workers()
    if old is None:
        raise SystemExit("nginx does not run")
    killed = time.monotonic()
    os.kill(old, signal.SIGKILL)
    new = None
    while new is None and time.monotonic() < killed + float(sys.argv[1]):
        time.sleep(PAUSE)
        now, candidate = workers(), master()
        if candidate not in (None, old) and candidate in now.values() and not set(before) & set(now):
            new = candidate
    print(json.dumps({"killed": killed, "new": new, "seen": time.monotonic()}))


if __name__ == "__main__":
    main()
