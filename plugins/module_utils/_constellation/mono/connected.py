# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a running sentinel is connected to its server, as the kernel sees it: nothing is sent, no log is read."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import time

from ..._host import process
from ..._host.sockets import ESTABLISHED, Socket, tcp
from ..uris.server_uri import ServerUri

PAUSE = 0.25


def resolve(uri: ServerUri) -> list[str]:
    """Return the addresses behind the host of an address, in the order of the system; none when it has none."""
    with contextlib.suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(uri.host, uri.port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return []


def connections(uri: ServerUri, pid: int) -> list[Socket]:
    """Return the established connections to the server that the process, or one below it, holds."""
    peers = {ipaddress.ip_address(address.partition("%")[0]) for address in resolve(uri)}
    there = [each for each in tcp() if each.state == ESTABLISHED and each.peer_port == uri.port and each.peer in peers]
    held = _held(pid) if there else set()
    return [each for each in there if each.inode in held]


def _held(pid: int) -> set[int]:
    """Return the sockets of a process and of all below it: supervisor may have started a script."""
    return process.sockets(pid).union(*(_held(child.pid) for child in process.children(pid)))


def stays_connected(uri: ServerUri, pid: int, timeout: float, settle: float) -> bool:
    """Wait until one connection has stayed for the settling time (s); False when none has within ``timeout`` seconds.

    A program that does not trust the server's certificate, or is refused, connects too, again and again: only what
    stays counts.
    """
    deadline = time.monotonic() + timeout
    since: dict[int, float] = {}
    while True:
        now = time.monotonic()
        since = {each.inode: since.get(each.inode, now) for each in connections(uri, pid)}
        if any(now - first >= settle for first in since.values()):
            return True
        # One that is seen before the end of the time may still prove itself.
        if now >= deadline + (settle if since else 0):
            return False
        time.sleep(PAUSE)


def own_address(uri: ServerUri, pid: int) -> str:
    """Return the address from which this host's sentinel calls the server; "" when it cannot be told."""
    for each in connections(uri, pid):
        return str(each.address)
    return outgoing_address(uri)


def outgoing_address(uri: ServerUri) -> str:
    """Return the address that a packet of this host to a server would have, "" when it cannot be told; none is sent.

    IPv4 comes first: the listener of Mono has no IPv6.
    """
    for address in sorted(resolve(uri), key=lambda one: ":" in one):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((address, uri.port))
            return str(asked.getsockname()[0]).partition("%")[0]
    return ""
