# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of HTTP/2 that HTTP/1.1 could not say, or would say as two: a part of the kind `smuggling`."""

from __future__ import annotations

from collections.abc import Callable

from . import _http2
from ._http2 import Fields
from ._judging import not_spoken
from ._smuggled import Parts, judged
from ._wire import CLOSED, REFUSED, RESET, Seen
from .subject import Probe, Subject, Verdict

# Fields and body of a request, None for no body.
Sent = tuple[Fields, "bytes | None"]


def _get(parts: Parts, *more: tuple[bytes, bytes], method: bytes = b"GET") -> Sent:
    """Return a request without a body, with further fields."""
    fields = [(b":method", method), (b":scheme", b"https"), (b":authority", parts.host), (b":path", parts.path)]
    return [*fields, *more], None


def _post(parts: Parts, body: bytes, *more: tuple[bytes, bytes]) -> Sent:
    return _get(parts, *more, method=b"POST")[0], body


def _swapped(parts: Parts, name: bytes, value: bytes) -> Sent:
    """Return a request of which one pseudo-header says something else."""
    return [(key, value if key == name else old) for key, old in _get(parts)[0]], None


def _without(parts: Parts, name: bytes) -> Sent:
    return [each for each in _get(parts)[0] if each[0] != name], None


_HOP = ((b"connection", b"keep-alive, x-real-ip"), (b"keep-alive", b"timeout=9"), (b"proxy-connection", b"close"))
_TE = (b"transfer-encoding", b"chunked")
_END = b"\r\n\r\n"
_LINE = b" HTTP/1.1" + _END

# What is malformed (RFC 9113 sections 8.1.1 and 8.2 to 8.3.1, 2022), and must be answered as such.
_MALFORMED: dict[str, tuple[str, Callable[[Parts], Sent]]] = {
    "cl-short": ("a content-length below the body's", lambda p: _post(p, p.hidden, (b"content-length", b"0"))),
    "cl-long": ("one above it", lambda p: _post(p, p.hidden, (b"content-length", b"999"))),
    "cl-odd": ("one that is no number", lambda p: _post(p, b"a", (b"content-length", b"+1"))),
    "value-crlf": ("a request in a header's value", lambda p: _get(p, (b"x-edge", b"a" + _END + p.hidden))),
    "value-lf": ("a line feed in a value", lambda p: _get(p, (b"x-edge", b"a\nx-lie: b"))),
    "value-nul": ("a NUL in a value", lambda p: _get(p, (b"x-edge", b"a\x00b"))),
    "path-crlf": ("a request in :path", lambda p: _swapped(p, b":path", p.path + _LINE + p.hidden)),
    "path-bare": (":path without a slash", lambda p: _swapped(p, b":path", p.mark.encode())),
    "method-crlf": ("a request in :method", lambda p: _swapped(p, b":method", b"GET /" + _LINE + p.hidden)),
    "method-space": ("a space in :method", lambda p: _swapped(p, b":method", b"GET /admin")),
    "authority-crlf": ("a request in :authority", lambda p: _swapped(p, b":authority", p.host + _END + p.hidden)),
    "two-paths": (":path twice", lambda p: _get(p, (b":path", b"/other"))),
    "two-methods": (":method twice", lambda p: _get(p, (b":method", b"POST"))),
    "two-authorities": (":authority twice", lambda p: _get(p, (b":authority", p.host))),
    "no-path": ("no :path", lambda p: _without(p, b":path")),
    "no-method": ("no :method", lambda p: _without(p, b":method")),
    "pseudo-odd": ("a pseudo-header that is none", lambda p: _get(p, (b":edge", b"a"))),
    "other-host": ("another host beside :authority", lambda p: _get(p, (b"host", b"other.example.org"))),
}
# What nginx forgives, of which nothing may reach the service.
_FORGIVEN: dict[str, tuple[str, Callable[[Parts], Sent]]] = {
    "te": ("transfer-encoding: chunked", lambda p: _post(p, b"0" + _END + p.hidden, _TE)),
    "name-crlf": ("a request in a header's name", lambda p: _get(p, (b"x: a" + _END + p.hidden, b"b"))),
    "name-colon": ("a colon in a name", lambda p: _get(p, (b"transfer-encoding: chunked\r\nx", b"b"))),
    "name-upper": ("a name in capital letters", lambda p: _get(p, (b"X-Edge", b"b"))),
    "path-space": ("a space in :path", lambda p: _swapped(p, b":path", p.path + b" x")),
    "scheme-odd": ("a URL in :scheme", lambda p: _swapped(p, b":scheme", b"http://other.example.org/?")),
    "pseudo-late": ("a pseudo-header behind a header", lambda p: ([(b"x-edge", b"a"), *_get(p)[0]], None)),
    "connection": ("connection-specific headers", lambda p: _get(p, *_HOP)),
    "upgrade": ("upgrade: h2c", lambda p: _get(p, (b"connection", b"upgrade"), (b"upgrade", b"h2c"))),
}


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this part."""
    strict = [_asks(subject, name, what, make, must=True) for name, (what, make) in _MALFORMED.items()]
    return [*strict, *(_asks(subject, name, what, make, must=False) for name, (what, make) in _FORGIVEN.items())]


def _asks(subject: Subject, name: str, what: str, make: Callable[[Parts], Sent], must: bool) -> Probe:
    def ask() -> Verdict:
        parts = Parts(subject)
        given, body = make(parts)
        seen = _http2.exchange(subject, given, body)
        if not_spoken(seen):
            return Verdict(True, str(seen))
        if must and not _malformed(seen):
            return Verdict(False, f"{seen}: it is malformed (RFC 9113)")
        return judged(subject, parts, Seen(seen.end, seen.note, seen.answers))

    return Probe(f"h2-{name}", f"HTTP/2: {what}", ask)


def _malformed(seen: Seen) -> bool:
    """Whether the host said that a request is malformed, or ended it."""
    return seen.status >= 400 if seen.status else seen.end in (CLOSED, RESET, REFUSED)
