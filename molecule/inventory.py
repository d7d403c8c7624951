#!/usr/bin/env python3
# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory of the running scenario: the lab's home servers, each with sites of its own names."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab.recipes import KEEPER


def scenario() -> dict[str, Any]:
    """Return what the lab said when it started; nothing before that."""
    name = os.environ.get("MOLECULE_SCENARIO_NAME", "default").replace("_", "-")
    run = f"{os.environ.get('LAB_RUN') or 'dev'}-{name}"
    path = ROOT / ".cache" / "lab" / run / "scenario.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"machines": {}}


def home_variables(machine: dict[str, str], domain: str, services: dict[str, str]) -> dict[str, Any]:
    """Return the variables of one home server: what its owner would write, and how the lab reaches it.

    `SCENARIO_ECHO` adds a service that reports what it was sent, by two routes.
    """
    zoneminder, jeedom = services["zoneminder"], services["jeedom"]
    routes = [
        {"path": "/constellation/", "app": "constellation", "probe": {"sse": "signalr/connect"}},
        {
            "path": "/zm/",
            "app": "zoneminder",
            "upstream": f"http://{zoneminder}",
            "probe": {"stream": "cgi-bin/nph-zms"},
        },
        {"path": "/jeedom/", "app": "jeedom", "upstream": f"http://{jeedom}"},
    ]
    if os.environ.get("SCENARIO_ECHO"):
        echo = f"http://{jeedom}:8777"
        routes += [
            {"path": "/echo/", "upstream": echo},
            {"path": "/stripped/", "upstream": echo, "prefix": "strip"},
        ]
    camera = {"path": "/", "app": "motioneye", "upstream": f"http://{jeedom}:8765", "probe": {"websocket": "ws"}}
    return {
        "container_name": machine["container"],
        "edge_probe_address": machine["ipv4"],
        "edge_sites": [
            {"server_name": [domain, f"www.{domain}"], "routes": routes},
            {"server_name": f"camera.{domain}", "routes": [camera]},
        ],
    }


def over_ssh(machine: dict[str, str]) -> dict[str, Any]:
    """Return the variables of the way in that an owner has: SSH, as a user whom sudo asks for a password."""
    ssh = scenario()["ssh"]
    return {
        "ansible_connection": "ssh",
        "ansible_host": machine["ipv4"],
        "ansible_become": True,
        "ansible_user": KEEPER,
        "ansible_ssh_private_key_file": ssh["key"],
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={ssh['known_hosts']}",
    }


def inventory() -> dict[str, Any]:
    """Return the inventory in the form of Ansible's script plugin; `SCENARIO_WAY_IN=ssh` is an owner's way in."""
    lab = scenario()
    hosts = {
        name: home_variables(machine, f"{name}.example.org", lab["services"])
        for name, machine in lab["machines"].items()
        if name.startswith("home-")
    }
    if os.environ.get("SCENARIO_WAY_IN") == "ssh":
        for name, variables in hosts.items():
            variables |= over_ssh(lab["machines"][name])
    common = {
        "ansible_connection": "container",
        "ansible_become": False,  # the lab's way in is root's already
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_remote_tmp": "/tmp",  # a folder that is there, so that pipelining does not warn
        "edge_email": "me@example.org",
    }
    sentinels = {
        name: {"container_name": machine["container"]}
        for name, machine in lab["machines"].items()
        if name.startswith("sentinel-")
    }
    if hosts:
        common |= {"edge_acme_server": lab["pebble"]["directory"], "edge_probe_ca_file": lab["pebble"]["root"]}
    groups = {"edge": {"hosts": sorted(hosts), "vars": common}}
    if sentinels:
        groups["constellation_sentinels"] = {"hosts": sorted(sentinels), "vars": common}
    return {**groups, "_meta": {"hostvars": hosts | sentinels}}


if __name__ == "__main__":
    json.dump(inventory(), sys.stdout, indent=2)
