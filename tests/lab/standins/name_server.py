# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS server of a LAN, as a router runs it: `name_server.py FILE` knows the names in FILE and passes the rest on.

FILE is JSON, name to IPv4 addresses, and is read again for each question; nothing has an IPv6 address.
"""

from __future__ import annotations

import json
import socket
import socketserver
import sys
from pathlib import Path

# Docker's own.
NEXT = ("127.0.0.11", 53)
OWN_DOMAIN = ".home.test"
# Long, so that only nginx's own settings can make it ask again.
LIFETIME = (3600).to_bytes(4, "big")


class Server(socketserver.BaseRequestHandler):
    """Answers one question."""

    def handle(self) -> None:
        """Answer from the file, or with what the next server says."""
        data, endpoint = self.request
        endpoint.sendto(self.answer(data), self.client_address)

    def answer(self, data: bytes) -> bytes:
        """Return the answer to a question."""
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("ascii"))
            at += 1 + data[at]
        name = ".".join(labels).lower()
        names = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        if name not in names and not f".{name}".endswith(OWN_DOMAIN) and "." in name:
            return self.passed_on(data)
        addresses = names.get(name, []) if data[at + 1 : at + 3] == b"\0\1" else []
        records = b"".join(b"\xc0\x0c\0\1\0\1" + LIFETIME + b"\0\4" + socket.inet_aton(each) for each in addresses)
        code = b"\x81\x80" if name in names else b"\x81\x83"
        return data[:2] + code + b"\0\1" + len(addresses).to_bytes(2, "big") + bytes(4) + data[12 : at + 5] + records

    def passed_on(self, data: bytes) -> bytes:
        """Return what the next server answers."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
            endpoint.settimeout(5)
            endpoint.sendto(data, NEXT)
            return endpoint.recv(65535)


class Threads(socketserver.ThreadingUDPServer):
    """A question that waits keeps no other one waiting."""

    max_packet_size = 65535
    daemon_threads = True


if __name__ == "__main__":
    Threads(("0.0.0.0", 53), Server).serve_forever()  # noqa: S104 - a container of its own
