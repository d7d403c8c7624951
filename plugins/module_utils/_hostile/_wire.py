# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes as they are written here to a host, and what comes back, with an end in time."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .._host.deadline import cut_after
from .._probe.connection import ProbeError, connect, reason, tls_context
from ._http1 import Response, read_answers
from .subject import Subject

# How an exchange ended: the host closed it in order, reset it, said nothing more, or never took the connection.
CLOSED, RESET, SILENT, REFUSED = "closed", "reset", "silent", "refused"
#: Why nothing was sent where `Subject.verify` asks for a certificate that is trusted.
UNTRUSTED = "TLS: untrusted"
# As who a question is asked.
AGENT = "constellation.edge-hostile"
MOST_BYTES = 1024 * 1024
_BLOCK = 65536


@dataclass(frozen=True)
class Seen:
    """What came back: the answers, all bytes, how it ended, and a reason where there is one."""

    end: str
    note: str = ""
    answers: tuple[Response, ...] = ()
    data: bytes = b""

    @property
    def status(self) -> int:
        """The status of the first final answer, 0 without one."""
        return self.only().status

    @property
    def upgraded(self) -> bool:
        """Whether the host changed the protocol."""
        return any(answer.status == 101 for answer in self.answers)

    def only(self) -> Response:
        """Return the first final answer, an empty one of status 0 without any."""
        return next((answer for answer in self.answers if answer.status >= 200), Response(0))

    def __str__(self) -> str:
        """Tell it in a few words."""
        found = [str(answer.status) for answer in self.answers]
        if not found and self.data:
            found = [f"{len(self.data)} bytes that are no answer"]
        end = {SILENT: "then silence" if found else "silence", REFUSED: "refused"}.get(self.end, self.end)
        return ", ".join([*found, end]) + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class Way:
    """How to get there: over TLS with this name in its greeting (None: the site's, "": none), or ``plain``."""

    plain: bool = False
    name: str | None = None
    protocol: str = "http/1.1"


HTTPS, PLAIN = Way(), Way(plain=True)


@contextlib.contextmanager
def opened(subject: Subject, way: Way, limit: float) -> Iterator[socket.socket]:
    """Yield a connection that is cut off after ``limit`` seconds; OSError and ProbeError tell why there is none."""
    port = subject.http_port if way.plain else subject.port
    plain = connect(subject.place, port, subject.timeout)
    used = plain
    try:
        with cut_after(plain, limit):
            plain.settimeout(limit)
            if not way.plain:
                used = _secured(plain, subject, way)
            yield used
    finally:
        used.close()
        plain.close()


def _secured(plain: socket.socket, subject: Subject, way: Way) -> ssl.SSLSocket:
    # By which certificate the host answers is a question of its own, but where a secret is sent.
    context = tls_context(subject.ca_file if subject.verify else "", subject.verify, way.protocol)
    name = subject.host if way.name is None else way.name
    used = context.wrap_socket(plain, server_hostname=name or None, do_handshake_on_connect=False)
    try:
        used.do_handshake()
    except ssl.SSLCertVerificationError as error:
        used.close()
        raise ProbeError(UNTRUSTED) from error
    except BaseException:
        used.close()
        raise
    return used


def exchange(subject: Subject, data: bytes, way: Way = HTTPS, *, limit: float = 0.0, quiet: float = 0.0) -> Seen:
    """Send bytes and return all that comes back until the end, or until it is quiet after a whole answer.

    ``limit`` is the seconds for all of it, by default the subject's timeout; ``quiet`` likewise.
    """
    limit = limit or subject.timeout
    try:
        with opened(subject, way, limit) as used:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                used.sendall(data)
            return _received(used, limit, quiet or subject.quiet, subject.body)
    except (OSError, ProbeError) as error:
        return Seen(REFUSED, reason(error))


def _received(used: socket.socket, limit: float, quiet: float, body: float) -> Seen:
    data, end, until = b"", CLOSED, time.monotonic() + limit
    note = ""
    while len(data) < MOST_BYTES:
        answers, rest = read_answers(data)
        if answers and body:
            until, body = min(until, time.monotonic() + body), 0.0
        left = until - time.monotonic()
        whole = bool(answers) and not rest and answers[-1].ended
        if left <= 0:
            end = SILENT
            break
        used.settimeout(min(left, quiet) if whole else left)
        try:
            block = used.recv(_BLOCK)
        except TimeoutError:
            end = SILENT
            break
        except OSError as error:
            # TLS without its own last word is an end as well: many servers cut an idle connection like that.
            end = CLOSED if isinstance(error, ssl.SSLEOFError) else RESET
            note = "" if end == CLOSED else reason(error)
            break
        if not block:
            end = SILENT if until - time.monotonic() <= 0 else CLOSED
            break
        data += block
    return Seen(end, note, tuple(read_answers(data)[0]), data)


def request(
    subject: Subject, path: str = "/", *lines: str, method: str = "GET", host: str | None = None, agent: str = AGENT
) -> bytes:
    """Return a request that ends its connection, with further header lines."""
    head = [f"{method} {path} HTTP/1.1", f"Host: {subject.host if host is None else host}", *lines]
    return "\r\n".join([*head, f"User-Agent: {agent}", "Connection: close", "", ""]).encode("utf-8")


def shown(text: bytes | str, most: int = 80) -> str:
    """Return the start of a text for a detail, on one line and in ASCII."""
    data = text.decode("latin-1") if isinstance(text, bytes) else text
    return data[:most].encode("unicode_escape").decode("ascii") + ("..." if len(data) > most else "")
