# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder on a small file system of its own, and the room that is left there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import host, standing

FOLDERS = {"sites": host.NGINX, "state": host.STATE}
SAYS = {"full": "is full", "inodes": "has no inode left", "read-only": "is mounted read-only"}
PAGE = 4096
# Pages and inodes beyond what is there: more than the module ever needs at a time.
ROOM = 48
FILL = "fill"
COPY = "/opt/chaos-copy"


@contextmanager
def small(folder: str) -> Iterator[None]:
    """Have the folder on a file system of its own with little room."""
    os.makedirs(folder, exist_ok=True)
    host.run("rm", "-rf", COPY)
    host.run("cp", "-a", folder, COPY)
    used = len(host.paths(folder)) + 1
    options = f"size={(used + ROOM) * PAGE},nr_inodes={used + ROOM},mode=0755"
    _do("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        _do("cp", "-a", f"{COPY}/.", folder)
        # A unit with a mount namespace of its own sees what was mounted before its start.
        standing.restart()
        yield
    finally:
        _do("umount", "--lazy", folder)


def _do(*command: str) -> None:
    done = host.run(*command)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


def forbid_writing(folder: str) -> None:
    """Mount the small file system read-only."""
    _do("mount", "-o", "remount,ro", folder)


def leave(folder: str, cause: str, free: int) -> None:
    """Use up pages (`full`) or inodes (`inodes`) of the small file system until only some are free."""
    release(folder)
    usage = os.statvfs(folder)
    if cause == "full":
        Path(folder, FILL).write_bytes(bytes(PAGE * (usage.f_bavail - free)))
    else:
        for number in range(usage.f_favail - free):
            Path(folder, f"{FILL}{number}").touch()


def release(folder: str) -> None:
    """Give back what `leave` used up."""
    for path in Path(folder).glob(f"{FILL}*"):
        path.unlink()
