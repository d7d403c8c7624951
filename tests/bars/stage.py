# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where judging takes place: home servers as site.yml leaves them, and a machine beside them that asks from outside."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.cli import scenario
from lab.containers import Done, File
from lab.lab import Lab
from tools.checkout import BIN, CACHE, ROOT, tool_environment

from bars import image

SCENARIO = "bars"
JUDGE_MACHINE = "judge"
# Pebble's root certificate, on the machine that judges.
ROOT_FILE = "/etc/pebble-root.pem"
PYTHON = CACHE / "bars-venv" / "bin"
# Of each home server: the site with the three routes below one another, its second name, and the camera's.
PREFIXES = ("", "www.", "camera.")


class BarsError(Exception):
    """The stage could not be set; the text says why."""


@dataclass(frozen=True)
class Host:
    """A home server that was converged.

    `domain` is the site with routes below a path, which answers 404 at its root. `camera` is the site with a service
    at its root.
    """

    lab: Lab
    name: str
    system: str
    address: str

    @property
    def domain(self) -> str:
        """The name of the first site, by the inventory of the scenarios."""
        return f"{self.name}.example.org"

    @property
    def camera(self) -> str:
        """The name of the second site."""
        return f"camera.{self.domain}"

    @property
    def root(self) -> Path:
        """Where the controller has the root certificate of the test CA."""
        return self.lab.folder / "pebble-root.pem"

    def sh(self, command: str, *, check: bool = True) -> Done:
        """Run a shell command on the host as root. Raises LabError when it fails and `check` is set."""
        return self.lab.exec(self.name, ["/bin/bash", "-c", command], check=check)

    def ask(self, command: str, *, check: bool = True) -> Done:
        """Run a shell command on the machine that judges."""
        return self.lab.exec(JUDGE_MACHINE, ["/bin/bash", "-c", command], check=check)

    @functools.cached_property
    def configuration(self) -> str:
        """What `nginx -T` prints: every file that nginx reads, each after a comment with its path."""
        return self.sh("nginx -T 2>/dev/null").out


class Stage:
    """One run of the lab. As a context manager it removes everything at the end."""

    def __init__(self, systems: Sequence[str]) -> None:
        """Prepare a run with a home server of each of these systems."""
        self.systems = systems
        self.prefix = os.environ.get("LAB_RUN") or "dev"
        self.lab = Lab(f"{self.prefix}-{SCENARIO}")

    def __enter__(self) -> Stage:
        """Start the machines and run site.yml. Raises BarsError when that fails; nothing stays then."""
        try:
            self._bring_up()
            self._converge()
        except BaseException:
            self.lab.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove everything."""
        self.lab.down()

    @property
    def hosts(self) -> list[Host]:
        """The home servers, in the order of their systems."""
        return [Host(self.lab, f"home-{name}", name, self.lab.address(f"home-{name}")) for name in self.systems]

    def _bring_up(self) -> None:
        self.lab.down()
        judges = image.ensure(self.lab.images)
        started = scenario(
            Namespace(run=self.lab.run_id, system=self.systems, sentinel=True, no_services=False, ready=True)
        )
        (self.lab.folder / "scenario.json").write_text(json.dumps(started), encoding="utf-8")
        lines = []
        for host in self.hosts:
            for prefix in PREFIXES:
                self.lab.dns(prefix + host.domain, host.address, self.lab.address(host.name, 6))
                lines.append(f"{host.address} {prefix}{host.domain}")
        self.lab.machine(JUDGE_MACHINE, judges, command=["sleep", "infinity"])
        self.lab.put(JUDGE_MACHINE, {ROOT_FILE: File((self.lab.folder / "pebble-root.pem").read_bytes())})
        # Docker has put this file over the image's: it can be written to, and not replaced.
        hosts_file = "\n".join(lines)
        self.lab.exec(JUDGE_MACHINE, ["/bin/sh", "-ec", f"echo '{hosts_file}' >> /etc/hosts"])

    def _converge(self) -> None:
        """Run site.yml with the inventory that the Molecule scenarios have."""
        command = [str(BIN / "ansible-playbook"), "-i", "molecule/inventory.py", "playbooks/site.yml"]
        environment = tool_environment(
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_CONNECTION_PLUGINS=str(ROOT / "molecule/plugins/connection"),
            LAB_RUN=self.prefix,
            MOLECULE_SCENARIO_NAME=SCENARIO,
        )
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BarsError(f"site.yml failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
