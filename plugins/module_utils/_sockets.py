# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which program listens on which TCP port of this host, read from /proc."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass

_LISTEN = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h


@dataclass(frozen=True)
class Listener:
    """One listening TCP socket. `pid` is 0 and `program` empty where the owner cannot be seen."""

    port: int
    loopback: bool
    pid: int
    program: str
    container: str


def listeners() -> list[Listener]:
    """Return every listening TCP socket, IPv4 and IPv6, with its owner (needs root for other users' processes)."""
    owners = _owners()
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for address, port, inode in _listening(table):
            pid = owners.get(inode, 0)
            found.append(Listener(port, _is_loopback(address), pid, _program(pid), _container(pid)))
    return sorted(set(found), key=lambda listener: (listener.port, listener.pid))


def _listening(table: str) -> list[tuple[str, int, str]]:
    try:
        with open(table, encoding="ascii") as lines:
            rows = [line.split() for line in lines][1:]
    except FileNotFoundError:  # the kernel has no IPv6
        return []
    local = [(row[1].partition(":"), row[9]) for row in rows if row[3] == _LISTEN]
    return [(address, int(port, 16), inode) for (address, _colon, port), inode in local]


def _is_loopback(address: str) -> bool:
    # Words of four bytes in the machine's own order: 127.x ends in 7F on the little-endian machines supported here.
    return (len(address) == 8 and address.endswith("7F")) or address == "0" * 24 + "01000000"


def _owners() -> dict[str, int]:
    """Map a socket's inode to the lowest process id that holds it: the parent, for a server with workers."""
    owners: dict[str, int] = {}
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(path)
        except OSError:  # the process ended meanwhile
            continue
        if target.startswith("socket:["):
            pid = int(path.split("/")[2])
            inode = target[8:-1]
            owners[inode] = min(pid, owners.get(inode, pid))
    return owners


def _program(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
            return comm.read().strip()
    except OSError:
        return ""


def _container(pid: int) -> str:
    """Return the id of the container that a process runs in, "" for a process of this host itself."""
    own, other = _container_id("self"), _container_id(str(pid))
    return "" if other == own else other


def _container_id(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as groups:
            ids = re.findall(r"[0-9a-f]{64}", groups.read())
    except OSError:
        return ""
    return ids[-1] if ids else ""
