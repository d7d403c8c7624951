# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that sends one event some time after it was asked, with the moment at which it was sent.

The nginx of `others.service` stands in front of it.
"""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8999
PAUSE = 0.05


class Events(BaseHTTPRequestHandler):
    """Answers any path with an event."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the head at once and the event a little later."""
        self.close_connection = True
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        time.sleep(PAUSE)
        self.connection.sendall(f"data: {time.time():.6f}\n\n".encode())
        time.sleep(PAUSE)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Events).serve_forever()
