# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stand-ins share: answers, the report of what was sent, streams of pictures."""

from __future__ import annotations

import base64
import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

BODY_SHOWN = 4096
BLOCK = 65536
PICTURES_PER_SECOND = 5
BOUNDARY = "ZoneMinderFrame"
# A grey picture of one pixel.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////////////"
    "//////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


class Handler(BaseHTTPRequestHandler):
    """One request; a stand-in says in ``answer`` what it serves."""

    protocol_version = "HTTP/1.1"
    # Head and body are written one after the other; without this the second waits 40 ms for the receipt of the first.
    disable_nagle_algorithm = True
    app = "?"
    _received: tuple[int, bytes] | None = None

    def answer(self, path: str, query: dict[str, list[str]]) -> None:
        """Answer a request.

        Args:
            path: as sent, without the query.
            query: its values by name.

        """
        raise NotImplementedError

    def _handle(self) -> None:
        # One object serves all the requests of a connection.
        self._received = None
        parts = urlsplit(self.path)
        try:
            self.answer(parts.path, parse_qs(parts.query))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle  # noqa: N815 - names of the base class

    def text(
        self,
        body: str | bytes,
        *,
        status: int = 200,
        kind: str = "text/html; charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send a whole answer."""
        self.body()
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def missing(self) -> None:
        """Answer that there is nothing at this path."""
        self.text(f"{self.app} has nothing at this path\n", status=404, kind="text/plain")

    @property
    def peer(self) -> str:
        """The address that the request came from, IPv4 in its own form."""
        return str(self.client_address[0]).removeprefix("::ffff:")

    def redirect(self, path: str) -> None:
        """Send the client to another path, with the scheme and the name that this server believes it has."""
        scheme = self.headers.get("X-Forwarded-Proto", "http")
        host = self.headers.get("X-Forwarded-Host") or self.headers.get("Host", "")
        self.text("", status=301, headers={"Location": f"{scheme}://{host}{path}"})

    def echo(self) -> None:
        """Report what was sent."""
        length, start = self.body()
        report: dict[str, Any] = {
            "app": self.app,
            "method": self.command,
            "path": self.path,
            "peer": self.peer,
            "headers": dict(self.headers.items()),
            "length": length,
            "body": start.decode(errors="replace"),
        }
        self.text(json.dumps(report), kind="application/json")

    def body(self) -> tuple[int, bytes]:
        """Read the request's body once: its length in bytes, and its start."""
        if self._received is None:
            self._received = self._read_body()
        return self._received

    def _read_body(self) -> tuple[int, bytes]:
        length, start = 0, b""
        for block in self._blocks():
            length += len(block)
            start += block[: BODY_SHOWN - len(start)]
        return length, start

    def _blocks(self) -> Any:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                continue
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left > 0:
            block = self.rfile.read(min(BLOCK, left))
            if not block:
                return
            left -= len(block)
            yield block

    def pictures(self) -> None:
        """Send pictures one after the other (MJPEG) until the client leaves."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        while self.command != "HEAD":
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(JPEG)}\r\n\r\n"
            self.wfile.write(head.encode() + JPEG + b"\r\n")
            time.sleep(1 / PICTURES_PER_SECOND)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002 - the base class names it so
        """Print one line for each request, without its query: keys travel there."""
        print(f"{self.app} {self.peer} {self.command} {urlsplit(self.path).path}", flush=True)


class Server(ThreadingHTTPServer):
    """Listens on IPv4 and IPv6 alike."""

    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Take the port of both families."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def serve(handler: type[StreamRequestHandler], port: int) -> Server:
    """Return a server that listens, and serves once its ``serve_forever`` is called."""
    return Server(("::", port), handler)
