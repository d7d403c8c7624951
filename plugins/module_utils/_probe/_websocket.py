# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of RFC 6455 as it takes to prove that a WebSocket gets through."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import secrets
from typing import TypedDict

from .connection import ProbeError, Target, ask, opened

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_MOST_FRAMES = 50
_MOST_BYTES = 1024 * 1024


class WebSocketFacts(TypedDict):
    """Whether the upgrade (and the echo, when asked for) came, and what did."""

    ok: bool
    detail: str


def upgrade(target: Target, echo: bool = False) -> WebSocketFacts:
    """Ask for a WebSocket; with ``echo`` also send a text and wait for it to come back. A failure is in the result."""
    try:
        return _upgrade(target, echo)
    except (ProbeError, OSError) as error:
        return WebSocketFacts(ok=False, detail=str(error))


def _upgrade(target: Target, echo: bool) -> WebSocketFacts:
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Origin": f"{target.parts.scheme}://{target.parts.netloc}",
    }
    with opened(target) as used:
        response = ask(target, used, headers)
        if response.status != 101:
            return WebSocketFacts(ok=False, detail=f"status {response.status} instead of 101")
        wanted = base64.b64encode(hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()).decode()
        if response.getheader("Sec-WebSocket-Accept") != wanted:
            return WebSocketFacts(ok=False, detail="status 101 without the right Sec-WebSocket-Accept")
        if not echo:
            used.sendall(_frame(_CLOSE, b"\x03\xe8"))
            return WebSocketFacts(ok=True, detail="101")
        text = f"edge-{secrets.token_hex(8)}".encode("ascii")
        used.sendall(_frame(_TEXT, text))
        for _number in range(_MOST_FRAMES):
            kind, payload = _next_frame(response)
            if kind == _TEXT and payload == text:
                used.sendall(_frame(_CLOSE, b"\x03\xe8"))
                return WebSocketFacts(ok=True, detail="101, text echoed")
            if kind == _PING:
                used.sendall(_frame(_PONG, payload))
            if kind == _CLOSE:
                return WebSocketFacts(ok=False, detail="101, then closed before the text came back")
    return WebSocketFacts(ok=False, detail="101, but the text did not come back")


def _frame(kind: int, payload: bytes) -> bytes:
    """Return one whole frame of a client, masked as the protocol wants it; the payload is at most 125 bytes."""
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes((0x80 | kind, 0x80 | len(payload))) + mask + body


def _next_frame(response: http.client.HTTPResponse) -> tuple[int, bytes]:
    """Return kind and payload of the server's next frame."""
    first, second = _exactly(response, 2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(_exactly(response, 2 if length == 126 else 8), "big")
    if length > _MOST_BYTES:
        raise ProbeError("101, then a frame of more than 1 MB")
    return first & 0x0F, _exactly(response, length)


def _exactly(response: http.client.HTTPResponse, length: int) -> bytes:
    # The reader behind the response, not the response: for HTTP an answer 101 has no body.
    data: bytes = response.fp.read(length) if length else b""
    if len(data) != length:
        raise ProbeError("101, then the connection ended")
    return data
