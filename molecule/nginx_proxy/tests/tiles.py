# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A slow service with pictures, each with another word about who may keep it: `python3 tiles.py PORT`.

The name of a picture is what its answer says. Each request is a line of the file `tiles.log` beside this program.
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOG = Path(__file__).with_name("tiles.log")
SAYS = {
    "open": {"Cache-Control": "max-age=3600"},
    "short": {"Cache-Control": "max-age=1"},
    "private": {"Cache-Control": "private, max-age=3600"},
    "login": {"Cache-Control": "max-age=3600", "Set-Cookie": "session=1"},
    "strict": {"Cache-Control": "max-age=3600, must-revalidate"},
    "varies": {"Cache-Control": "max-age=3600", "Vary": "Accept-Language"},
    "silent": {},
}


class Tiles(BaseHTTPRequestHandler):
    """One connection."""

    def do_GET(self) -> None:
        """Answer with who asked, or with three events."""
        with LOG.open("a") as log:
            log.write(f"{self.command} {self.path}\n")
        if self.path.endswith("/events"):
            self._events()
            return
        name = self.path.rpartition("/")[2].partition(".")[0]
        who = self.headers["Authorization"] or self.headers["Cookie"] or "nobody"
        body = f"{name} for {who} in {self.headers['Accept-Language']}\n".encode()
        self.send_response(404 if name == "gone" else 200)
        for header, value in SAYS.get(name, SAYS["open"]).items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names are http.server's

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        for number in range(3):
            self.wfile.write(f"data: {number}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.5)

    def log_message(self, *_arguments: object) -> None:
        """Write nothing to the terminal."""


ThreadingHTTPServer(("", int(sys.argv[1])), Tiles).serve_forever()
