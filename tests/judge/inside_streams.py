# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx, for which time flies, between a service that streams and its clients.

`inside_streams.py FOLDER` starts nginx with FOLDER/streams.conf and prints, as JSON, for each path of FOLDER/paths.json
what became of a stream of events and of a WebSocket that was silent for an hour of nginx's time.
"""

from __future__ import annotations

import glob
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8080, 8088
LIMIT = 60.0
# So many seconds of nginx's are one; then an hour, and a few minutes more, are these.
RATE = 600
HOUR = 3900 / RATE
_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
_EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n"


class Service:
    """Sends one event and keeps the next until it is told to go on; gives back what comes by a WebSocket."""

    def __init__(self) -> None:
        """Listen, in a thread that ends with the program."""
        self.go_on = threading.Event()
        self.listener = socket.create_server((HOST, SERVICE))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _address = self.listener.accept()
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            head = [line.lower() for line in iter(lambda: stream.readline().strip(), b"")]
            if any(line.startswith(b"upgrade:") for line in head):
                connection.sendall(_SWITCHING)
                while data := connection.recv(100):
                    connection.sendall(data)
                return
            connection.sendall(_EVENTS)
            self.go_on.wait(LIMIT)
            connection.sendall(b"data: 2\n\n")


def connect() -> socket.socket:
    """Connect to nginx, which may still be on its way."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return socket.create_connection((HOST, PROXY), LIMIT)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def ask(path: str, *lines: str) -> socket.socket:
    """Send a request, and return the connection on which its answer comes."""
    connection = connect()
    head = "".join(f"{line}\r\n" for line in [f"GET {path} HTTP/1.1", f"Host: {NAME}", *lines])
    connection.sendall(f"{head}\r\n".encode())
    return connection


def until(connection: socket.socket, wanted: bytes) -> bool:
    """Tell whether this comes while nothing else is done."""
    data = b""
    try:
        while wanted not in data and (more := connection.recv(4096)):
            data += more
    except TimeoutError:
        return False
    return wanted in data


def events(service: Service, path: str) -> bool:
    """Tell whether an event comes before the service has sent the next one."""
    service.go_on.clear()
    with ask(path, "Accept: text/event-stream") as connection:
        connection.settimeout(10.0)
        at_once = until(connection, b"data: 1")
        service.go_on.set()
        return at_once and until(connection, b"data: 2")


def websocket(path: str) -> socket.socket | None:
    """Return the connection of a WebSocket, or nothing where there is none."""
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    connection = ask(path, "Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13")
    return connection if until(connection, b"101") else None


def alive(connection: socket.socket | None) -> bool:
    """Tell whether what is sent comes back."""
    if connection is None:
        return False
    with connection:
        try:
            connection.sendall(b"ping")
            return until(connection, b"ping")
        except OSError:
            return False


def wait_an_hour() -> None:
    """Wait, and have nginx look at its clock meanwhile."""
    end = time.monotonic() + HOUR
    while time.monotonic() < end:
        with connect():
            time.sleep(0.05)


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    service = Service()
    (library,) = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    env = {**os.environ, "LD_PRELOAD": library, "FAKETIME": f"+0 x{RATE}"}
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "streams.conf"), "-g", "daemon off;"], env=env)
    try:
        paths = json.loads((folder / "paths.json").read_text())
        at_once = [events(service, path) for path in paths]
        opened = [websocket(path) for path in paths]
        wait_an_hour()
        print(json.dumps([list(each) for each in zip(at_once, map(alive, opened), strict=True)]))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
