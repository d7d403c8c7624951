# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: a service of two threads behind nginx, and fifty clients that read slowly.

`inside_slow.py FOLDER` starts nginx with FOLDER/slow.conf and prints, as JSON, for each path and size of
FOLDER/trials.json the seconds after which each of ten other requests was answered while the fifty read; LIMIT, where
it was not.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8080, 8088
READERS, THREADS, OTHERS = 50, 2, 10
# Bytes that a slow client reads, and the pause behind them: 10 KiB a second, as far from a mast.
PIECE, PAUSE = 2048, 0.2
LIMIT = 10.0


class Service:
    """Answers with as many bytes as its path says, two requests at a time."""

    def __init__(self) -> None:
        """Listen; the threads end with the program."""
        self.listener = socket.create_server((HOST, SERVICE), backlog=1024)
        for _number in range(THREADS):
            threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _address = self.listener.accept()
            with connection, connection.makefile("rb") as stream:
                lines = list(iter(lambda: stream.readline().strip(), b""))
                if not lines:
                    continue
                size = int(lines[0].split()[1].rpartition(b"/")[2])
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()
                try:
                    connection.sendall(head + b"x" * size)
                except OSError:
                    continue


def ask(path: str, receives: int = 0) -> socket.socket:
    """Send a request; `receives` bounds what the kernel takes for the client."""
    connection = socket.socket()
    if receives:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.settimeout(LIMIT)
    connection.connect((HOST, PROXY))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
    return connection


def read_slowly(path: str, end: threading.Event) -> None:
    """Read an answer piece by piece until it, or the trial, ends."""
    try:
        with ask(path, PIECE) as connection:
            while not end.wait(PAUSE) and connection.recv(PIECE):
                pass
    except OSError:
        return


def seconds(path: str) -> float:
    """Return how long a small answer takes."""
    begun = time.monotonic()
    try:
        with ask(path) as connection:
            while connection.recv(4096):
                pass
    except TimeoutError:
        return LIMIT
    return time.monotonic() - begun


def trial(path: str, size: int) -> list[float]:
    """Ask beside the slow readers."""
    end = threading.Event()
    with ThreadPoolExecutor(READERS) as pool:
        for _number in range(READERS):
            pool.submit(read_slowly, f"{path}{size}", end)
        time.sleep(1.0)
        found = [seconds(f"{path}10") for _number in range(OTHERS)]
        end.set()
    return found


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    Service()
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "slow.conf"), "-g", "daemon off;"])
    try:
        time.sleep(1.0)
        print(json.dumps([trial(path, size) for path, size in json.loads((folder / "trials.json").read_text())]))
    finally:
        nginx.terminate()
        nginx.wait(60)


if __name__ == "__main__":
    main()
