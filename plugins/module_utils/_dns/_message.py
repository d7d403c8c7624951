# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: one question to one DNS server (RFC 1035), as nginx's resolver asks it: a name and nothing else.

Over UDP, and over TCP what is cut off there.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import time
from dataclasses import dataclass

PORT = 53
# RFC 1035 section 3.2.2, RFC 3596 section 2.1.
A, AAAA = 1, 28
_FAMILIES = {A: (socket.AF_INET, 4), AAAA: (socket.AF_INET6, 16)}
_INTERNET = 1
_RECURSION_DESIRED, _IS_REPLY, _AUTHORITATIVE, _RECURSION_AVAILABLE, _CODE = 0x0100, 0x8000, 0x0400, 0x0080, 0x000F
_TRUNCATED = 0x0200
_NO_SUCH_NAME = 3
# A datagram may get lost once; a server of the LAN answers within milliseconds.
_TRIES, _SECONDS = 2, 2.0
_LARGEST = 65535


@dataclass(frozen=True)
class Reply:
    """What a server says of a name.

    `fresh` tells that the answer is to be used once, a time to live of zero, and that this is no rest of a longer time:
    the server speaks for the name, or asks no others whose answers it could keep.
    """

    addresses: tuple[str, ...] = ()
    fresh: bool = False


def ask(server: str, name: str, ipv6: bool, port: int = PORT) -> Reply | None:
    """Return what a server says of a name; None where it says nothing that can be used.

    "No such name" and "no address" are answers, a refusal is none.
    """
    found: list[Reply] = []
    for kind in (A, AAAA) if ipv6 else (A,):
        reply = ask_for(server, name, kind, port)
        if reply is None and not found:
            return None
        found += [reply] if reply else []
    answers = [each for each in found if each.addresses]
    addresses = tuple(address for each in answers for address in each.addresses)
    return Reply(addresses, bool(answers) and all(each.fresh for each in answers))


def ask_for(server: str, name: str, kind: int, port: int = PORT) -> Reply | None:
    """Return what a server says of the addresses of one kind; None where it says nothing that can be used."""
    identity = secrets.randbelow(65536)
    try:
        message = question(name, kind, identity)
    except ValueError:
        return None
    for _try in range(_TRIES):
        with contextlib.suppress(OSError), socket.socket(family_of(server), socket.SOCK_DGRAM) as endpoint:
            endpoint.connect((server, port))
            endpoint.send(message)
            data = receive(endpoint, message, _SECONDS)
            if data is not None:
                return _whole(data, kind, message, server, port)
    return None


def _whole(data: bytes, kind: int, message: bytes, server: str, port: int) -> Reply | None:
    """Return what a datagram says, or what comes over TCP where the datagram is cut off."""
    if not data[2] & (_TRUNCATED >> 8):
        return understand(data, kind, len(message))
    whole = by_tcp(server, port, message, _SECONDS)
    reply = understand(whole or data, kind, len(message))
    # What was cut off does not tell that there is no address.
    return reply if reply and (whole or reply.addresses) else None


def family_of(server: str) -> socket.AddressFamily:
    """Return the family of a server's address."""
    return socket.AF_INET6 if ":" in server else socket.AF_INET


def receive(endpoint: socket.socket, message: bytes, seconds: float) -> bytes | None:
    """Return the reply to our question; anything else that comes is no answer."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return None
        endpoint.settimeout(left)
        data = endpoint.recv(_LARGEST)
        if is_reply(data, message):
            return data


def by_tcp(server: str, port: int, message: bytes, seconds: float) -> bytes | None:
    """Return the reply to a question over TCP, where one may be long (RFC 1035 section 4.2.2, RFC 7766, 2016)."""
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError), socket.socket(family_of(server), socket.SOCK_STREAM) as connection:
        connection.settimeout(max(0.01, seconds))
        connection.connect((server, port))
        connection.sendall(struct.pack("!H", len(message)) + message)
        (length,) = struct.unpack("!H", _exactly(connection, 2, end))
        data = _exactly(connection, length, end)
        return data if is_reply(data, message) else None
    return None


def _exactly(connection: socket.socket, size: int, end: float) -> bytes:
    """Return that many bytes. Raises OSError where they do not come in time."""
    data = b""
    while len(data) < size:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError
        data += part
    return data


def is_reply(data: bytes, message: bytes) -> bool:
    """Tell whether what came is the reply to a question."""
    is_ours = data[:2] == message[:2] and data[12 : len(message)].lower() == message[12:].lower()
    return is_ours and len(data) >= len(message) and bool(data[2] & (_IS_REPLY >> 8))


def question(name: str, kind: int, identity: int, *, recursive: bool = True) -> bytes:
    """Return a question as bytes; "." is the root's name. Raises ValueError where the name has no such form."""
    labels = [] if name == "." else [label.encode("ascii") for label in name.split(".")]
    if not all(0 < len(label) < 64 for label in labels):
        raise ValueError(name)
    written = b"".join(bytes([len(label)]) + label for label in labels)
    head = struct.pack("!6H", identity, _RECURSION_DESIRED if recursive else 0, 1, 0, 0, 0)
    return head + written + b"\0" + struct.pack("!HH", kind, _INTERNET)


def understand(data: bytes, kind: int, at: int) -> Reply | None:
    """Return what a reply says, its records beginning at `at`; None for a refusal or a broken one."""
    flags, _questions, count = struct.unpack("!3H", data[2:8])
    if flags & _CODE not in (0, _NO_SUCH_NAME):
        return None
    addresses: list[str] = []
    lifetimes: list[int] = []
    family, size = _FAMILIES[kind]
    try:
        for _record in range(count):
            at = _behind_name(data, at)
            record, _class, lifetime, length = struct.unpack("!HHIH", data[at : at + 10])
            at += 10 + length
            lifetimes.append(lifetime)
            if record == kind and length == size:
                addresses.append(socket.inet_ntop(family, data[at - length : at]))
    except (struct.error, IndexError, ValueError):
        return None
    is_source = bool(flags & _AUTHORITATIVE) or not flags & _RECURSION_AVAILABLE
    return Reply(tuple(addresses), is_source and not any(lifetimes))


def _behind_name(data: bytes, at: int) -> int:
    while data[at]:
        if data[at] & 0xC0:
            return at + 2  # a pointer ends a name
        at += 1 + data[at]
    return at + 1
