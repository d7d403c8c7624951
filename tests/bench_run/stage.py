# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two equal home servers: site.yml runs on one, the playbook with stock modules on its twin, both over SSH.

Each call of Python on a host goes through a script that writes when it began and ended, so that the time on the host
can be told from that around it. The machines share one clock.
"""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from demo import inventory
from lab.containers import File
from lab.lab import Lab
from tools.checkout import BIN, ROOT, tool_environment

SYSTEM = "debian13"
OURS, TWIN = "ours", "twin"
_HERE = ROOT / "tests" / "bench_run"
_FOLDER = "/opt/bench"
_SERVER = "/opt/constellation-server/Constellation.Server.exe.config"
_PYTHON = """\
#!/bin/sh
begin=$(date +%s.%N)
/usr/bin/python3 "$@"
code=$?
echo "$begin $(date +%s.%N)" >> /opt/bench/calls
exit $code
"""


@dataclass(frozen=True)
class Task:
    """A task of a run: what became of it, its seconds, those of them on the host, and its calls there."""

    name: str
    state: str
    seconds: float
    on_host: float
    calls: int


@dataclass(frozen=True)
class Run:
    """A run of a playbook: the seconds of the whole process, and its tasks."""

    seconds: float
    tasks: list[Task]

    @property
    def calls(self) -> int:
        """How often a module was called on the host."""
        return sum(each.calls for each in self.tasks)

    @property
    def changed(self) -> list[str]:
        """The names of the tasks that changed something."""
        return [each.name for each in self.tasks if each.state == "changed"]


class RunStage:
    """The machines of one run of the bench."""

    def __init__(self, lab: Lab) -> None:
        """Use the lab of a run."""
        self.lab = lab

    def set_up(self) -> None:
        """Start the services, the test CA, and two home servers that have the packages, not set up."""
        self._pebble = self.lab.pebble()
        self._services = self.lab.services()
        for name in (OURS, TWIN):
            self.lab.home(name, SYSTEM, trust=self._pebble, ready=True)
            files = {f"{_FOLDER}/python3": File(_PYTHON.encode(), 0o755), f"{_FOLDER}/calls": File(b"", 0o666)}
            self.lab.put(name, files)
        for name in inventory.NAMES:
            self.lab.dns(name, self.lab.address(OURS))

    def site(self, routes: int) -> Run:
        """Run site.yml with so many routes."""
        sites = inventory.sites(self._services["zoneminder"], self._services["jeedom"], routes - 4)
        for site in sites:
            for route in site["routes"]:
                # How long a stream is looked at is no part of what is compared.
                route.pop("probe", None)
        path = self.lab.folder / "ours.yml"
        inventory.write(path, self._way(OURS), sites, self._pebble, str(self._pebble.root))
        return self._run(OURS, path, ROOT / "playbooks" / "site.yml")

    def stock(self) -> Run:
        """Run the playbook with stock modules on the twin."""
        zoneminder, jeedom = self._services["zoneminder"], self._services["jeedom"]
        routes = [
            {"path": "/constellation/", "upstream": "http://127.0.0.1:8088"},
            {"path": "/zm/", "upstream": f"http://{zoneminder}/zm/"},
            {"path": "/jeedom/", "upstream": f"http://{jeedom}/"},
        ]
        variables = {
            "main": {"name": inventory.MAIN_NAME, "file": "main", "routes": routes},
            "camera": {
                "name": inventory.CAMERA_NAME,
                "file": "camera",
                "routes": [{"path": "/", "upstream": f"http://{jeedom}:8765"}],
            },
            "server_config": _SERVER,
        }
        path = self.lab.folder / "twin.yml"
        content = {"all": {"hosts": {TWIN: self._way(TWIN)}, "vars": variables}}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return self._run(TWIN, path, _HERE / "stock" / "site.yml")

    def _way(self, name: str) -> dict[str, Any]:
        return {**inventory.over_ssh(self.lab, name), "ansible_python_interpreter": f"{_FOLDER}/python3"}

    def _run(self, name: str, hosts: Path, playbook: Path) -> Run:
        """Run a playbook. Raises AssertionError where it fails."""
        self.lab.put(name, {f"{_FOLDER}/calls": File(b"", 0o666)})
        times = self.lab.folder / f"{name}.times"
        times.unlink(missing_ok=True)
        environment = tool_environment(
            ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
            ANSIBLE_CALLBACK_PLUGINS=str(_HERE / "callback"),
            ANSIBLE_CALLBACKS_ENABLED="task_times",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_FORCE_COLOR="0",
            TASK_TIMES=str(times),
        )
        command = [str(BIN / "ansible-playbook"), "-i", str(hosts), str(playbook)]
        begin = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        if done.returncode:
            raise AssertionError(f"{playbook} failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
        calls = [line.split() for line in self.lab.read(name, f"{_FOLDER}/calls").decode().splitlines()]
        return Run(seconds, _tasks(times.read_text(encoding="utf-8"), [(float(a), float(b)) for a, b in calls]))


def _tasks(times: str, calls: list[tuple[float, float]]) -> list[Task]:
    """Return the tasks, each with the calls on the host that began while it ran."""
    found = []
    for line in times.splitlines():
        told = json.loads(line)
        begin, end = told["begin"], told["end"]
        own = [(first, last) for first, last in calls if begin <= first < end]
        on_host = sum(last - first for first, last in own)
        found.append(Task(told["task"], told["state"], end - begin, on_host, len(own)))
    return found
