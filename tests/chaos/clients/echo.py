# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One WebSocket: numbers go out and have to come back as they went."""

from __future__ import annotations

import base64
import os
import struct
import time
from typing import Any, BinaryIO

from .web import Place, Stop

PAUSE = 0.1
TEXT = 0x81


def run(stop: Stop, arguments: list[str]) -> dict[str, Any]:
    """Send and receive until told to stop. Arguments: URL, address."""
    url, address = arguments
    place = Place(url, address, timeout=10.0)
    connection = place.connect().sock
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET {place.path} HTTP/1.1\r\nHost: {place.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    connection.sendall(head.encode())
    stream = connection.makefile("rb")
    status = stream.readline().decode().strip()
    while stream.readline().strip():
        continue
    report: dict[str, Any] = {"status": status, "echoed": 0, "wrong": [], "ended": None, "slowest": 0.0}
    number = 0
    while not stop.asked:
        number += 1
        began = time.monotonic()
        try:
            connection.sendall(_frame(str(number).encode()))
            back = _payload(stream)
        except OSError as error:
            report["ended"] = repr(error)
            break
        if back != str(number).encode():
            report["wrong"].append([number, back.decode(errors="replace")])
            if not back:
                report["ended"] = "the connection ended"
                break
        report["echoed"] += 1
        report["slowest"] = max(report["slowest"], time.monotonic() - began)
        time.sleep(PAUSE)
    return report


def _frame(payload: bytes) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return struct.pack("!BB", TEXT, 0x80 | len(payload)) + mask + masked


def _payload(stream: BinaryIO) -> bytes:
    head = stream.read(2)
    return stream.read(head[1] & 0x7F) if len(head) == 2 else b""
