# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks addresses over and over until its standard input ends; prints, for each round, the time and the statuses.

Arguments: `URL` or `URL=ADDRESS`, the latter for a name that nobody resolves. Runs on the machines, by `python3 -c`.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit

PAUSE = 0.02


class Addressed(http.client.HTTPSConnection):
    """A TLS connection to an address, with the name in the handshake as a browser would send it."""

    def __init__(self, name: str, address: str) -> None:
        """Name the site and where it is."""
        super().__init__(name, timeout=5)
        self.address = address

    def connect(self) -> None:
        """Connect to the address."""
        # Which certificate is served is not the question here.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(socket.create_connection((self.address, 443), 5), server_hostname=self.host)


def status(target: str) -> int:
    """Return the status of an address, 0 for none."""
    url, _equals, address = target.partition("=")
    parts = urlsplit(url)
    name = parts.hostname or ""
    plain = http.client.HTTPConnection(name, parts.port, timeout=5)
    connection = Addressed(name, address) if address else plain
    try:
        connection.request("GET", parts.path, headers={"Connection": "close"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def main() -> None:
    """Ask in rounds; a round's time is that of its beginning."""
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        began = time.time()
        print(began, *(status(target) for target in sys.argv[1:]), flush=True)


if __name__ == "__main__":
    main()
