# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small site that does all that a client may ask of it, and refuses the rest; unless it is told to misbehave."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ansible_collections.constellation.edge.plugins.module_utils._hostile._http2 import GOAWAY, HEADERS, SETTINGS, frame
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from local_servers import serving

NAME, KEPT, ECHO = "home.example.org", "/c/WebConsole/", "/echo/"
_LINE = re.compile(rb"(GET|HEAD|POST|PUT|DELETE|OPTIONS) (/[!-~]*) HTTP/1\.[01]\Z")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*\Z")
_GOOD = (
    "Strict-Transport-Security: max-age=63072000",
    "X-Content-Type-Options: nosniff",
    "Referrer-Policy: strict-origin-when-cross-origin",
    "X-Frame-Options: SAMEORIGIN",
    "Content-Security-Policy: frame-ancestors 'self'",
    "Server: nginx",
)
_BAD = ("Strict-Transport-Security: max-age=1", "Strict-Transport-Security: max-age=9", "Server: nginx/1.2.3")
_SAID = {"x-real-ip": "127.0.0.1", "x-forwarded-for": "127.0.0.1"}
# Seconds that a head or a body may take, and connections at once.
PATIENCE, MOST = 1.0, 40


class RefusedError(Exception):
    """A request that is answered by a status, and then the end; 0 for no answer at all."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(status)
        self.status = status


class _Connection(socketserver.BaseRequestHandler):
    """One connection. What misbehaves is a word in ``server.faults``."""

    server: Any

    def setup(self) -> None:
        self.faults: frozenset[str] = self.server.faults
        self.rest = b""
        self.until = time.monotonic() + (30.0 if "slow" in self.faults else PATIENCE)
        self.request.settimeout(30.0 if "slow" in self.faults else PATIENCE)

    def handle(self) -> None:
        with self.server.lock:
            self.server.open += 1
        try:
            if self.server.open > MOST and "unlimited" not in self.faults:
                return
            with suppress(OSError):
                self._secure()
                if getattr(self.request, "selected_alpn_protocol", lambda: "")() == "h2":
                    self._http2()
                    return
                while self._one():
                    continue
        finally:
            with self.server.lock:
                self.server.open -= 1

    def finish(self) -> None:
        # In order, with what was not read: a reset would take the answer away.
        with suppress(OSError, ValueError):
            self.request.shutdown(socket.SHUT_WR)
            self.request.settimeout(0.2)
            while self.request.recv(65536):
                continue
        self.request.close()

    def _secure(self) -> None:
        if self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)

    def _http2(self) -> None:
        self.request.recv(65536)
        answer = frame(SETTINGS, 0, 0)
        # 0x88 is the status 200 (RFC 7541 appendix A).
        answer += frame(HEADERS, 5, 1, b"\x88") if "lenient" in self.faults else frame(GOAWAY, 0, 0, bytes(7) + b"\x01")
        self.request.sendall(answer)

    def _more(self) -> None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.request.settimeout(left)
        data = self.request.recv(65536)
        if not data:
            raise ConnectionResetError
        self.rest += data

    def _take(self, size: int) -> bytes:
        while len(self.rest) < size:
            self._more()
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def _line(self) -> bytes:
        while b"\r\n" not in self.rest:
            self._more()
        line, _end, self.rest = self.rest.partition(b"\r\n")
        return line

    def _one(self) -> bool:
        """Answer one request, and tell whether another one may follow."""
        try:
            head = self._head()
            body = self._page(head)
        except RefusedError as refused:
            if refused.status:
                page = b"<p>nginx 1.2.3</p>" if "talks" in self.faults else b"<p>no</p>"
                self._send(refused.status, page, ["Connection: close"])
            return False
        self._send(200, body)
        values = dict(head[1:])
        return "smuggled" in self.faults or b"close" not in values.get(b"connection", b"")

    def _head(self) -> list[tuple[bytes, bytes]]:
        """Return the request line's method and path, and then the headers. Lenient, it takes what there is."""
        first = self._line()
        while not first:
            first = self._line()
        lenient = "lenient" in self.faults
        match = _LINE.match(first)
        if not match and not lenient:
            raise RefusedError(400)
        if len(first.split()) == 2:
            self.request.sendall(b"<h1>Home</h1>")
            raise RefusedError(0)
        words = (*first.split(), b"/", b"/")
        head = [(match[1], match[2]) if match else (words[0], words[1])]
        while line := self._line():
            found = _HEADER.match(line)
            if not found and not lenient:
                raise RefusedError(400)
            name, _colon, value = line.partition(b":")
            head.append((name.strip().lower(), value.strip()))
        self._check(head)
        self._body(head)
        return head

    def _check(self, head: list[tuple[bytes, bytes]]) -> None:
        hosts = [value.lower() for name, value in head[1:] if name == b"host"]
        names = [name for name, _value in head[1:]]
        if "lenient" in self.faults:
            return
        if hosts != [NAME.encode()]:
            raise RefusedError(421 if self.server.context else 0)
        if names.count(b"content-length") + names.count(b"transfer-encoding") > 1:
            raise RefusedError(400)

    def _body(self, head: list[tuple[bytes, bytes]]) -> None:
        values = dict(head[1:])
        if "smuggled" in self.faults:
            return
        lenient = "lenient" in self.faults
        if (encoding := values.get(b"transfer-encoding")) is not None:
            if encoding != b"chunked" and not lenient:
                raise RefusedError(501)
            while size := self._size():
                self._take(size)
                if self._take(2) != b"\r\n":
                    raise RefusedError(400)
            while self._line():
                continue
        elif (length := values.get(b"content-length")) is not None:
            if not length.isdigit():
                raise RefusedError(400)
            if int(length) > 65536:
                raise RefusedError(413)
            self._take(int(length))

    def _size(self) -> int:
        line = self._line()
        if not re.match(rb"[0-9a-fA-F]{1,8}\Z", line):
            raise RefusedError(400)
        return int(line, 16)

    def _page(self, head: list[tuple[bytes, bytes]]) -> bytes:
        (method, path), *headers = head
        values = dict(headers)
        if "upgrade" in self.faults and b"upgrade" in values:
            self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
            raise RefusedError(0)
        if self.server.context is None and "lenient" not in self.faults:
            place = f"Location: https://{NAME}:{self.server.secure}{path.decode()}"
            self._send(301, b"" if method == b"HEAD" else b"there", [place, "Connection: close"])
            raise RefusedError(0)
        if path.startswith(ECHO.encode()):
            return self._report(path, headers)
        if b"passwd" in path and "files" in self.faults:
            return b"root:x:0:0:root:/root:/bin/bash\n"
        if b"webconsole" in path.lower() and "console" in self.faults:
            return b"<h1>Console</h1>"
        if path != b"/":
            raise RefusedError(403 if path.lower().startswith(b"/c") else 404)
        return b"<h1>Home</h1>"

    def _report(self, path: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
        known = {b"host", b"user-agent"}
        told = [
            f"{name.decode('latin-1')}: {value.decode('latin-1')}"
            for name, value in headers
            if name in known or "tells" in self.faults
        ]
        said = [] if "tells" in self.faults else [f"{name}: {value}" for name, value in _SAID.items()]
        report = {"head": [f"GET {path.decode()} HTTP/1.1", *told, *said], "requests": 1, "peer": "127.0.0.1"}
        with self.server.lock:
            self.server.recent.append(report)
            return json.dumps({**report, "recent": list(self.server.recent)}).encode()

    def _send(self, status: int, body: bytes, lines: list[str] | None = None) -> None:
        more = _BAD if "talks" in self.faults else _GOOD
        head = "\r\n".join([f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *more, *(lines or []), "", ""])
        self.request.sendall(head.encode() + body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext | None, faults: frozenset[str], secure: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.context, self.faults, self.recent = context, faults, []
        self.open, self.lock = 0, threading.Lock()
        self.secure = secure or self.server_address[1]

    def shutdown_request(self, request: Any) -> None:
        """Leave the end to the handler, which has put TLS around it."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def site(certificate: Path, *faults: str, **more: Any) -> Iterator[Subject]:
    """Yield a site that runs with these faults; `more` are further parts of the subject."""
    context = _context(certificate, frozenset(faults))
    server = _Server(context, frozenset(faults), 0)
    plain = _Server(None, frozenset(faults), server.server_address[1])
    with serving(server), serving(plain):
        yield Subject(
            **{
                "url": f"https://{NAME}:{server.server_address[1]}/",
                "address": "127.0.0.1",
                "ca_file": str(certificate / "cert.pem"),
                "http_port": plain.server_address[1],
                "timeout": 5.0,
                "quiet": 0.1,
                "patience": 60 * PATIENCE,
                **more,
            }
        )


def _context(certificate: Path, faults: frozenset[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    # What a distribution's Python takes by itself is wider than what a site of ours does.
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    if "old" in faults:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
    if "lenient" not in faults:
        context.sni_callback = lambda _used, name, _context: (
            None if name == NAME else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        )
    return context


def make_certificate(folder: Path) -> Path:
    """Write a self-signed ``cert.pem`` and its ``key.pem`` into a folder and return the folder."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", "30"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run(command, check=True, capture_output=True)
    return folder
