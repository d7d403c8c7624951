# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a whole DNS message (RFC 1035), over TCP where it is long; `_message` reads the addresses alone.

With it the servers of a zone are found and asked themselves: a referral stands beside the answer, not in it.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import time
from dataclasses import dataclass

from ._message import AAAA, PORT, A, by_tcp, family_of, question, receive

# RFC 1035 section 3.2.2.
NS, CNAME = 2, 5
NO_ERROR, NO_SUCH_NAME = 0, 3
_AUTHORITATIVE, _TRUNCATED, _CODE = 0x0400, 0x0200, 0x000F
_FAMILIES = {A: socket.AF_INET, AAAA: socket.AF_INET6}
# A name has 255 bytes at most: more steps than that are a loop of pointers.
_STEPS = 255


@dataclass(frozen=True)
class Record:
    """One record; `value` is an address or a name in lower case, "" for what is not read here. "." is the root."""

    name: str
    kind: int
    value: str


@dataclass(frozen=True)
class Message:
    """What a server says; the servers of a zone below stand in `authority`, their addresses in `additional`."""

    code: int
    authoritative: bool
    truncated: bool
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()


def exchange(
    server: str, name: str, kind: int, end: float, *, seconds: float, recursive: bool, port: int = PORT
) -> Message | None:
    """Return what a server says of a name, None for silence or a reply that is broken.

    Args:
        server: its address.
        name: what is asked about, "." for the root.
        kind: the kind of records.
        end: when all has to be done, by the monotonic clock.
        seconds: how long one reply may take.
        recursive: whether the server is asked to ask others.
        port: of the server.

    """
    try:
        message = question(name, kind, secrets.randbelow(65536), recursive=recursive)
    except ValueError:
        return None
    told = parse(_by_udp(server, port, message, _left(end, seconds)) or b"", len(message))
    if told and told.truncated:
        return parse(by_tcp(server, port, message, _left(end, seconds)) or b"", len(message)) or told
    return told


def _left(end: float, seconds: float) -> float:
    return min(seconds, end - time.monotonic())


def _by_udp(server: str, port: int, message: bytes, seconds: float) -> bytes | None:
    if seconds <= 0:
        return None
    with contextlib.suppress(OSError), socket.socket(family_of(server), socket.SOCK_DGRAM) as endpoint:
        endpoint.connect((server, port))
        endpoint.send(message)
        return receive(endpoint, message, seconds)
    return None


def parse(data: bytes, at: int) -> Message | None:
    """Return what a reply says, its records beginning at `at`; None for a broken one."""
    try:
        flags, _questions, *counts = struct.unpack("!5H", data[2:12])
        sections = []
        for count in counts:
            records = []
            for _record in range(count):
                record, at = _record_at(data, at)
                records.append(record)
            sections.append(tuple(records))
    except (struct.error, IndexError, ValueError):
        # Of a reply that was cut off, what could be read is not the whole: it is asked for again.
        return Message(NO_ERROR, False, True) if _is_cut(data) else None
    code, authoritative, truncated = flags & _CODE, bool(flags & _AUTHORITATIVE), bool(flags & _TRUNCATED)
    return Message(code, authoritative, truncated, *sections)


def _is_cut(data: bytes) -> bool:
    return len(data) >= 12 and bool(data[2] & (_TRUNCATED >> 8))


def _record_at(data: bytes, at: int) -> tuple[Record, int]:
    """Return the record at a place, and where the next one begins."""
    name, at = name_at(data, at)
    kind, _class, _lifetime, length = struct.unpack("!HHIH", data[at : at + 10])
    begin = at + 10
    end = begin + length
    if end > len(data):
        raise ValueError("cut off")
    value = ""
    if kind in _FAMILIES:
        value = socket.inet_ntop(_FAMILIES[kind], data[begin:end])
    elif kind in (NS, CNAME):
        value = name_at(data, begin)[0]
    return Record(name, kind, value), end


def name_at(data: bytes, at: int) -> tuple[str, int]:
    """Return the name at a place in lower case, and what stands behind it. Raises ValueError for a broken one."""
    labels: list[str] = []
    behind = 0
    for _step in range(_STEPS):
        size = data[at]
        if size & 0xC0 == 0xC0:
            behind = behind or at + 2
            at = (size & 0x3F) << 8 | data[at + 1]
        elif size & 0xC0:
            raise ValueError("no label")
        elif size:
            labels.append(data[at + 1 : at + 1 + size].decode("ascii").lower())
            at += 1 + size
        else:
            return ".".join(labels) or ".", behind or at + 1
    raise ValueError("a loop")
