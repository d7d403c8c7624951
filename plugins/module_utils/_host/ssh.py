# SPDX-License-Identifier: GPL-3.0-or-later

"""Where SSH is really reached on this host, and from which address this run came.

A firewall rule for port 22 locks its owner out where sshd listens on another port, so three sources are united: the
sockets that really listen (owned by sshd, or by systemd for ssh.socket), what ``sshd -T`` would use after a restart,
and the port of the connection that this very run came through.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from . import process as host_process
from .command import Run, run
from .sockets import ESTABLISHED, LISTEN, tcp

DEFAULT_PORT = 22
_SERVERS = frozenset({"sshd", "dropbear"})
_SSH_SOCKETS = frozenset({"ssh.socket", "sshd.socket"})
_SESSIONS = frozenset({"sshd", "sshd-session", "dropbear"})


class Connection(NamedTuple):
    """The SSH connection of this run: the controller's address and the port it came to."""

    address: str
    port: int


def normal_address(text: str) -> str | None:
    """Return an address in its shortest form, an IPv4 address mapped into IPv6 as IPv4; None where it is not one."""
    try:
        address = ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def parse_connection(value: str) -> Connection | None:
    """Read ``SSH_CONNECTION`` (client address, client port, server address, server port)."""
    words = value.split()
    if len(words) != 4 or not words[3].isdigit():
        return None
    address = normal_address(words[0])
    port = int(words[3])
    if address is None or ipaddress.ip_address(address).is_loopback or not 0 < port < 65536:
        return None
    return Connection(address, port)


def _environment(process: Path) -> Mapping[str, str]:
    try:
        raw = (process / "environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0") if b"=" in item)
    return {os.fsdecode(key): os.fsdecode(value) for key, _equal, value in pairs}


def _peer(proc: Path, pid: int) -> Connection | None:
    """Return the other end of an established TCP connection of this process, loopback left out."""
    inodes = host_process.sockets(pid, proc)
    for socket in tcp(proc):
        if socket.state == ESTABLISHED and socket.inode in inodes:
            found = parse_connection(f"{socket.peer} 0 - {socket.port}")
            if found is not None:
                return found
    return None


def connection(pid: int | None = None, proc: Path = Path("/proc")) -> Connection | None:
    """Return the SSH connection that this process was started through, or None for a local run.

    sudo strips ``SSH_CONNECTION``, so the environment of every ancestor is read; where none has kept it, the TCP
    connection of the sshd among them tells.
    """
    number = os.getpid() if pid is None else pid
    seen: set[int] = set()
    while number > 1 and number not in seen:
        seen.add(number)
        found = parse_connection(_environment(proc / str(number)).get("SSH_CONNECTION", ""))
        if found is None and host_process.name(number, proc) in _SESSIONS:
            found = _peer(proc, number)
        if found is not None:
            return found
        parent = host_process.stat(number, proc)
        number = parent.parent if parent else 0
    return None


def _server_inodes(proc: Path) -> set[int]:
    """Return the sockets of SSH servers; a session's own process (it listens for forwarded ports) is left out."""
    inodes: set[int] = set()
    for pid in (int(each.name) for each in proc.glob("[0-9]*")):
        found = host_process.stat(pid, proc)
        if found and host_process.name(pid, proc) in _SERVERS and host_process.name(found.parent, proc) not in _SERVERS:
            inodes |= host_process.sockets(pid, proc)
    return inodes


def parse_socket_units(text: str) -> tuple[set[int], set[int]]:
    """Read ``systemctl show --property=Id,Listen,ActiveState *.socket``: TCP ports of SSH's sockets, and of others."""
    ssh: set[int] = set()
    other: set[int] = set()
    for block in re.split(r"\n\s*\n", text):
        fields = [line.partition("=")[::2] for line in block.splitlines()]
        if ("ActiveState", "active") not in fields:
            continue
        unit = dict(fields).get("Id", "")
        # "Listen=0.0.0.0:22 (Stream)" or "Listen=[::]:22 (Stream)", one or several on a line
        ports = {int(p) for key, value in fields if key == "Listen" for p in re.findall(r":(\d+) \(Stream\)", value)}
        (ssh if unit in _SSH_SOCKETS else other).update(ports)
    return ssh, other


def listening_ports(proc: Path = Path("/proc"), call: Run = run) -> set[int]:
    """Return the TCP ports on which an SSH server of this host really listens, loopback left out."""
    found = [socket for socket in tcp(proc) if socket.state == LISTEN]
    reachable = {socket.inode: socket.port for socket in found if not socket.address.is_loopback}
    ports = {reachable[inode] for inode in _server_inodes(proc) if inode in reachable}
    units = call(["systemctl", "show", "--property=Id,Listen,ActiveState", "*.socket"])
    ssh, other = parse_socket_units(units.out) if units.rc == 0 else (set(), set())
    if ssh:
        # systemd holds the socket. After a daemon-reload without a restart the unit already names a new port while
        # the old one still listens: what systemd holds for no other unit is SSH's.
        held = {reachable[inode] for inode in host_process.sockets(1, proc) if inode in reachable}
        ports |= ssh | (held - other)
    return ports


def configured_ports(call: Run = run) -> set[int]:
    """Return the ports of ``sshd -T``; none where it does not answer (no server, or a broken configuration)."""
    answer = call(["sshd", "-T"])
    return {int(port) for port in re.findall(r"(?m)^port (\d+)$", answer.out)} if answer.rc == 0 else set()


def union(sources: Iterable[Iterable[int]]) -> list[int]:
    """Return all the ports in order, 22 where there is none: opening an unused port is safer than locking out."""
    ports = {port for source in sources for port in source}
    return sorted(ports) or [DEFAULT_PORT]


def ports_in_use(current: Connection | None, call: Run = run, proc: Path = Path("/proc")) -> list[int]:
    """Return every port that a firewall must keep open for SSH."""
    own = [current.port] if current else []
    return union([listening_ports(proc, call), configured_ports(call), own])
