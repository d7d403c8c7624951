# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of which two readers could disagree where they end, with another one in what one of them takes for a body.

The other one is harmless: GET of a path that nobody has. It must never be answered, nor reach the service.
"""

from __future__ import annotations

from collections.abc import Callable

from . import http2
from .echoed import NoEchoError, recent
from .http2 import Fields
from .judging import not_spoken
from .subject import Probe, Subject, Verdict, token
from .wire import CLOSED, REFUSED, RESET, Seen, exchange, shown

REMEDY = "nginx is too old, or something else answers in front of it: install the distribution's updates"

# Seconds that a request may take which the host waits for more of.
_LIMIT = 4.0
Make = Callable[["_Parts"], bytes]


class _Parts:
    """A request with a mark of its own, and the one that is hidden in it."""

    def __init__(self, subject: Subject) -> None:
        self.mark, self.inner = token(), token()
        self.host = subject.host.encode()
        base = subject.echo.rstrip("/") if subject.echo else ""
        self.path = f"{base}/{self.mark}".encode()
        self.hidden = b"GET %s/%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (base.encode(), self.inner.encode(), self.host)

    def post(self, *lines: bytes, body: bytes = b"") -> bytes:
        """Return a POST with these header lines."""
        return self.line(b"POST %s HTTP/1.1" % self.path, *lines, body=body)

    def line(self, first: bytes, *lines: bytes, body: bytes = b"") -> bytes:
        """Return a request with this request line."""
        return b"\r\n".join((first, b"Host: " + self.host, *lines, b"", body))

    def over(self, *lines: bytes) -> bytes:
        """Return a POST whose body ends with the hidden request by its length, and before it by its chunks."""
        body = b"0\r\n\r\n" + self.hidden
        return self.post(b"Content-Length: %d" % len(body), *lines, body=body)

    def length(self, *lines: bytes) -> bytes:
        """Return a POST with the hidden request for a body; `%d` in the lines is its length."""
        return self.post(*(line.replace(b"%d", b"%d" % len(self.hidden)) for line in lines), body=self.hidden)

    def chunk(self, size: bytes = b"%x", end: bytes = b"\r\n", close: bytes = b"") -> bytes:
        """Return a POST with the hidden request for a chunk; `%x` in the size is its length."""
        head = size.replace(b"%x", b"%x" % len(self.hidden))
        body = head + end + self.hidden + (close or end) + b"0" + end + end
        return self.post(b"Transfer-Encoding: chunked", body=body)

    def after(self, last: bytes) -> bytes:
        """Return a POST with the hidden request behind what a careless reader takes for the last chunk."""
        return self.post(b"Transfer-Encoding: chunked", body=last + b"\r\n\r\n" + self.hidden)


_TE = b"Transfer-Encoding"
# Names of probes to what they send; in the order in which they are told.
_ENCODINGS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "te-space": ("a space before the colon", (_TE + b" : chunked",)),
    "te-tab-colon": ("a tab before the colon", (_TE + b"\t: chunked",)),
    "te-vertical-tab": ("a vertical tab before the value", (_TE + b": \x0bchunked",)),
    "te-form-feed": ("a form feed before the value", (_TE + b": \x0cchunked",)),
    "te-x": ("xchunked", (_TE + b": xchunked",)),
    "te-identity-last": ("chunked, identity", (_TE + b": chunked, identity",)),
    "te-identity-first": ("identity, chunked", (_TE + b": identity, chunked",)),
    "te-gzip": ("gzip, chunked", (_TE + b": gzip, chunked",)),
    "te-twice": ("two lines, chunked and identity", (_TE + b": chunked", _TE + b": identity")),
    "te-twice-same": ("two lines, both chunked", (_TE + b": chunked", _TE + b": chunked")),
    "te-tab": ("a tab before the value", (_TE + b":\tchunked",)),
    "te-folded": ("the value on a line of its own", (_TE + b":\r\n chunked",)),
    "te-leading-space": ("a space before the name", (b" " + _TE + b": chunked",)),
    "te-bare-lf": ("behind a bare line feed", (b"X-Edge: a\n" + _TE + b": chunked",)),
    "te-bare-cr": ("behind a bare carriage return", (b"X-Edge: a\r" + _TE + b": chunked",)),
    "te-underscore": ("an underscore in the name", (b"Transfer_Encoding: chunked",)),
    "te-quoted": ("the value in quotes", (_TE + b': "chunked"',)),
    "te-parameter": ("a parameter", (_TE + b": chunked;q=1",)),
    "te-nul": ("a NUL behind the value", (_TE + b": chunked\x00",)),
    "te-empty": ("no value", (_TE + b": ",)),
    "te-dotted": ("a letter of another alphabet", (_TE + ": ch\u00fcnked".encode(),)),
    "te-connection": ("named by Connection", (b"Connection: Transfer-Encoding", _TE + b": chunked")),
}
_LENGTHS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "cl-twice": ("two of them, 0 and the right one", (b"Content-Length: 0", b"Content-Length: %d")),
    "cl-twice-last": ("two of them, the right one and 0", (b"Content-Length: %d", b"Content-Length: 0")),
    "cl-plus": ("a plus", (b"Content-Length: +%d",)),
    "cl-minus": ("a minus", (b"Content-Length: -%d",)),
    "cl-minus-zero": ("-0", (b"Content-Length: -0",)),
    "cl-hex": ("0x and the right one", (b"Content-Length: 0x%d",)),
    "cl-space": ("a space within", (b"Content-Length: 0 %d",)),
    "cl-comma": ("a comma within", (b"Content-Length: 0, %d",)),
    "cl-overflow": ("2^64", (b"Content-Length: 18446744073709551616",)),
    "cl-huge": ("a hundred digits", (b"Content-Length: " + b"9" * 100,)),
    "cl-empty": ("no value", (b"Content-Length: ",)),
    "cl-nul": ("a NUL within", (b"Content-Length: 0\x00%d",)),
    "cl-point": ("a fraction", (b"Content-Length: 0.5",)),
    "cl-exponent": ("an exponent", (b"Content-Length: 1e1",)),
    "cl-letters": ("letters", (b"Content-Length: zero",)),
}
_BODIES: dict[str, tuple[str, Make]] = {
    "cl-te": ("Content-Length and Transfer-Encoding: chunked", lambda parts: parts.over(_TE + b": chunked")),
    "te-cl": (
        "Transfer-Encoding: chunked and a short Content-Length",
        lambda parts: parts.post(
            _TE + b": chunked",
            b"Content-Length: 4",
            body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(parts.hidden), parts.hidden),
        ),
    ),
    "te-cl-10": (
        "the same by HTTP/1.0",
        lambda parts: parts.over(_TE + b": chunked").replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    ),
    "chunk-extension": ("a chunk with an extension", lambda parts: parts.chunk(b"%x;a=b")),
    "chunk-extension-lf": ("an extension with a line feed", lambda parts: parts.chunk(b"%x;a\nb")),
    "chunk-extension-long": ("an extension of 8 kB", lambda parts: parts.chunk(b"%x;" + b"a" * 8192)),
    "chunk-space": ("a space behind the size of a chunk", lambda parts: parts.chunk(b"%x ")),
    "chunk-zeros": ("zeros before the size of a chunk", lambda parts: parts.chunk(b"0000%x")),
    "chunk-lf": ("chunks with bare line feeds", lambda parts: parts.chunk(end=b"\n")),
    "chunk-cr": ("chunks with bare carriage returns", lambda parts: parts.chunk(end=b"\r")),
    "chunk-no-end": ("a chunk without its end", lambda parts: parts.chunk(close=b"XX")),
    "chunk-overflow": ("a chunk of 2^64 bytes", lambda parts: parts.after(b"10000000000000000")),
    "chunk-huge": ("a chunk of a hundred digits", lambda parts: parts.after(b"1" + b"0" * 99)),
    "chunk-hex": ("the size 0x0", lambda parts: parts.after(b"0x0")),
    "chunk-minus": ("the size -0", lambda parts: parts.after(b"-0")),
    "chunk-plus": ("the size +0", lambda parts: parts.after(b"+0")),
    "chunk-empty": ("no size", lambda parts: parts.after(b"")),
    "chunk-letter": ("the size g", lambda parts: parts.after(b"g")),
    "chunk-nul": ("a NUL before the size", lambda parts: parts.after(b"\x000")),
    "trailer": (
        "a length in what follows the last chunk",
        lambda parts: parts.post(_TE + b": chunked", body=b"0\r\nContent-Length: 999\r\nHost: x\r\n\r\n"),
    ),
    "get-body": (
        "GET with a body",
        lambda parts: parts.length(b"Content-Length: %d").replace(b"POST", b"GET", 1),
    ),
    "expect": (
        "Expect: 100-continue, and the body at once",
        lambda parts: parts.length(b"Expect: 100-continue", b"Content-Length: %d"),
    ),
    "expect-odd": ("two of Expect", lambda parts: parts.length(b"Expect: 100-continue, x", b"Content-Length: %d")),
}
_HEADS: dict[str, tuple[str, Make]] = {
    "bare-cr": ("a bare carriage return in a value", lambda parts: _get(parts, b"X-Edge: a\rX-Lie: b")),
    "nul-value": ("a NUL in a value", lambda parts: _get(parts, b"X-Edge: a\x00b")),
    "nul-name": ("a NUL in a name", lambda parts: _get(parts, b"X-Ed\x00ge: a")),
    "space-colon": ("a space before a colon", lambda parts: _get(parts, b"X-Edge : a")),
    "no-colon": ("a header without a colon", lambda parts: _get(parts, b"X-Edge")),
    "no-name": ("a header without a name", lambda parts: _get(parts, b": a")),
    "folded": ("a header on two lines", lambda parts: _get(parts, b"X-Edge: a", b" b")),
    "folded-first": (
        "a line that continues the request line",
        lambda parts: b"GET %s HTTP/1.1\r\n Host: x\r\nHost: %s\r\n\r\n" % (parts.path, parts.host),
    ),
    "controls": ("other control characters in a name", lambda parts: _get(parts, b"X-Ed\x01\x7fge: a")),
    "empty-lines": ("empty lines before the request", lambda parts: b"\r\n\r\n" + _get(parts)),
    "line-feeds": ("line feeds before the request", lambda parts: b"\n\n\n" + _get(parts)),
    "spaces": ("several spaces in the request line", lambda parts: parts.line(b"GET  %s   HTTP/1.1" % parts.path)),
    "tabs": ("tabs in the request line", lambda parts: parts.line(b"GET\t%s\tHTTP/1.1" % parts.path)),
    "space-path": ("a space in the path", lambda parts: parts.line(b"GET %s b HTTP/1.1" % parts.path)),
    "nul-path": ("a NUL in the path", lambda parts: parts.line(b"GET %s\x00b HTTP/1.1" % parts.path)),
    "cr-line": ("a carriage return in the request line", lambda parts: parts.line(b"GET %s\rb HTTP/1.1" % parts.path)),
    "lower-method": ("a method in small letters", lambda parts: parts.line(b"get %s HTTP/1.1" % parts.path)),
    "http19": ("HTTP/1.9", lambda parts: parts.line(b"GET %s HTTP/1.9" % parts.path)),
    "http20": ("HTTP/2.0 as text", lambda parts: parts.line(b"GET %s HTTP/2.0" % parts.path)),
    "http111": ("HTTP/11.1", lambda parts: parts.line(b"GET %s HTTP/11.1" % parts.path)),
    "http-lower": ("http/1.1", lambda parts: parts.line(b"GET %s http/1.1" % parts.path)),
    "no-version": ("a version without a number", lambda parts: parts.line(b"GET %s HTTP/" % parts.path)),
}


def _get(parts: _Parts, *lines: bytes) -> bytes:
    return parts.line(b"GET %s HTTP/1.1" % parts.path, *lines)


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    found = [_by_http1(subject, name, what, make) for name, (what, make) in _BODIES.items()]
    for name, (what, lines) in _ENCODINGS.items():
        found.append(_by_http1(subject, name, f"Transfer-Encoding: {what}", _over(lines)))
    for name, (what, lines) in _LENGTHS.items():
        found.append(_by_http1(subject, name, f"Content-Length: {what}", _length(lines)))
    found += [_by_http1(subject, name, what, make) for name, (what, make) in _HEADS.items()]
    return [*found, *_by_http2(subject)]


def _over(lines: tuple[bytes, ...]) -> Make:
    return lambda parts: parts.over(*lines)


def _length(lines: tuple[bytes, ...]) -> Make:
    return lambda parts: parts.length(*lines)


def _by_http1(subject: Subject, name: str, what: str, make: Make) -> Probe:
    def ask() -> Verdict:
        parts = _Parts(subject)
        seen = exchange(subject, make(parts), limit=min(subject.timeout, _LIMIT))
        return _judged(subject, parts, seen)

    return Probe(name, what, ask)


def _judged(subject: Subject, parts: _Parts, seen: Seen) -> Verdict:
    """Return the verdict on what came back, and on what the service got where it tells."""
    finals = [answer for answer in seen.answers if answer.status >= 200]
    # What is left of a body that was not taken for one is nonsense: 400 says just that.
    if any(answer.status != 400 for answer in finals[1:]):
        return Verdict(False, f"{seen}: a second answer")
    if not finals and seen.data and not seen.data.startswith(b"HTTP/1.1 1"):
        return Verdict(False, f"{seen}: {shown(seen.data)}")
    if not subject.echo:
        return Verdict(True, str(seen))
    try:
        reached = recent(subject, parts.mark)
        hidden = recent(subject, parts.inner)
    except NoEchoError as error:
        return Verdict(None, f"{seen}; {error}")
    if len(reached) > 1 or any(parts.inner in line for each in hidden for line in each.head):
        return Verdict(False, f"{seen}: the service got {len(reached)} requests, and {len(hidden)} that were hidden")
    for each in reached:
        if told := _ambiguous(each.head):
            return Verdict(False, f"{seen}: the service got {told}")
    return Verdict(True, f"{seen}; the service got {len(reached)}")


def _ambiguous(head: tuple[str, ...]) -> str:
    """Return what of a head a service could read in two ways, "" for nothing."""
    names = [line.partition(":")[0].strip().lower().replace("_", "-") for line in head[1:]]
    sizes = names.count("content-length") + names.count("transfer-encoding")
    if sizes > 1:
        return "more than one length"
    if odd := next((line for line in head if any(ord(letter) < 32 and letter != "\t" for letter in line)), ""):
        return shown(odd)
    return ""


def _by_http2(subject: Subject) -> list[Probe]:
    """Return the requests of HTTP/2 that HTTP/1.1 could not say, or would say as two."""

    def asks(name: str, what: str, make: Callable[[_Parts], tuple[Fields, bytes | None]], must: bool = True) -> Probe:
        def ask() -> Verdict:
            parts = _Parts(subject)
            given, body = make(parts)
            seen = http2.exchange(subject, given, body)
            if not_spoken(seen):
                return Verdict(True, str(seen))
            if must and not _malformed(seen):
                return Verdict(False, f"{seen}: it is malformed (RFC 9113)")
            return _judged(subject, parts, Seen(seen.end, seen.note, seen.answers))

        return Probe(f"h2-{name}", f"HTTP/2: {what}", ask)

    def get(parts: _Parts, *more: tuple[bytes, bytes], method: str = "GET") -> Fields:
        return [*http2.fields(subject, parts.path.decode(), method), *more]

    def split(parts: _Parts) -> bytes:
        return b"a\r\n\r\n" + parts.hidden

    def swapped(parts: _Parts, name: bytes, value: bytes) -> Fields:
        return [(key, value if key == name else old) for key, old in get(parts)]

    return [
        asks(
            "cl-short",
            "a content-length below the body's",
            lambda p: (get(p, (b"content-length", b"0"), method="POST"), p.hidden),
        ),
        asks("cl-long", "one above it", lambda p: (get(p, (b"content-length", b"999"), method="POST"), p.hidden)),
        asks("cl-odd", "one that is no number", lambda p: (get(p, (b"content-length", b"+1"), method="POST"), b"a")),
        asks(
            "te",
            "transfer-encoding: chunked",
            lambda p: (get(p, (b"transfer-encoding", b"chunked"), method="POST"), b"0\r\n\r\n" + p.hidden),
            False,
        ),
        asks("value-crlf", "a request in a header's value", lambda p: (get(p, (b"x-edge", split(p))), None)),
        asks("value-lf", "a line feed in a value", lambda p: (get(p, (b"x-edge", b"a\nx-lie: b")), None)),
        asks("value-nul", "a NUL in a value", lambda p: (get(p, (b"x-edge", b"a\x00b")), None)),
        asks("name-crlf", "a request in a header's name", lambda p: (get(p, (b"x: " + split(p), b"b")), None), False),
        asks(
            "name-colon",
            "a colon in a name",
            lambda p: (get(p, (b"transfer-encoding: chunked\r\nx", b"b")), None),
            False,
        ),
        asks("name-upper", "a name in capital letters", lambda p: (get(p, (b"X-Edge", b"b")), None), False),
        asks(
            "path-crlf",
            "a request in :path",
            lambda p: (swapped(p, b":path", p.path + b" HTTP/1.1\r\n\r\n" + p.hidden), None),
        ),
        asks("path-space", "a space in :path", lambda p: (swapped(p, b":path", p.path + b" x"), None), False),
        asks("path-bare", ":path without a slash", lambda p: (swapped(p, b":path", p.mark.encode()), None)),
        asks(
            "method-crlf",
            "a request in :method",
            lambda p: (swapped(p, b":method", b"GET / HTTP/1.1\r\n\r\n" + p.hidden), None),
        ),
        asks("method-space", "a space in :method", lambda p: (swapped(p, b":method", b"GET /admin"), None)),
        asks(
            "authority-crlf",
            "a request in :authority",
            lambda p: (swapped(p, b":authority", p.host + b"\r\n\r\n" + p.hidden), None),
        ),
        asks(
            "scheme-odd",
            "a URL in :scheme",
            lambda p: (swapped(p, b":scheme", b"http://other.example.org/?"), None),
            False,
        ),
        asks("two-paths", ":path twice", lambda p: (get(p, (b":path", b"/other")), None)),
        asks("two-methods", ":method twice", lambda p: (get(p, (b":method", b"POST")), None)),
        asks("two-authorities", ":authority twice", lambda p: (get(p, (b":authority", p.host)), None)),
        asks("no-path", "no :path", lambda p: ([each for each in get(p) if each[0] != b":path"], None)),
        asks("no-method", "no :method", lambda p: ([each for each in get(p) if each[0] != b":method"], None)),
        asks("pseudo-late", "a pseudo-header behind a header", lambda p: ([(b"x-edge", b"a"), *get(p)], None), False),
        asks("pseudo-odd", "a pseudo-header that is none", lambda p: (get(p, (b":edge", b"a")), None)),
        asks("other-host", "another host beside :authority", lambda p: (get(p, (b"host", b"other.example.org")), None)),
        asks(
            "connection",
            "connection-specific headers",
            lambda p: (
                get(
                    p,
                    (b"connection", b"keep-alive, x-real-ip"),
                    (b"keep-alive", b"timeout=9"),
                    (b"proxy-connection", b"close"),
                ),
                None,
            ),
            False,
        ),
        asks(
            "upgrade",
            "upgrade: h2c",
            lambda p: (get(p, (b"connection", b"upgrade"), (b"upgrade", b"h2c")), None),
            False,
        ),
    ]


def _malformed(seen: Seen) -> bool:
    """Whether the host said that a request is malformed, or ended it."""
    return seen.status >= 400 if seen.status else seen.end in (CLOSED, RESET, REFUSED)
