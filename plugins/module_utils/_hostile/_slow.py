# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients that take their time: each is ended, and nobody else waits for them. All of them are held at once."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .._probe.connection import ProbeError
from ._wire import HTTPS, PLAIN, Way, exchange, opened, request
from .subject import Probe, Subject, Verdict, token

REMEDY = "nginx waits too long for slow clients: run playbooks/site.yml, and look for timeouts of your own (nginx -T)"

# Seconds between two bytes of what drips, below every usual time limit between two reads.
_DRIP = 4.0
# Of what is held altogether, how much are unfinished heads, and how much each of the seven others. A host may refuse
# more than some hundred connections of one address.
_HEADS, _OTHERS = 2 / 3, 1 / 15
_LOOK = 0.5


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    many, few = (max(round(subject.slow * share), 1) for share in (_HEADS, _OTHERS))
    head = f"GET /{token()} HTTP/1.1\r\nHost: {subject.host}\r\nX-Edge: ".encode()
    # What no service takes is answered at once, whatever comes: the body is for one that reads it, where it is known.
    path = f"{subject.echo.rstrip('/')}/{token()}"
    body = f"POST {path} HTTP/1.1\r\nHost: {subject.host}\r\nContent-Length: 4096\r\n\r\n".encode()
    patience = f"{subject.patience:g} s"
    return [
        _ending(subject, _Slow("heads", f"{many} heads that never end", HTTPS, head, b"a", many)),
        _ending(subject, _Slow("heads-80", f"{few} heads that never end on port 80", PLAIN, head, b"a", few)),
        _ending(subject, _Slow("silent-heads", f"{few} connections on which nothing is asked", HTTPS, b"", b"", few)),
        _ending(subject, _Slow("silent-80", f"{few} connections to port 80 without a word", PLAIN, b"", b"", few)),
        _ending(subject, _Slow("silent-bodies", f"{few} bodies that never come", HTTPS, body, b"", few)),
        Probe(
            "handshakes", f"{few} TLS handshakes that never begin: ended within {patience}", _shakes(subject, few), True
        ),
        # nginx measures from byte to byte, so that a body may drip for long; it costs nobody else anything.
        Probe("dripping-bodies", f"{few} bodies that drip: others are served", _beside(subject, body, few), True),
        Probe("reading", f"{few} answers that nobody reads: others are served", _unread(subject, few), True),
    ]


@dataclass(frozen=True)
class _Slow:
    """Connections on which ``start`` is sent, then ``drip`` again and again."""

    name: str
    what: str
    way: Way
    start: bytes
    drip: bytes
    count: int


@dataclass
class _Held:
    """Connections that are open, and how many there were."""

    open: list[socket.socket] = field(default_factory=list)
    count: int = 0

    def look(self) -> None:
        """Let go of those that the host has ended."""
        self.open = [used for used in self.open if not self._ended(used)]

    @staticmethod
    def _ended(used: socket.socket) -> bool:
        try:
            # What the host says before it ends one does not matter; TLS says a few things by itself.
            return not used.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            return True

    def drip(self, data: bytes) -> None:
        """Send a few bytes on each."""
        for used in self.open:
            with contextlib.suppress(OSError):
                used.send(data)


@contextlib.contextmanager
def _holding(subject: Subject, slow: _Slow, receive: int = 0) -> Iterator[_Held]:
    """Open all connections, and close them in the end; OSError and ProbeError as they come."""
    held = _Held()
    with contextlib.ExitStack() as stack:
        for _number in range(slow.count):
            used = stack.enter_context(opened(subject, slow.way, subject.patience + 4 * subject.timeout))
            if receive:
                used.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            if slow.start:
                used.sendall(slow.start)
            used.setblocking(False)
            held.open.append(used)
            held.count += 1
        yield held


def _ending(subject: Subject, slow: _Slow) -> Probe:
    def ask() -> Verdict:
        try:
            with _holding(subject, slow) as held:
                return _until_ended(subject, held, slow.drip)
        except (OSError, ProbeError) as error:
            return Verdict(None, f"not all connections could be opened: {error}")

    return Probe(slow.name, f"{slow.what}: each is ended within {subject.patience:g} s", ask, waits=True)


def _until_ended(subject: Subject, held: _Held, drip: bytes) -> Verdict:
    begun = dripped = time.monotonic()
    served: list[bool] = []
    while held.open and time.monotonic() - begun < subject.patience:
        if drip and time.monotonic() - dripped >= _DRIP:
            dripped = time.monotonic()
            held.drip(drip)
        if len(served) < 3:
            served.append(_is_served(subject))
        held.look()
        time.sleep(_LOOK)
    after = f"{time.monotonic() - begun:.0f} s"
    if held.open:
        return Verdict(False, f"{len(held.open)} of {held.count} are open after {after}")
    if not all(served):
        return Verdict(False, f"ended within {after}, but an ordinary request was not answered beside them")
    return Verdict(True, f"all {held.count} ended within {after}, others were served")


def _is_served(subject: Subject) -> bool:
    return bool(exchange(subject, request(subject)).status)


def _shakes(subject: Subject, count: int) -> Callable[[], Verdict]:
    """Open plain connections to the port of HTTPS, on which TLS never begins."""
    port = Subject(**{**vars(subject), "http_port": subject.port})
    return _ending(port, _Slow("", "", PLAIN, b"\x16\x03\x01", b"", count)).ask


def _beside(subject: Subject, body: bytes, count: int) -> Callable[[], Verdict]:
    def ask() -> Verdict:
        try:
            with _holding(subject, _Slow("", "", HTTPS, body, b"a", count)) as held:
                served = []
                for _round in range(3):
                    time.sleep(_DRIP / 2)
                    held.drip(b"a")
                    served.append(_is_served(subject))
                held.look()
                return Verdict(all(served), f"{sum(served)} of 3 ordinary requests were answered beside {count}")
        except (OSError, ProbeError) as error:
            return Verdict(None, f"not all connections could be opened: {error}")

    return ask


def _unread(subject: Subject, count: int) -> Callable[[], Verdict]:
    asked = request(subject).replace(b"Connection: close\r\n", b"")

    def ask() -> Verdict:
        try:
            # Requests one behind the other, whose answers fill what the system keeps for a reader.
            with _holding(subject, _Slow("", "", HTTPS, asked * 20, b"", count), receive=2048):
                served = [_is_served(subject) for _round in range(3)]
                return Verdict(all(served), f"{sum(served)} of 3 ordinary requests were answered beside {count}")
        except (OSError, ProbeError) as error:
            return Verdict(None, f"not all connections could be opened: {error}")

    return ask
