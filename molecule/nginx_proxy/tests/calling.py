# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that speak gRPC, their routes after docs/guides/routes.md, and calls from another machine through HTTPS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import ROOT_CA, Client, Home
from guide import BLOCKS
from lab import recipes
from lab.containers import File

HERE = Path(__file__).parent
FOLDER = "/opt/grpc"
MACHINE = "speaker"
PORTS = {"plain": 50051, "tls": 50052}
CERTIFICATE = (
    "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 30 -subj /CN=speaker "
    f"-addext subjectAltName=DNS:speaker -keyout {FOLDER}/key.pem -out {FOLDER}/cert.pem"
)
#: what a client may not say: what is emptied, and for what it is refused
EMPTIED = [["x-forwarded-for", "lie"], ["x-real-ip", "lie"], ["cf-connecting-ip", "lie"]]
REFUSED = [["remote-user", "lie"], ["x-script-name", "lie"]]
Answer = tuple[str, list[Any], list[float]]


class Speaker:
    """The machine with the services."""

    def __init__(self, lab: Any, client: Client, folder: Path) -> None:
        """Start both services; the client learns to call them, and the folder gets the certificate of one."""
        self._lab = lab
        lab.put(client.name, {f"{FOLDER}/caller.py": File((HERE / "caller.py").read_bytes())})
        files = {f"{FOLDER}/speaker.py": File((HERE / "speaker.py").read_bytes())}
        lab.machine(MACHINE, recipes.services_tag(), command=["sleep", "infinity"], files=files)
        lab.exec(MACHINE, ["sh", "-c", f"test -e {FOLDER}/cert.pem || {CERTIFICATE}"])
        for name in PORTS:
            self.start(name)
        self.address = lab.address(MACHINE)
        self.certificate = folder / "speaker.pem"
        self.certificate.write_bytes(lab.read(MACHINE, f"{FOLDER}/cert.pem"))

    def start(self, name: str) -> None:
        """Start one."""
        folder = FOLDER if name == "tls" else ""
        command = f"python3 {FOLDER}/speaker.py {name} {PORTS[name]} {folder} >/dev/null 2>&1"
        self._lab.exec(MACHINE, ["sh", "-c", f"{command} & echo $! >{FOLDER}/{name}.pid"])
        self._lab.wait_port(MACHINE, PORTS[name])

    def stop(self, name: str) -> None:
        """End one."""
        self._lab.exec(MACHINE, ["sh", "-c", f"kill $(cat {FOLDER}/{name}.pid)"])


def routes(speaker: Speaker) -> list[dict[str, Any]]:
    """Return the guide's route in front of the services, and routes whose service is told no prefix."""
    ((_page, service),) = (
        site["routes"]
        for block in BLOCKS
        for site in block
        if any(str(route.get("upstream")).startswith("grpc:") for route in site.get("routes", ()))
    )
    plain = f"grpc://{speaker.address}:{PORTS['plain']}"
    checked = {"verify": str(speaker.certificate), "name": MACHINE}
    tls = {"upstream": f"grpcs://{speaker.address}:{PORTS['tls']}", "upstream_tls": checked}
    return [
        {**service, "path": "/edge.Lab/", "upstream": plain},
        {"path": "/below/", "upstream": plain, "prefix": "strip"},
        {"path": "/tls/", "prefix": "strip", **tls},
    ]


def called(client: Client, home: Home, method: str, *headers: list[str]) -> Answer:
    """Return the gRPC status of a call, the messages that came, and when."""
    words = ("python3", f"{FOLDER}/caller.py", home.ipv4, home.domain, ROOT_CA, method, json.dumps(headers))
    found: Answer = tuple(json.loads(client.host.check_output(" ".join(["%s"] * len(words)), *words)))
    return found
