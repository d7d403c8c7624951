# SPDX-License-Identifier: GPL-3.0-or-later

"""One request by HTTP/2 (RFC 9113, 2022), its fields exactly as given, and the status and body of its answer."""

from __future__ import annotations

import contextlib
import socket
import struct
import time

from .._probe.connection import ProbeError, reason
from ._http1 import Response
from ._wire import CLOSED, MOST_BYTES, REFUSED, RESET, SILENT, Seen, Way, opened
from .subject import Subject

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY, _ACK = 1, 4, 8, 32, 1
# RFC 7541 appendix A (2015): the statuses that have an index of their own.
_INDEXED = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
# RFC 7541 appendix B: the codes of the digits, by their bits.
_DIGITS = {f"{code:05b}": str(code) for code in range(3)} | {f"{22 + code:06b}": str(code) for code in range(3, 10)}
NO_HTTP2 = "HTTP/2 is not spoken"

Fields = list[tuple[bytes, bytes]]


def fields(subject: Subject, path: str = "/", method: str = "GET") -> Fields:
    """Return the pseudo-headers of an ordinary request."""
    return [
        (b":method", method.encode()),
        (b":scheme", b"https"),
        (b":authority", subject.host.encode()),
        (b":path", path.encode("utf-8")),
    ]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def block(given: Fields) -> bytes:
    """Return a block of fields: each a literal with a new name, never indexed, without Huffman's code."""
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in given)


def _text(text: bytes) -> bytes:
    return _number(len(text), 7) + text


def _number(value: int, bits: int) -> bytes:
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    data, value = bytes([most]), value - most
    while value >= 128:
        data, value = data + bytes([value % 128 + 128]), value // 128
    return data + bytes([value])


def status_of(fragment: bytes) -> int:
    """Return the status of an answer's fields, which it stands first in (RFC 9113 section 8.3); 0 where it is not."""
    # A new size of the table of names may stand before the first field.
    while fragment and fragment[0] & 0xE0 == 0x20:
        fragment = fragment[1:] if fragment[0] & 0x1F != 0x1F else fragment[_more(fragment) :]
    if not fragment:
        return 0
    if fragment[0] & 0x80:
        return _INDEXED.get(fragment[0] & 0x7F, 0)
    # A literal whose name is one of the table's `:status`.
    indexed = fragment[0] & (0x3F if fragment[0] & 0x40 else 0x0F)
    if not 8 <= indexed <= 14 or len(fragment) < 2:
        return 0
    size = fragment[1] & 0x7F
    value = fragment[2 : 2 + size]
    text = _digits(value) if fragment[1] & 0x80 else value.decode("latin-1")
    return int(text) if text.isdigit() else 0


def _more(fragment: bytes) -> int:
    place = 1
    while place < len(fragment) and fragment[place] & 0x80:
        place += 1
    return place + 1


def _digits(value: bytes) -> str:
    bits, found, start = "".join(f"{byte:08b}" for byte in value), "", 0
    while start < len(bits):
        for size in (5, 6):
            if (digit := _DIGITS.get(bits[start : start + size])) is not None:
                found, start = found + digit, start + size
                break
        else:
            break
    return found


def exchange(subject: Subject, given: Fields, body: bytes | None = None, name: str | None = None) -> Seen:
    """Send one request over HTTP/2 and return its answer; REFUSED with NO_HTTP2 where the host does not speak it."""
    try:
        with opened(subject, Way(name=name, protocol="h2"), subject.timeout) as used:
            if getattr(used, "selected_alpn_protocol", lambda: "")() != "h2":
                return Seen(REFUSED, NO_HTTP2)
            ending = _END_HEADERS | (_END_STREAM if body is None else 0)
            data = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, ending, 1, block(given))
            if body is not None:
                data += frame(DATA, _END_STREAM, 1, body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                used.sendall(data)
            return _answer(used, subject.body)
    except (OSError, ProbeError) as error:
        return Seen(REFUSED, reason(error))


def _answer(used: socket.socket, seconds: float = 0.0) -> Seen:
    """Read an answer; `seconds` are for what follows its head, 0 for any number."""
    status, body, end, note = 0, b"", CLOSED, ""
    until = 0.0
    reader = used.makefile("rb")
    try:
        while len(body) < MOST_BYTES:
            if status and seconds:
                until = until or time.monotonic() + seconds
                used.settimeout(max(0.01, until - time.monotonic()))
                if time.monotonic() >= until:
                    raise TimeoutError
            head = reader.read(9)
            if len(head) < 9:
                break
            size, (kind, flags, stream) = int.from_bytes(head[:3], "big"), struct.unpack(">BBI", head[3:])
            payload = reader.read(size)
            if kind == SETTINGS and not flags & _ACK:
                used.sendall(frame(SETTINGS, _ACK, 0))
            elif kind == PING and not flags & _ACK:
                used.sendall(frame(PING, _ACK, 0, payload))
            elif kind == GOAWAY:
                note = f"GOAWAY {int.from_bytes(payload[4:8], 'big')}"
                if int.from_bytes(payload[:4], "big") == 0 or int.from_bytes(payload[4:8], "big"):
                    break
            elif stream == 1 and kind == RST_STREAM:
                end, note = RESET, f"RST_STREAM {int.from_bytes(payload, 'big')}"
                break
            elif stream == 1 and kind == HEADERS:
                status = status or _final(status_of(_bare(payload, flags)))
            elif stream == 1 and kind == DATA:
                body += _bare(payload, flags)
            if stream == 1 and kind in (DATA, HEADERS) and flags & _END_STREAM:
                break
    except TimeoutError:
        end = SILENT
    except OSError as error:
        end, note = RESET, reason(error)
    finally:
        reader.close()
    answers = (Response(status, (), body),) if status else ()
    return Seen(end, note, answers, body)


def _final(status: int) -> int:
    return status if status >= 200 or status == 101 else 0


def _bare(payload: bytes, flags: int) -> bytes:
    """Return what a frame carries without padding and priority."""
    if flags & _PADDED:
        # A host that says nothing of its padding has none.
        payload = payload[1 : len(payload) - int.from_bytes(payload[:1], "big")]
    return payload[5:] if flags & _PRIORITY else payload
