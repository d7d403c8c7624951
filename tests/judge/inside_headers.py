# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx between a service and clients that say all sorts of things.

`inside_headers.py FOLDER` starts nginx with FOLDER/headers.conf, sends each of FOLDER/requests.json, a list of header
lines and whether it goes by HTTP/2, and prints as JSON for each the header lines that the service saw. The service
answers 101 to whatever asks for another protocol, and nothing to who has not reached it: then it is None.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, PROXY2, SERVICE = 8080, 8081, 8088
LIMIT = 60.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _HEADERS, _END = 4, 1, 0x5


class Service:
    """Keeps the head of each request that it gets."""

    def __init__(self) -> None:
        """Listen, in a thread that ends with the program."""
        self.seen: list[list[str]] = []
        self.listener = socket.create_server((HOST, SERVICE))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _address = self.listener.accept()
            with connection, connection.makefile("rb") as stream:
                head = [line.decode("latin-1") for line in iter(lambda: stream.readline().strip(), b"")]
                self.seen.append(head)
                upgraded = any(line.lower().startswith("upgrade:") for line in head)
                status = "101 Switching Protocols" if upgraded else "204 No Content"
                more = "Upgrade: websocket\r\nConnection: upgrade\r\n" if upgraded else "Connection: close\r\n"
                connection.sendall(f"HTTP/1.1 {status}\r\n{more}\r\n".encode())


def connect(port: int) -> socket.socket:
    """Connect to nginx, which may still be on its way."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return socket.create_connection((HOST, port), LIMIT)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def send(lines: list[str]) -> None:
    """Send a request with these header lines, and wait for the first bytes of the answer."""
    with connect(PROXY) as connection:
        head = "".join(f"{line}\r\n" for line in ["GET /a HTTP/1.1", f"Host: {NAME}", *lines])
        connection.sendall(f"{head}\r\n".encode("latin-1"))
        connection.recv(100)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame (RFC 9113 section 4.1, 2022)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name: str, value: str) -> bytes:
    """Return a header that is in no table (RFC 7541 section 6.2.2, 2015); neither part is longer than 126 bytes."""
    parts = (name.lower().encode("latin-1"), value.encode("latin-1"))
    return b"\x00" + b"".join(bytes([len(part)]) + part for part in parts)


def send2(lines: list[str]) -> None:
    """Send the same by HTTP/2, and wait until nginx ends the stream or the connection."""
    fields = [(":method", "GET"), (":scheme", "http"), (":path", "/a"), (":authority", NAME)]
    fields += [(name, value.strip()) for name, _colon, value in (line.partition(":") for line in lines)]
    block = b"".join(literal(name, value) for name, value in fields)
    with connect(PROXY2) as connection:
        connection.sendall(_PREFACE + frame(_SETTINGS, 0, 0, b"") + frame(_HEADERS, _END, 1, block))
        with connection.makefile("rb") as stream:
            while len(head := stream.read(9)) == 9:
                stream.read(int.from_bytes(head[:3], "big"))
                if head[3] == _HEADERS or head[3] in (3, 7):  # or RST_STREAM, GOAWAY
                    return


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    service = Service()
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "headers.conf"), "-g", "daemon off;"])
    try:
        found = []
        for lines, by_http2 in json.loads((folder / "requests.json").read_text()):
            service.seen.clear()
            (send2 if by_http2 else send)(lines)
            found.append(service.seen[0] if service.seen else None)
        print(json.dumps(found))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
