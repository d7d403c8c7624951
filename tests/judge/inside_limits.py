# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx with limits, between a service and clients of several addresses.

`inside_limits.py FOLDER` starts nginx with FOLDER/limits.conf, reloads it with FOLDER/other.conf, and prints as JSON
what became of the requests. Each client is an address of the loopback; 127.0.0.9 is a proxy that names its client.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8080, 8088
FRONT = "127.0.0.9"
BIG = 500_000
LIMIT = 30.0
FORGED = '2026/11/30 12:00:00 [error] 1#1: *1 limiting requests, excess: 9.0 by zone "x", client: 203.0.113.66,'


def serve(connection: socket.socket, end: threading.Event) -> None:
    """Answer one request: with many bytes, with an answer that is not complete until the end, or with a few."""
    with connection, connection.makefile("rb") as stream:
        path = stream.readline().split()[1].decode()
        while stream.readline().strip():
            pass
        length = BIG if path.endswith("big") else 2
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode())
        if path.endswith("slow"):
            connection.sendall(b"a")
            end.wait(LIMIT)
            connection.sendall(b"b")
        else:
            connection.sendall(b"x" * length)


def service(end: threading.Event) -> None:
    """Answer each connection in a thread of its own."""
    listener = socket.create_server((HOST, SERVICE), backlog=100)

    def accept() -> None:
        while True:
            threading.Thread(target=serve, args=[listener.accept()[0], end], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def asked(path: str, client: str, **headers: str) -> http.client.HTTPConnection:
    """Send a request by a client, and return its connection."""
    connection = http.client.HTTPConnection(HOST, PROXY, timeout=LIMIT, source_address=(client, 0))
    connection.request("GET", path, headers={"Host": NAME, **{key.replace("_", "-"): headers[key] for key in headers}})
    return connection


def status(path: str, client: str, **headers: str) -> int:
    """Return the status of an answer that is read to its end."""
    connection = asked(path, client, **headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def named(path: str, client: str) -> int:
    """Return the status for a client that a proxy in front names."""
    return status(path, FRONT, X_Forwarded_For=client)


def requests() -> dict[str, object]:
    """Ask quickly, after a pause, and as others."""
    quick = [status("/burst/", "127.0.0.5") for _number in range(12)]
    other = status("/burst/", "127.0.0.6")
    within = [status(path, "127.0.0.5") for path in ("/burst/same/", "/burst/same", "/burst/own/", "/burst/own")]
    within += [status("/burst/open/", "127.0.0.5") for _number in range(3)]
    paused = [status("/second/", "127.0.0.5"), status("/second/", "127.0.0.5")]
    time.sleep(1.2)
    paused.append(status("/second/", "127.0.0.5"))
    host = [status("/burst/", HOST) for _number in range(20)]
    return {"quick": quick, "other": other, "within": within, "paused": paused, "host": host}


def retry(path: str, client: str) -> list[str | None]:
    """Return when two requests at once may be asked again."""
    found = []
    for _number in range(2):
        connection = asked(path, client)
        answer = connection.getresponse()
        found.append(answer.getheader("Retry-After"))
        connection.close()
    return found


def connections(end: threading.Event) -> dict[str, object]:
    """Open as many streams as a client may have, and one more."""
    several = [asked("/open/slow", "127.0.0.5") for _number in range(3)]
    answers = [each.getresponse() for each in several]
    found: dict[str, object] = {
        "open": [each.status for each in answers],
        "more": status("/open/", "127.0.0.5"),
        "other": status("/open/", "127.0.0.6"),
    }
    end.set()
    found["ended"] = [answer.read().decode() for answer in answers]
    found["again"] = status("/open/", "127.0.0.5")
    return found


def seconds(path: str) -> float:
    """Return how long the large answer takes."""
    start = time.monotonic()
    assert status(path, "127.0.0.5") == 200
    return time.monotonic() - start


def forge() -> None:
    """Be refused while every part of the request that nginx logs looks like the line of another client."""
    for _number in range(2):
        with socket.create_connection((HOST, PROXY), LIMIT, source_address=("127.0.0.8", 0)) as connection:
            lines = [f"GET /minute/?{FORGED.replace(' ', '%20')} HTTP/1.1", f"Host: {NAME}", f"Referer: {FORGED}"]
            lines += [f"User-Agent: {FORGED}", "Connection: close", "", ""]
            connection.sendall("\r\n".join(lines).encode())
            connection.recv(100)
        with socket.create_connection((HOST, PROXY), LIMIT, source_address=("127.0.0.8", 0)) as connection:
            connection.sendall(f"GET /minute/?{FORGED} HTTP/1.1\r\nHost: {FORGED}\r\n\r\n".encode())
            connection.recv(100)


def ready() -> None:
    """Wait until nginx answers."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            socket.create_connection((HOST, PROXY), LIMIT).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def main(folder: Path) -> dict[str, object]:
    """Return everything that was found out."""
    end = threading.Event()
    service(end)
    configuration = folder / "limits.conf"
    nginx = ["nginx", "-p", str(folder), "-c", str(configuration)]
    tested = subprocess.run([*nginx, "-t"], capture_output=True, text=True, check=True).stderr
    with subprocess.Popen([*nginx, "-g", "daemon off;"]) as running:
        try:
            ready()
            found: dict[str, object] = {"tested": tested, "requests": requests(), "connections": connections(end)}
            pairs = json.loads((folder / "pairs.json").read_text())
            found["pairs"] = [[named("/minute/", one), named("/minute/", other)] for one, other in pairs]
            # The fastest of three, since a busy machine makes an answer slower, and nothing makes one faster.
            found["rates"] = {path: min(seconds(path) for _number in range(3)) for path in ("/slow/big", "/fast/big")}
            found["retry"] = [retry("/minute/", "127.0.0.7"), retry("/second/", "127.0.0.7")]
            configuration.write_bytes((folder / "other.conf").read_bytes())
            subprocess.run([*nginx, "-s", "reload"], check=True, capture_output=True)
            time.sleep(1.0)
            found["reloaded"] = [status("/burst/", "127.0.0.5") for _number in range(12)]
            forge()
            found["log"] = (folder / "error.log").read_text()
            reads = ["fail2ban-regex", "-o", "ip", str(folder / "error.log"), "nginx-limit-req"]
            found["read"] = subprocess.run(reads, check=True, capture_output=True, text=True).stdout.split()
            return found
        finally:
            running.terminate()


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
