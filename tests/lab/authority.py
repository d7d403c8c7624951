# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pebble, the test certificate authority, as the lab sees it from outside its container."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.containers import File
from lab.paths import STANDINS

FOLDER = "/opt/pebble"
COMMAND = ("/bin/sh", f"{FOLDER}/pebble.sh")
TIMEOUT = 5.0


def files(validity: int) -> dict[str, File]:
    """Return the files that a container needs to run Pebble.

    Args:
        validity: seconds that a certificate lives.

    """
    settings = json.loads((STANDINS / "pebble.json").read_text(encoding="ascii"))
    settings["pebble"]["certificateValidityPeriod"] = validity
    return {
        f"{FOLDER}/pebble.sh": File((STANDINS / "pebble.sh").read_bytes(), 0o755),
        f"{FOLDER}/config.json": File(json.dumps(settings).encode()),
    }


@dataclass(frozen=True)
class Pebble:
    """A running Pebble."""

    address: str
    transport_ca: Path
    """The certificate that clients of the ACME server must trust."""
    root: Path
    """The certificate that clients of the sites must trust; Pebble makes a new one at each start."""

    @property
    def directory(self) -> str:
        """The URL of its ACME directory."""
        return f"https://{self.address}:14000/dir"

    @property
    def management(self) -> str:
        """The URL of the management of its DNS server."""
        return f"http://{self.address}:8055"

    def answers(self) -> bool:
        """Tell whether the directory is served to a client that trusts the transport CA; keeps the root then."""
        with contextlib.suppress(OSError, urllib.error.URLError):
            self._get(self.directory)
            self.root.write_bytes(self._get(f"https://{self.address}:15000/roots/0"))
            return True
        return False

    def set_name(self, name: str, addresses: list[str]) -> None:
        """Make a name resolve to these addresses alone, for the validation of challenges.

        Args:
            name: a host name.
            addresses: IPv4 and IPv6 addresses; none: the name does not resolve.

        """
        host = name.rstrip(".") + "."
        for record, version in (("a", 4), ("aaaa", 6)):
            wanted = [one for one in addresses if ipaddress.ip_address(one).version == version]
            self._post(f"clear-{record}", {"host": host})
            if wanted:
                self._post(f"add-{record}", {"host": host, "addresses": wanted})

    def _get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=str(self.transport_ca))
        with urllib.request.urlopen(url, timeout=TIMEOUT, context=context) as answer:  # noqa: S310 - our own container
            return bytes(answer.read())

    def _post(self, action: str, data: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{self.management}/{action}", data=json.dumps(data).encode())  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - our own container
            answer.read()
