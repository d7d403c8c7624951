# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine with a self-signed certificate, as many devices have, and what hosts hold of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import Home
from lab import recipes
from lab.containers import File

SERVICE = Path(__file__).with_name("nas.py")
FOLDER = "/opt/router"
HELD = "/etc/nginx/constellation-edge"
# As devices make them: for a name that nobody has in DNS, and for nobody's authority.
CERTIFICATE = (
    "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj '/CN=My router' "
    f"-addext basicConstraints=CA:FALSE -keyout {FOLDER}/nas.key -out {FOLDER}/nas.pem"
)


class Router:
    """The machine with the service."""

    def __init__(self, lab: Any, name: str) -> None:
        """Have it under a name of its own, without the service."""
        self._lab, self._name = lab, name
        files = {f"{FOLDER}/nas.py": File(SERVICE.read_bytes())}
        lab.machine(self._name, recipes.services_tag(), command=["sleep", "infinity"], files=files)
        self.address = lab.address(self._name)

    def start(self) -> None:
        """Start the service, with a certificate."""
        self.change()
        self._lab.exec(
            self._name, ["sh", "-c", f"python3 {FOLDER}/nas.py {FOLDER} >/dev/null 2>&1 & echo $! >{FOLDER}/pid"]
        )
        self._lab.wait_port(self._name, 5001)

    def stop(self) -> None:
        """End the service."""
        self._lab.exec(self._name, ["sh", "-c", f"kill $(cat {FOLDER}/pid)"])

    def change(self) -> None:
        """Have the service make a new certificate, as an impostor would."""
        self._lab.exec(self._name, ["sh", "-c", CERTIFICATE])

    @property
    def certificate(self) -> str:
        """What the service shows, in PEM."""
        return str(self._lab.read(self._name, f"{FOLDER}/nas.pem").decode())

    @property
    def fingerprint(self) -> str:
        """What the service's owner reads on the machine itself."""
        shown = self._lab.exec(
            self._name, ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", f"{FOLDER}/nas.pem"]
        )
        return str(shown.out).partition("=")[2].strip().replace(":", "").lower()


def held(home: Home) -> list[str]:
    """Return the fingerprints of the certificates that a host holds."""
    folder = home.host.file(HELD)
    names = [each for each in folder.listdir() if each.startswith("pin-")] if folder.exists else []
    printed = [
        home.host.check_output(f"openssl x509 -noout -fingerprint -sha256 -in {HELD}/{each}") for each in sorted(names)
    ]
    return [each.partition("=")[2].strip().replace(":", "").lower() for each in printed]
