# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of which two readers could disagree where they end, with another one in what one of them takes for a body.

The other one is harmless: GET of a path that nobody has. It must never be answered, nor reach the service.
"""

from __future__ import annotations

from collections.abc import Callable

from . import _downgrade
from ._smuggled import Parts, judged
from ._wire import exchange
from .subject import Probe, Subject, Verdict

REMEDY = "nginx is too old, or something else answers in front of it: install the distribution's updates"

# Seconds that a request may take which the host waits for more of.
_LIMIT = 4.0
Make = Callable[[Parts], bytes]

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


def _get(parts: Parts, *lines: bytes) -> bytes:
    return parts.line(b"GET %s HTTP/1.1" % parts.path, *lines)


def probes(subject: Subject) -> list[Probe]:
    """Return the probes of this kind."""
    found = [_by_http1(subject, name, what, make) for name, (what, make) in _BODIES.items()]
    for name, (what, lines) in _ENCODINGS.items():
        found.append(_by_http1(subject, name, f"Transfer-Encoding: {what}", _over(lines)))
    for name, (what, lines) in _LENGTHS.items():
        found.append(_by_http1(subject, name, f"Content-Length: {what}", _length(lines)))
    found += [_by_http1(subject, name, what, make) for name, (what, make) in _HEADS.items()]
    return [*found, *_downgrade.probes(subject)]


def _over(lines: tuple[bytes, ...]) -> Make:
    return lambda parts: parts.over(*lines)


def _length(lines: tuple[bytes, ...]) -> Make:
    return lambda parts: parts.length(*lines)


def _by_http1(subject: Subject, name: str, what: str, make: Make) -> Probe:
    def ask() -> Verdict:
        parts = Parts(subject)
        seen = exchange(subject, make(parts), limit=min(subject.timeout, _LIMIT))
        return judged(subject, parts, seen)

    return Probe(name, what, ask)
