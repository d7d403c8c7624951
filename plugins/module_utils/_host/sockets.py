# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the TCP sockets of this host, and which program listens on which port, read from /proc."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Union

from . import process
from .process import PROC

# States of the kernel's include/net/tcp_states.h; a UDP socket that takes packets from anybody is "closed".
LISTEN = "0A"
UNCONNECTED = "07"
ESTABLISHED = "01"

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 - an alias that is evaluated at run time


class Socket(NamedTuple):
    """A TCP socket: its own address and port, and those of the other end. IPv4 in IPv6 is told as IPv4."""

    inode: int
    state: str
    address: Address
    port: int
    peer: Address
    peer_port: int


@dataclass(frozen=True)
class Listener:
    """One listening TCP socket. `pid` is 0 and `program` empty where the owner cannot be seen.

    `container` is the id of the container that the owner runs in, `unit` the systemd service; "" for none.
    """

    port: int
    loopback: bool
    pid: int
    program: str
    container: str
    unit: str = ""


def parse(table: str) -> Iterator[Socket]:
    """Yield the sockets of a ``/proc/net/tcp`` or ``tcp6`` table."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 10:
            continue
        address, _colon, port = fields[1].partition(":")
        peer, _colon, peer_port = fields[2].partition(":")
        yield Socket(int(fields[9]), fields[3], _address(address), int(port, 16), _address(peer), int(peer_port, 16))


def tcp(proc: Path = PROC) -> list[Socket]:
    """Return every TCP socket, IPv4 and IPv6."""
    return _sockets(proc, "tcp")


def udp(proc: Path = PROC) -> list[Socket]:
    """Return every UDP socket, IPv4 and IPv6."""
    return _sockets(proc, "udp")


def _sockets(proc: Path, protocol: str) -> list[Socket]:
    found: list[Socket] = []
    for table in (protocol, f"{protocol}6"):
        try:
            found += parse((proc / "net" / table).read_text("ascii", "replace"))
        except OSError:  # the kernel has no IPv6
            continue
    return found


def listeners() -> list[Listener]:
    """Return every listening TCP socket, IPv4 and IPv6, with its owner (needs root for other users' processes)."""
    owners = _owners()
    found = set()
    for socket in tcp():
        if socket.state == LISTEN:
            pid = owners.get(socket.inode, 0)
            name = process.name(pid) if pid else ""
            found.add(Listener(socket.port, socket.address.is_loopback, pid, name, _container(pid), _unit(pid)))
    return sorted(found, key=lambda listener: (listener.port, listener.pid))


def open_to_others() -> list[tuple[int, str, str]]:
    """Return what takes connections or packets from other machines: port, protocol, and program ("" for the kernel)."""
    owners = _owners()
    found = [(each, "tcp") for each in tcp() if each.state == LISTEN]
    found += [(each, "udp") for each in udp() if each.state == UNCONNECTED]
    return sorted(
        {
            (each.port, protocol, process.name(owners[each.inode]) if each.inode in owners else "")
            for each, protocol in found
            if not each.address.is_loopback
        }
    )


def _address(hexadecimal: str) -> Address:
    # The kernel prints each 32-bit word in the byte order of the machine; all systems here are little-endian.
    words = [bytes.fromhex(hexadecimal[i : i + 8])[::-1] for i in range(0, len(hexadecimal), 8)]
    address = ipaddress.ip_address(b"".join(words))
    return getattr(address, "ipv4_mapped", None) or address


def _owners() -> dict[int, int]:
    """Map a socket's inode to the lowest process id that holds it: the parent, for a server with workers."""
    owners: dict[int, int] = {}
    for pid in sorted(int(each.name) for each in PROC.glob("[0-9]*")):
        for inode in process.sockets(pid):
            owners.setdefault(inode, pid)
    return owners


def _container(pid: int) -> str:
    """Return the id of the container that a process runs in, "" for a process of this host itself."""
    own, other = container_id(_groups("self")), container_id(_groups(str(pid)))
    return "" if other == own else other


def _unit(pid: int) -> str:
    return service_unit(_groups(str(pid)))


def _groups(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as groups:
            return groups.read()
    except OSError:
        return ""


def container_id(groups: str) -> str:
    """Return the innermost container id in the text of `/proc/PID/cgroup`, "" where there is none.

    Docker, Podman, containerd and CRI-O all put 64 hexadecimal digits there, with or without `docker-` and `.scope`.
    """
    ids = re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", groups)
    return ids[-1] if ids else ""


def service_unit(groups: str) -> str:
    """Return the system's systemd service in the text of `/proc/PID/cgroup`, "" where there is none."""
    found = re.search(r"/system\.slice/(?:[^/\n]+\.slice/)*([^/\n]+\.service)(?:/|$)", groups, re.MULTILINE)
    return found[1] if found else ""
