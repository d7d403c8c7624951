# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who answers on port 80 of a public address that should be this host's, as an authority will ask there.

Where nothing has port 80 yet, this listens on it for the two seconds of the question: what comes back is a proof. Where
nginx has it, its answer here is held against the one from there. No answer proves nothing: many a router does not let
its own house in by its public address.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import secrets
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._certbot.webroot import CHALLENGES
from .._host.deadline import cut_after

PORT = 80
_SECONDS = 2.0
_PARALLEL = 16
OURS, OTHER, SILENT = "ours", "other", "silent"


@dataclass(frozen=True)
class _Answer:
    """What came: a status, the program's name for itself and where it sends; `token` is our own, if it came back."""

    status: int
    program: str
    location: str
    body: str


def ask_port_80(pairs: Sequence[tuple[str, str]], port: int = PORT) -> dict[tuple[str, str], dict[str, str]]:
    """Ask for each name at its address, all at the same time, within two seconds.

    Returns:
        For each pair `state`: `ours`, `other` for another machine or program, `silent`; `said` is what was met.

    """
    if not pairs:
        return {}
    token = secrets.token_urlsafe(24)
    with _listening(token, port) as listens, ThreadPoolExecutor(_PARALLEL) as pool:

        def ask(pair: tuple[str, str]) -> dict[str, str]:
            return _ask(pair[0], pair[1], port, token, listens=listens)

        return dict(zip(pairs, pool.map(ask, pairs), strict=True))


def _ask(name: str, address: str, port: int, token: str, *, listens: bool) -> dict[str, str]:
    try:
        there = _get(name, address, port, token)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"state": SILENT, "said": _reason(error)}
    if there.body == token:
        return {"state": OURS, "said": ""}
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        # Two answers that are alike are no proof, but they are no reason to alarm anybody either.
        if not listens and _get(name, "127.0.0.1", port, token) == there:
            return {"state": OURS, "said": ""}
    program = f", Server: {there.program}" if there.program else ""
    return {"state": OTHER, "said": f"status {there.status}{program}"}


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    return (isinstance(error, OSError) and error.strerror) or f"no HTTP answer ({type(error).__name__})"


def _get(name: str, address: str, port: int, token: str) -> _Answer:
    connection = http.client.HTTPConnection(name, port)
    try:
        with socket.create_connection((address, port), _SECONDS) as plain, cut_after(plain, _SECONDS):
            connection.sock = plain
            connection.request("GET", f"/{CHALLENGES}/edge-{token}", headers={"Host": name, "Connection": "close"})
            response = connection.getresponse()
            body = response.read(200).decode("ascii", "replace")
            program = (response.getheader("Server") or "")[:80]
            return _Answer(response.status, program, response.getheader("Location") or "", body)
    finally:
        connection.close()


@contextlib.contextmanager
def _listening(token: str, port: int) -> Iterator[bool]:
    """Answer questions for the token as long as the block runs; tells whether the port was free for it."""
    try:
        server = _server(token, port)
    except OSError:
        yield False
        return
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield True
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_SECONDS)


def _server(token: str, port: int) -> http.server.ThreadingHTTPServer:
    """Return a server on every address, IPv6 ones too where the kernel has any. Raises OSError."""

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = _SECONDS

        def do_GET(self) -> None:
            told = token.encode("ascii") if self.path == f"/{CHALLENGES}/edge-{token}" else b""
            self.send_response(200 if told else 404)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing: a module's output is its report."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            # Connections of the last run that linger are no reason not to listen; a program that listens is, on Linux.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self.address_family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.socket.bind(self.server_address)
            self.server_name, self.server_port = "", port

        def handle_error(self, *_arguments: object) -> None:
            """Pass over a client that went away."""

    if socket.has_ipv6:
        Server.address_family = socket.AF_INET6
        with contextlib.suppress(OSError):
            return Server(("::", port), Handler)
        Server.address_family = socket.AF_INET
    return Server(("0.0.0.0", port), Handler)  # noqa: S104 - whoever asks must reach it, as nginx later
