# SPDX-License-Identifier: GPL-3.0-or-later

"""The address under which a sentinel calls its server."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..._dotnet.errors import DotnetError

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class ServerUri:
    """The parts of an address; ``path`` ends in ``/``, which sentinels add where it is missing."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on the sentinel's own host."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def netloc(self) -> str:
        """The host with the port, where that is not the scheme's own, as it stands in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"


def parse_server_uri(text: str) -> ServerUri:
    """Return the parts of an address. Raises DotnetError for what no sentinel could call."""
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:  # a port or an IPv6 address that is none
        port, host = 0, ""
    if not host or port == 0 or parts.scheme not in PORTS or parts.query or parts.fragment or parts.username:
        raise _refusal(text)
    if not re.fullmatch(r"[!-~]+", text):
        raise _refusal(text)
    path = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    return ServerUri(parts.scheme, host, port or PORTS[parts.scheme], path)


def is_same(one: str, other: str) -> bool:
    """Tell whether two addresses lead to the same place, whatever their final slash and the case of the host."""
    try:
        return parse_server_uri(one) == parse_server_uri(other)
    except DotnetError:
        return one == other


def _refusal(text: str) -> DotnetError:
    return DotnetError(
        f"{text!r} is no address of a server: write http:// or https://, a host and the path, as in "
        "https://demo.internal.myconstellation.io/constellation"
    )
