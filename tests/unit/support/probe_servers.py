# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small servers on the loopback interface, each connection answered by a function of the test."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Answer = Callable[[socket.socket, str], None]


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def server(answer: Answer, certificate: Path | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """Yield the port of a server that reads one request head of each connection and hands it to ``answer``."""
    listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    threads: list[threading.Thread] = []
    # Copies, by which a connection can be ended while its thread waits, also after TLS has taken the first one.
    connections: list[socket.socket] = []
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def serve(used: socket.socket) -> None:
        with suppress(OSError):
            used.settimeout(5)
            if context is not None:
                used = context.wrap_socket(used, server_side=True)
            with used:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = used.recv(4096)
                    if not piece:
                        return
                    head += piece
                answer(used, head.decode("latin-1"))

    def serve_once(used: socket.socket, copy: socket.socket) -> None:
        serve(used)
        # It would keep the connection open.
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    def start(target: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        threads.append(thread)
        thread.start()

    def accept() -> None:
        with suppress(OSError):
            while True:
                accepted = listener.accept()[0]
                connections.append(accepted.dup())
                start(serve_once, accepted, connections[-1])

    start(accept)
    try:
        yield listener.getsockname()[1]
    finally:
        # That ends the first thread, which begins the others: once it is joined, the lists are complete.
        listener.shutdown(socket.SHUT_RDWR)
        threads[0].join(30)
        for connection in connections:
            with connection, suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)
        listener.close()


def make_certificate(folder: Path, name: str = "localhost", days: int = 30) -> Path:
    """Write a self-signed ``cert.pem`` and its ``key.pem`` into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"), "-days", str(days)]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},DNS:Other.example.org"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def plain(status: str, headers: str = "", body: bytes = b"hello") -> Answer:
    """Return an answer with a status line's end, further header lines and a body."""

    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    return answer


def hold(used: socket.socket) -> None:
    """Say nothing more until the other side hangs up, for a minute at most."""
    used.settimeout(60)
    while used.recv(4096):
        pass


def chunk(data: bytes) -> bytes:
    """Return data as one chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def accept_key(head: str) -> str:
    """Return the answer to the key of a WebSocket request."""
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
