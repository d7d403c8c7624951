# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A NAS: `python3 nas.py FOLDER` echoes requests on 8080, and by TLS on 5001 with the newest certificate of the folder.

The first word of an answer's body is how many bytes came with the request; the headers of the request follow as lines.
"""

from __future__ import annotations

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_BLOCK = 1 << 20


class Nas(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer without reading a body."""
        self._answer(0)

    def do_PUT(self) -> None:
        """Count what is uploaded."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            self._answer(sum(iter(self._chunk, 0)))
        else:
            self._answer(self._take(int(self.headers.get("Content-Length", "0"))))

    def _chunk(self) -> int:
        """Take one chunk; return its size, 0 for the last one."""
        size = int(self.rfile.readline().split(b";")[0], 16)
        self._take(size)
        self.rfile.readline()
        return size

    def _take(self, size: int) -> int:
        left = size
        while left and (block := self.rfile.read(min(left, _BLOCK))):
            left -= len(block)
        return size - left

    def _answer(self, received: int) -> None:
        content = f"{received}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("X-Generator", "nas 1.0")
        self.send_header("Referrer-Policy", "unsafe-url")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class _Tls(ThreadingHTTPServer):
    """Serves each connection with the certificate that is there then, and remembers the name that was asked for."""

    folder = Path()

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        """Return a connection, whose handshake its own thread makes."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "nas.pem", self.folder / "nas.key")
        context.sni_callback = self._note
        connection, address = self.socket.accept()
        return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def _note(self, _socket: object, name: str | None, _context: object) -> None:
        (self.folder / "asked").write_text(name or "")

    def handle_error(self, *_arguments: object) -> None:
        """Say nothing of a client that leaves."""


_Tls.folder = Path(sys.argv[1])
threading.Thread(target=ThreadingHTTPServer(("", 8080), Nas).serve_forever, daemon=True).start()
_Tls(("", 5001), Nas).serve_forever()
