# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A camera's own page in the manner of motionEye: a page, endless pictures, and a WebSocket that echoes."""

from __future__ import annotations

import base64
import hashlib

from .web import JPEG, Handler

PAGE = """<!DOCTYPE html><html><head><title>motionEye</title></head>
<body><h1>motionEye</h1><img src="picture/1/current/"></body></html>
"""
# RFC 6455, section 1.3.
HANDSHAKE = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, CLOSE, PING, PONG = 0x0, 0x8, 0x9, 0xA
FINAL = 0x80


class Camera(Handler):
    """Pages at the root, on port 8765 by custom."""

    app = "camera"

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        """Answer a request."""
        if path == "/":
            self.text(PAGE)
        elif path == "/echo":
            self.echo()
        elif path == "/picture/1/current/":
            self.pictures()
        elif path == "/picture/1/snapshot/":
            self.text(JPEG, kind="image/jpeg")
        elif path == "/ws":
            self._web_socket()
        else:
            self.missing()

    def _web_socket(self) -> None:
        key = self.headers.get("Sec-WebSocket-Key", "")
        connection = self.headers.get("Connection", "").lower()
        if self.headers.get("Upgrade", "").lower() != "websocket" or "upgrade" not in connection or not key:
            # What a proxy that drops the Upgrade header brings about.
            self.text('Can "Upgrade" only to "WebSocket".', status=400, kind="text/plain")
            return
        self.close_connection = True
        # SHA-1 is what the protocol prescribes.
        accept = base64.b64encode(hashlib.sha1(key.encode() + HANDSHAKE, usedforsecurity=False).digest()).decode()
        self.send_response(101, "Switching Protocols")
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        while (frame := self._frame()) is not None:
            code, payload = frame
            opcode = code & 0x0F
            if opcode == PING:
                self._send(FINAL | PONG, payload)
            elif opcode != PONG:
                # Text, binary and their continuations go back as they came; so does the closing frame.
                self._send(code, payload)
            if opcode == CLOSE:
                return

    def _frame(self) -> tuple[int, bytes] | None:
        """Read one frame: its first byte and its payload without the mask, or None at the end of the stream."""
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(self.rfile.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self.rfile.read(8), "big")
        mask = self.rfile.read(4) if head[1] & 0x80 else bytes(4)
        payload = self.rfile.read(size)
        return head[0], bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))

    def _send(self, code: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = bytes([code, size])
        elif size < 65536:
            head = bytes([code, 126]) + size.to_bytes(2, "big")
        else:
            head = bytes([code, 127]) + size.to_bytes(8, "big")
        self.wfile.write(head + payload)
