# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that tells who it is and what it got: `python3 app.py NAME PORT`, or a socket's path for the port.

Below a path with `redirect` it sends to its own path and sets a cookie there. One with `hang-up` it reads, and closes
the connection. One with `slow` it answers after three seconds, one with `drip` at once, and ends after three seconds.
It takes each WebSocket, and closes it. Each request is a line of the file NAME.log beside this program.
"""

from __future__ import annotations

import os
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME, WHERE = sys.argv[1:]
LOG = Path(__file__).with_name(f"{NAME}.log")


class App(BaseHTTPRequestHandler):
    """One connection."""

    def do_GET(self) -> None:
        """Answer, redirect or hang up."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with LOG.open("a") as log:
            log.write(f"{self.requestline}\n")
        if "hang-up" in self.path:
            self.close_connection = True
            return
        if "slow" in self.path:
            time.sleep(3)
        if self.headers["Upgrade"]:
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "upgrade")
            self.end_headers()
            self.close_connection = True
            return
        body = f"{NAME} {self.path} {self.headers['Host']}\n".encode()
        if method := self.headers["X-HTTP-Method-Override"]:
            body += f"{method}\n".encode()
        self.send_response(302 if "redirect" in self.path else 200)
        if "redirect" in self.path:
            self.send_header("Location", "/guacamole/home?a=1")
            self.send_header("Set-Cookie", "session=1; Path=/guacamole/")
        drips = "drip" in self.path
        self.send_header("Content-Length", str(len(body) + drips))
        self.end_headers()
        self.wfile.write(body)
        if drips:
            time.sleep(3)
            self.wfile.write(b"\n")

    def do_POST(self) -> None:
        """Do the same."""
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Write nothing to the terminal."""

    def address_string(self) -> str:
        """Return nothing: on a socket there is no address."""
        return ""


class _Socket(socketserver.ThreadingUnixStreamServer):
    """The service on a Unix socket, to which only root may connect at first."""

    def server_bind(self) -> None:
        """Make the socket."""
        super().server_bind()
        os.chmod(WHERE, 0o600)


if WHERE.startswith("/"):
    Path(WHERE).parent.mkdir(exist_ok=True)
    Path(WHERE).unlink(missing_ok=True)
    _Socket(WHERE, App).serve_forever()
ThreadingHTTPServer(("", int(WHERE)), App).serve_forever()
