# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks addresses over and over until its standard input ends; prints, for each round, the time and the answers.

Arguments: the seconds from the beginning of one round to that of the next, which waits for its end, then `URL` or
`URL=ADDRESS`, the latter for a name that nobody resolves. An answer is the status, 0 for none, and for such a name,
behind a slash, the beginning of the certificate's SHA-256. Runs on the machines, by `python3 -c`.
"""

from __future__ import annotations

import hashlib
import http.client
import select
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit


class Addressed(http.client.HTTPSConnection):
    """A TLS connection to an address, with the name in the handshake as a browser would send it."""

    def __init__(self, name: str, address: str) -> None:
        """Name the site and where it is."""
        super().__init__(name, timeout=5)
        self.address = address
        self.certificate = "none"

    def connect(self) -> None:
        """Connect to the address."""
        # Whoever reads the answers judges the certificate.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(socket.create_connection((self.address, 443), 5), server_hostname=self.host)
        self.certificate = hashlib.sha256(sock.getpeercert(True) or b"").hexdigest()[:16]
        self.sock = sock


def answer(target: str) -> str:
    """Return what one address answers."""
    url, _equals, address = target.partition("=")
    parts = urlsplit(url)
    name = parts.hostname or ""
    connection = Addressed(name, address) if address else http.client.HTTPConnection(name, parts.port, timeout=5)
    status = 0
    try:
        connection.request("GET", parts.path, headers={"Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    return f"{status}/{connection.certificate}" if isinstance(connection, Addressed) else str(status)


def main() -> None:
    """Ask in rounds; a round's time is that of its beginning."""
    pause, *targets = sys.argv[1:]
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
        due = max(due, time.monotonic() - float(pause)) + float(pause)
        print(time.time(), *map(answer, targets), flush=True)


if __name__ == "__main__":
    main()
