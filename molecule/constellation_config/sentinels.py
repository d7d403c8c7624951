# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, for each system of a run, a machine with nothing but a sentinel, which calls the first home by port 8088.

The system there trusts the test CA, Mono does not: as where `ca-certificates-mono` is not installed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab import recipes
from lab.constellation import program_files
from lab.containers import File
from lab.lab import TRUSTED, Lab
from lab.paths import run_folder

PROGRAM = "Constellation.Sentinel.exe"


def start(lab: Lab, name: str, system: str, home: str, address: str, root: bytes) -> None:
    """Start one machine, whose network names the home's public names."""
    files = program_files("sentinel", lab.images.program(PROGRAM))
    config = f"/opt/constellation-sentinel/{PROGRAM}.config"
    old = files[config]
    files[config] = File(old.content.replace(b"127.0.0.1:8088", f"{home}:8088".encode()), old.mode)
    files[f"{TRUSTED}/constellation-edge-lab-root.crt"] = File(root)
    lab.machine(name, recipes.runtime_tag(system), files=files)
    lab.exec(name, ["update-ca-certificates", "--hooksdir", "/nonexistent"])
    names = f"{address} {home}.example.org www.{home}.example.org\n"
    lab.exec(name, ["/bin/sh", "-ec", f"printf %s '{names}' >> /etc/hosts; supervisorctl update"])


def main() -> None:
    """Add the machines to what is known of the run."""
    lab = Lab(sys.argv[1])
    place = run_folder(lab.run_id) / "scenario.json"
    known = json.loads(place.read_text(encoding="utf-8"))
    homes = sorted(name for name in known["machines"] if name.startswith("home-"))
    root = Path(known["pebble"]["root"]).read_bytes()
    for home in homes:
        system = home.partition("-")[2]
        name = f"sentinel-{system}"
        start(lab, name, system, homes[0], known["machines"][homes[0]]["ipv4"], root)
        known["machines"][name] = {
            "container": lab.container_name(name),
            "ipv4": lab.address(name),
            "ipv6": lab.address(name, 6),
        }
    place.write_text(json.dumps(known), encoding="utf-8")


if __name__ == "__main__":
    main()
