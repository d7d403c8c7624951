# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where trials take place: lab machines of one run, with the collection's modules on them."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
from collections.abc import Sequence
from typing import Any

from docker.errors import NotFound
from lab.containers import Done, File
from lab.lab import Lab

from chaos import image, modules

SYSTEM = "debian13"
# What a host gets.
MODULES = ("certbot_certificate", "edge_preflight", "nginx_site", "nginx_reload", "nginx_service")


class Stage:
    """The machines of one run; removed at its end, in any case.

    `lab` is the lab's own interface, for stand-ins, the test CA and its DNS. Trials name their machines so that no two
    trials share one, and remove them with `drop`.
    """

    def __init__(self, lab: Lab) -> None:
        """Use the lab of a run."""
        self.lab = lab

    def host(self, name: str, system: str = SYSTEM) -> str:
        """Start a server on which nginx runs, with our modules in `/opt/chaos`; return its address.

        `nginx_service` has set up the unit's drop-in and the recovery before nginx, and nginx was started anew with it.
        """
        self.lab.machine(name, image.ensure(self.lab.images, system), files=self._files)
        self.sh(name, f"python3 -m compileall -q {modules.HOME}; systemctl is-active nginx || systemctl start nginx")
        self.module(name, "nginx_service", {})
        self.sh(name, "systemctl restart nginx")
        return self.lab.address(name)

    def ship(self, name: str, names: Sequence[str]) -> None:
        """Put further modules on a host, beside those that every host has."""
        self.lab.put(name, modules.unpacked(modules.shipped(names)))

    def client(self, name: str) -> str:
        """Start a machine without our modules, with wrk and Python; return its address."""
        self.lab.machine(name, image.ensure(self.lab.images, SYSTEM), command=["sleep", "infinity"])
        return self.lab.address(name)

    def sh(self, name: str, command: str, *, check: bool = True) -> Done:
        """Run a shell command on a machine as root. Raises LabError when it fails and `check` is set."""
        return self.lab.exec(name, ["/bin/bash", "-c", command], check=check)

    def put(self, name: str, files: dict[str, bytes]) -> None:
        """Put files on a machine; not below /run or /tmp."""
        self.lab.put(name, {path: File(content) for path, content in files.items()})

    def module(self, name: str, module: str, arguments: dict[str, Any], *, check: bool = True) -> dict[str, Any]:
        """Run a module of the collection on a machine, and return its answer.

        With `check`, raises AssertionError where the module failed.
        """
        self.put(name, {f"{modules.HOME}/arguments.json": json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()})
        command = f"python3 -I -B {modules.HOME}/inside/run.py {module} < {modules.HOME}/arguments.json"
        done = self.sh(name, command, check=False)
        if not done.out.lstrip().startswith("{"):
            raise AssertionError(f"{name}: {module} ended with {done.code}: {done.err[-800:]}")
        answer = dict(json.loads(done.out))
        if check and answer.get("failed"):
            raise AssertionError(f"{name}: {module}: {answer.get('msg')}")
        return answer

    def get(self, name: str, host: str, path: str = "/", *, port: int = 80, timeout: float = 5.0) -> tuple[int, bytes]:
        """Ask a machine over HTTP, as a client would; return status and body. Raises OSError."""
        connection = http.client.HTTPConnection(self.lab.address(name), port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Host": host, "Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def power_cut(self, name: str) -> None:
        """Stop a machine at once, as `docker kill` does, start it, and wait until it is up."""
        container = self.lab.client.containers.get(self.lab.container_name(name))
        container.kill()
        container.start()
        self.lab.wait_ready(name)

    def drop(self, *names: str) -> None:
        """Remove machines."""
        for name in names:
            with contextlib.suppress(NotFound):
                self.lab.client.containers.get(self.lab.container_name(name)).remove(force=True, v=True)

    @functools.cached_property
    def _zips(self) -> dict[str, bytes]:
        return modules.shipped(MODULES)

    @functools.cached_property
    def _files(self) -> dict[str, File]:
        return modules.unpacked(self._zips)
