# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the first task of every playbook costs the controller in a fleet, beside `ping` on the same hosts.

The hosts answer at once (`connection/canned.py`). What is measured is the processor time of `ansible-playbook` with all
its workers, once for each size: it reads the inventory, validates the sites and derives the plan of every host.
"""

from __future__ import annotations

import json
import resource
import subprocess
from pathlib import Path
from typing import Any

from tools.checkout import BIN, ROOT, tool_environment

SIZES = (10, 100, 1000)
_PLAN = ROOT / "playbooks" / "tasks" / "plan.yml"
_TASKS: dict[str, dict[str, Any]] = {
    "edge_plan": {"ansible.builtin.import_tasks": str(_PLAN)},
    "ping": {"ansible.builtin.ping": None},
}


def seconds(folder: Path, task: str, hosts: int) -> float:
    """Return the processor time of one task on so many hosts.

    Args:
        folder: where inventory and playbook are written.
        task: `edge_plan` or `ping`.
        hosts: how many home servers the inventory has.

    """
    inventory, playbook = folder / f"fleet-{hosts}.json", folder / f"fleet-{task}.json"
    inventory.write_text(json.dumps(_inventory(hosts)), encoding="utf-8")
    play = {"hosts": "edge", "gather_facts": False, "tasks": [{"name": "Measure", **_TASKS[task]}]}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    env = tool_environment(
        ANSIBLE_CONNECTION_PLUGINS=str(Path(__file__).with_name("connection")), ANSIBLE_INVENTORY_ENABLED="yaml"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [str(BIN / "ansible-playbook"), "-i", str(inventory), str(playbook)]
    subprocess.run(argv, check=True, capture_output=True, text=True, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _inventory(hosts: int) -> dict[str, Any]:
    """Return an inventory of home servers, each with a site of three routes."""
    return {
        "edge": {
            "hosts": {f"home{number}": _home(number) for number in range(hosts)},
            "vars": {
                "ansible_connection": "canned",
                "ansible_python_interpreter": "/usr/bin/python3",
                "ansible_remote_tmp": "/tmp",
                "edge_email": "me@example.org",
            },
        }
    }


def _home(number: int) -> dict[str, Any]:
    routes = [
        {"path": "/constellation/", "app": "constellation"},
        {"path": "/zm/", "app": "zoneminder", "upstream": "http://192.168.0.10"},
        {"path": "/jeedom/", "app": "jeedom", "upstream": "http://192.168.0.11"},
    ]
    return {
        "ansible_host": f"10.{number // 250}.{number % 250}.1",
        "edge_sites": [{"server_name": f"home{number}.example.org", "routes": routes}],
    }
