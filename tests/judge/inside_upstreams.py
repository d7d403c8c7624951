# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs inside a judge's container: nginx in front of a back end that shows what it got, and a DNS server.

`inside_upstreams.py FOLDER` starts nginx with FOLDER/upstreams.conf, sends each request of FOLDER/requests.json to its
port and prints, as JSON, the back end's view of each (null where it was not asked), nginx's status and its Location.
"""

from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST = "127.0.0.1"
SOCKET = "/run/back-end.sock"
PROXY, BACK_END, DNS = 8080, 8088, 53
LIMIT = 20.0


class BackEnd(socketserver.StreamRequestHandler):
    """Keeps the head of the request, and answers with the Location that it asks for."""

    timeout = LIMIT
    heads: list[str] = []  # noqa: RUF012 - one for the process

    def handle(self) -> None:
        """Answer one request."""
        head = read_head(self.connection)
        self.heads.append(head)
        wanted = [line[len("X-Location: ") :] for line in head.split("\r\n") if line.startswith("X-Location: ")]
        status = f"302 Found\r\nLocation: {wanted[0]}" if wanted else "200 OK"
        self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))


class Server(socketserver.ThreadingTCPServer):
    """A back end that may start at once again."""

    allow_reuse_address = True
    daemon_threads = True


class Socket(socketserver.ThreadingUnixStreamServer):
    """The same back end on a Unix socket, to which everybody may connect."""

    daemon_threads = True


class Names(socketserver.BaseRequestHandler):
    """Every name has one address, for no time at all; nothing has an IPv6 address."""

    def handle(self) -> None:
        """Answer one question."""
        data, endpoint = self.request
        end = data.index(b"\0", 12) + 5
        is_a = data[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1" + bytes(4) + b"\0\4" + socket.inet_aton(HOST)
        head = data[:2] + b"\x84\0\0\1" + (b"\0\1" if is_a else b"\0\0") + bytes(4)
        endpoint.sendto(head + data[12:end] + (record if is_a else b""), self.client_address)


def read_head(connection: socket.socket) -> str:
    """Return everything until the empty line, or until the other side closes."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            break
        data += more
    return data.decode("latin-1")


def ask(target: str, location: str | None) -> dict[str, str | None]:
    """Send one request as it is; the first ones may come before nginx has asked for the name."""
    end = time.monotonic() + LIMIT
    while True:
        BackEnd.heads.clear()
        try:
            with socket.create_connection((HOST, PROXY), LIMIT) as connection:
                wanted = f"X-Location: {location}\r\n" if location else ""
                head = f"GET {target} HTTP/1.1\r\nHost: public.example.org\r\n{wanted}Connection: close\r\n\r\n"
                connection.sendall(head.encode("latin-1"))
                answer = read_head(connection)
        except ConnectionRefusedError:
            answer = ""
        if answer and " 502 " not in answer.split("\r\n")[0]:
            lines = answer.split("\r\n")
            location = next((line for line in lines if line.startswith("Location: ")), None)
            return {"got": BackEnd.heads[0] if BackEnd.heads else None, "status": lines[0], "location": location}
        if time.monotonic() > end:
            raise TimeoutError(f"{target}: {answer}")
        time.sleep(0.02)


def main() -> None:
    """Do what the command line says."""
    folder = Path(sys.argv[1])
    Path(SOCKET).unlink(missing_ok=True)
    servers = [
        Server((HOST, BACK_END), BackEnd),
        Socket(SOCKET, BackEnd),
        socketserver.ThreadingUDPServer((HOST, DNS), Names),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    Path(SOCKET).chmod(0o666)
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "upstreams.conf"), "-g", "daemon off;"])
    try:
        print(json.dumps([ask(*each) for each in json.loads((folder / "requests.json").read_text())]))
    finally:
        nginx.terminate()
        nginx.wait(LIMIT)


if __name__ == "__main__":
    main()
