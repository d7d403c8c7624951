# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of the protocol that nobody may have: what is behind a proxy would be talked to past it."""

from __future__ import annotations

import base64
import os

from . import _http2
from ._http2 import Fields
from ._judging import not_spoken, refused
from ._wire import CLOSED, HTTPS, PLAIN, RESET, Seen, Way, exchange, request
from .subject import Probe, Subject, Verdict, token

REMEDY = (
    "the location of the route sends on any upgrade: it needs the lines proxy_set_header Upgrade and Connection of the "
    "collection, by playbooks/site.yml"
)
_SETTINGS = "HTTP2-Settings: AAMAAABkAAQAAP__"


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    return [*_by_headers(subject), *_prior(subject), *_methods(subject)]


def _by_headers(subject: Subject) -> list[Probe]:
    key = f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"
    version, whole = "Sec-WebSocket-Version: 13", "Connection: Upgrade"
    h2c = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", _SETTINGS)
    ways: dict[str, tuple[str, tuple[str, ...]]] = {
        "h2c": ("Upgrade: h2c", h2c),
        "h2c-short": ("Upgrade: h2c without settings", (whole, "Upgrade: h2c")),
        "h2c-uppercase": ("Upgrade: H2C", (whole, "Upgrade: H2C")),
        "h2": ("Upgrade: h2", (whole, "Upgrade: h2")),
        "foo": ("Upgrade: foo", (whole, "Upgrade: foo")),
        "tls": ("Upgrade: TLS/1.0", (whole, "Upgrade: TLS/1.0")),
        "websocket-h2c": ("Upgrade: websocket, h2c", (whole, "Upgrade: websocket, h2c", key, version)),
        "h2c-websocket": ("Upgrade: h2c, websocket", (whole, "Upgrade: h2c, websocket", key, version)),
        "two-lines": ("Upgrade twice", (whole, "Upgrade: websocket", "Upgrade: h2c", key, version)),
        "no-key": ("a WebSocket without a key", (whole, "Upgrade: websocket", version)),
        "no-version": ("a WebSocket without a version", (whole, "Upgrade: websocket", key)),
        "old-version": ("a WebSocket of version 8", (whole, "Upgrade: websocket", key, "Sec-WebSocket-Version: 8")),
        "neither": ("a WebSocket without key and version", (whole, "Upgrade: websocket")),
    }
    socket = (whole, "Upgrade: websocket", key, version)
    found = [_never(subject, name, what, _upgrading(subject, lines)) for name, (what, lines) in ways.items()]
    return [
        *found,
        _never(subject, "post", "a WebSocket by POST", _upgrading(subject, (*socket, "Content-Length: 0"), "POST")),
        _never(
            subject, "http10", "a WebSocket by HTTP/1.0", _upgrading(subject, socket).replace(b"HTTP/1.1", b"HTTP/1.0")
        ),
        _never(subject, "h2c-80", "Upgrade: h2c on port 80", _upgrading(subject, h2c), PLAIN),
        _never(subject, "websocket-80", "a WebSocket on port 80", _upgrading(subject, socket), PLAIN),
    ]


def _upgrading(subject: Subject, lines: tuple[str, ...], method: str = "GET") -> bytes:
    """Return a request whose one Connection header is among the lines."""
    return request(subject, subject.echo or "/", *lines, method=method).replace(b"Connection: close\r\n", b"")


def _never(subject: Subject, name: str, what: str, data: bytes, way: Way = HTTPS) -> Probe:
    def ask() -> Verdict:
        seen = exchange(subject, data, way)
        return Verdict(not seen.upgraded and _came(seen), str(seen))

    return Probe(name, what, ask)


def _came(seen: Seen) -> bool:
    """Whether the host did answer, or end it: silence proves nothing."""
    return bool(seen.status) or seen.end in (CLOSED, RESET)


def _prior(subject: Subject) -> list[Probe]:
    given = [(name, b"http" if name == b":scheme" else value) for name, value in _http2.fields(subject)]
    data = (
        _http2.PREFACE + _http2.frame(_http2.SETTINGS, 0, 0) + _http2.frame(_http2.HEADERS, 5, 1, _http2.block(given))
    )

    def ask(way: Way) -> Verdict:
        seen = exchange(subject, data, way, limit=min(subject.timeout, 5.0))
        # HTTP/2 begins with a frame of settings, on no stream.
        spoken = len(seen.data) >= 9 and seen.data[3] == _http2.SETTINGS and seen.data[5:9] == bytes(4)
        return Verdict(not spoken, "HTTP/2 is spoken" if spoken else str(seen))

    return [
        Probe("prior-knowledge-80", "HTTP/2 without TLS on port 80", lambda: ask(PLAIN)),
        Probe("prior-knowledge", "HTTP/2 within TLS that agreed on HTTP/1.1", lambda: ask(HTTPS)),
    ]


def _methods(subject: Subject) -> list[Probe]:
    other = b"127.0.0.1:22"
    connect: Fields = [(b":method", b"CONNECT"), (b":authority", other)]
    own: Fields = [(b":method", b"CONNECT"), (b":authority", subject.host.encode())]
    extended: Fields = [*_http2.fields(subject, "/", "CONNECT"), (b":protocol", b"websocket")]

    def by_http2(name: str, what: str, given: Fields) -> Probe:
        def ask() -> Verdict:
            seen = _http2.exchange(subject, [*given, (b"sec-websocket-version", b"13")])
            return Verdict(not_spoken(seen) or _no(seen), str(seen))

        return Probe(name, what, ask)

    def by_http1(name: str, what: str, data: bytes, way: Way = HTTPS) -> Probe:
        def ask() -> Verdict:
            seen = exchange(subject, data, way)
            return Verdict(_no(seen), str(seen))

        return Probe(name, what, ask)

    tunnel = b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n"
    trace = request(subject, f"/{token()}", method="TRACE")
    return [
        by_http2("h2-connect", "CONNECT by HTTP/2", connect),
        by_http2("h2-connect-own", "CONNECT to the site itself by HTTP/2", own),
        by_http2("h2-extended-connect", "an extended CONNECT (RFC 8441) by HTTP/2", extended),
        by_http1("connect", "CONNECT", tunnel),
        by_http1("connect-80", "CONNECT on port 80", tunnel, PLAIN),
        by_http1("trace", "TRACE", trace),
        by_http2("h2-trace", "TRACE by HTTP/2", _http2.fields(subject, "/", "TRACE")),
    ]


def _no(seen: Seen) -> bool:
    return seen.status >= 400 if seen.status else refused(seen)
