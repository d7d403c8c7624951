# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""site.yml against a trial's host, by the way into a container that the Molecule scenarios use."""

from __future__ import annotations

import json
import subprocess

from lab.authority import Pebble
from lab.containers import Done
from tools.checkout import BIN, ROOT, tool_environment

from chaos.declared import Sites
from chaos.stage import Stage

CONNECTION = ROOT / "molecule" / "plugins" / "connection"


class Playbook:
    """Runs the playbook on one host."""

    def __init__(self, bench: Stage, machine: str, pebble: Pebble) -> None:
        """Take a machine, and the CA that its certificates come from."""
        self._machine = machine
        self._lab = bench.lab
        self._inventory = bench.lab.folder / f"{machine}.json"
        self._variables = {
            "ansible_connection": "container",
            "ansible_become": False,
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_remote_tmp": "/tmp",
            "container_name": bench.lab.container_name(machine),
            "edge_acme_server": pebble.directory,
            "edge_probe_address": bench.lab.address(machine),
            "edge_probe_ca_file": str(pebble.root),
        }

    def site(self, sites: Sites) -> Done:
        """Run site.yml with these sites; return its exit code and what it said."""
        hosts = {self._machine: {**self._variables, "edge_sites": sites}}
        self._inventory.write_text(json.dumps({"edge": {"hosts": hosts}}), encoding="utf-8")
        environment = tool_environment(
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_CONNECTION_PLUGINS=str(CONNECTION),
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_FORCE_COLOR="0",
        )
        command = [str(BIN / "ansible-playbook"), "-i", str(self._inventory), str(ROOT / "playbooks" / "site.yml")]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)
