# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the clients share: a connection to one URL at a given address, and when to stop."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

# What a client is told when a connection of its own is closed under it.
CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)


@dataclass(frozen=True)
class Stop:
    """A file whose appearance ends a client."""

    path: str

    @property
    def asked(self) -> bool:
        """Whether it is there."""
        return os.path.exists(self.path)


@dataclass(frozen=True)
class Place:
    """A URL, and the address where it is asked for."""

    url: str
    address: str
    timeout: float = 5.0

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)

    @property
    def path(self) -> str:
        """What the request line names."""
        return (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")

    @property
    def host(self) -> str:
        """What the Host header names."""
        return self.parts.netloc

    def connect(self) -> http.client.HTTPConnection:
        """Return an open connection; any certificate will do."""
        secure = self.parts.scheme == "https"
        port = self.parts.port or (443 if secure else 80)
        connection = http.client.HTTPConnection(self.address, port, timeout=self.timeout)
        connected = socket.create_connection((self.address, port), timeout=self.timeout)
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock = (
                _tls().wrap_socket(connected, server_hostname=self.parts.hostname) if secure else connected
            )
        except BaseException:
            connected.close()
            raise
        # A request over a closed connection is to fail, not to open another one by itself.
        connection.auto_open = 0
        return connection


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
