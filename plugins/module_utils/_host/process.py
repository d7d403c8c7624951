# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel says about a process, read from /proc."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Stat:
    """One process. ``started``, in clock ticks since boot, tells it from a later one with the same number."""

    pid: int
    parent: int
    started: int
    ended: bool


def stat(pid: int, proc: Path = PROC) -> Stat | None:
    """Return a process, or None when there is none; ``ended`` for one that its parent has not yet taken note of."""
    try:
        # The name in brackets may hold spaces and brackets: the fields begin after the last one.
        fields = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return Stat(pid, int(fields[1]), int(fields[19]), fields[0] in (b"Z", b"X"))
    except (OSError, ValueError, IndexError):
        return None


def name(pid: int, proc: Path = PROC) -> str:
    """Return the short name of a process's program, "" when it is gone."""
    try:
        return (proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def title(pid: int) -> str:
    """Return the command line of a process, or the title that it gave itself; "" when it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def children(parent: int) -> list[Stat]:
    """Return the processes that have this parent and have not ended."""
    found = (stat(int(each)) for each in os.listdir(PROC) if each.isdigit())
    return [each for each in found if each is not None and each.parent == parent and not each.ended]


def is_within(pid: int, ancestor: int) -> bool:
    """Tell whether a process is, or descends from, another one; nothing descends from process 0."""
    while pid > 1 and pid != ancestor:
        found = stat(pid)
        if found is None:
            return False
        pid = found.parent
    return pid == ancestor != 0


def sockets(pid: int, proc: Path = PROC) -> set[int]:
    """Return the inodes of the sockets that a process holds, as far as they may be seen."""
    found: set[int] = set()
    with contextlib.suppress(OSError):
        for entry in os.scandir(proc / str(pid) / "fd"):
            with contextlib.suppress(OSError):
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if match:
                    found.add(int(match[1]))
    return found


def boot_id() -> str:
    """Return what tells this boot of the host from every other one, "" when the kernel does not say."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def since_epoch(ticks: int) -> float | None:
    """Return the time of a count of clock ticks since boot, in seconds since the epoch by the present clock.

    None when that cannot be told: where a container shows its own uptime, and ticks since the machine's boot (lxcfs).
    """
    try:
        uptime = float((PROC / "uptime").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None
    since_boot = ticks / os.sysconf("SC_CLK_TCK")
    # Both are cut to hundredths of a second.
    return None if since_boot > uptime + 1 else time.time() - uptime + since_boot
