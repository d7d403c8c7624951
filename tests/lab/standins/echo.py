# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that tells exactly what it was sent: each head as raw lines, and the latest ones of all connections.

It reads a request as few do: what its length says, else its chunks, else no body. What a proxy lets through that could
be read in two ways therefore shows.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections import deque
from typing import Any, ClassVar

from .web import BLOCK

# As many as a prober asks while one of its questions is on its way.
RECENT = 200
MOST_HEAD = 131072
# What a careless service says of itself, and a proxy should not repeat.
CLAIMS = (
    ("Server", "EchoStandIn/9.9"),
    ("X-Powered-By", "EchoStandIn/9.9"),
    ("Strict-Transport-Security", "max-age=1"),
)


class Echo(socketserver.StreamRequestHandler):
    """One connection; each of its requests is answered 200 with a report as JSON."""

    recent: ClassVar[deque[dict[str, Any]]] = deque(maxlen=RECENT)
    _lock = threading.Lock()

    def handle(self) -> None:
        """Answer one request after the other until the connection ends, or a head is none."""
        number = 0
        while head := self._head():
            number += 1
            self._body(head)
            peer = str(self.client_address[0]).removeprefix("::ffff:")
            report: dict[str, Any] = {"head": head, "requests": number, "peer": peer}
            with self._lock:
                self.recent.append(report)
                content = json.dumps({"app": "echo", **report, "recent": list(self.recent)}).encode()
            print(f"echo {peer} {head[0]}", flush=True)
            lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(content)}"]
            lines += [f"{name}: {value}" for name, value in CLAIMS]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode())
            if not head[0].startswith("HEAD "):
                self.wfile.write(content)
            if _value(head, "connection").lower() == "close" or head[0].endswith("HTTP/1.0"):
                return

    def _head(self) -> list[str]:
        """Return the lines of a head as they came, without their ends; nothing at the end of the connection."""
        lines: list[str] = []
        size = 0
        while size < MOST_HEAD:
            try:
                line = self.rfile.readline(MOST_HEAD)
            except OSError:
                return []
            size += len(line)
            if not line.endswith(b"\n"):
                return []
            if line == b"\r\n":
                return lines
            # Every byte is a character here, so that none is lost in JSON. Of a bare line feed its `\n` stays.
            lines.append(line.removesuffix(b"\r\n").decode("latin-1"))
        return []

    def _body(self, head: list[str]) -> None:
        if _value(head, "transfer-encoding").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
                self._skip(size + 2)
            while self.rfile.readline().strip():
                continue
            return
        length = _value(head, "content-length")
        self._skip(int(length) if length.isdigit() else 0)

    def _skip(self, size: int) -> None:
        while size > 0 and (block := self.rfile.read(min(size, BLOCK))):
            size -= len(block)


def _value(head: list[str], name: str) -> str:
    """Return the value of the first header of this very name, "" without one."""
    pairs = (line.partition(":") for line in head[1:])
    return next((value.strip() for key, _colon, value in pairs if key.lower() == name), "")
