# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of the module on a host, and what is looked at there."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import runs
from conftest import Home
from lab.progress import poll

ARCHIVE = "/usr/local/lib/constellation-edge/edge.pyz"
UNIT = "/etc/systemd/system/constellation-edge-recover.service"
DROP_IN = "/etc/systemd/system/nginx.service.d/constellation-edge.conf"
STATE = "/var/lib/constellation-edge"
RESOLVE = "--resolve home.example.org:443:127.0.0.1 --resolve home.example.org:80:127.0.0.1"


def call(home: Home, arguments: dict[str, Any], *options: str) -> dict[str, Any]:
    """Call `nginx_service` on a host and return what it returned."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = {"name": "Call", "constellation.edge.nginx_service": arguments, "register": "told"}
        keep = {
            "name": "Keep what was returned",
            "ansible.builtin.copy": {
                "content": "{{ told | to_json }}",
                "dest": f"{folder}/told.json",
            },
            "delegate_to": "localhost",
            "check_mode": False,
            "diff": False,
        }
        playbook = folder / "play.yml"
        play = {"name": "Call", "hosts": home.name, "gather_facts": False, "tasks": [task, keep]}
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        run = runs.playbook(playbook, runs.INVENTORY, *options)
        assert run.rc == 0, run.tail
        result: dict[str, Any] = json.loads((folder / "told.json").read_text(encoding="utf-8"))
        return result


def shown(home: Home, unit: str, name: str) -> str:
    """Return a property of a unit."""
    return home.host.check_output(f"systemctl show {unit} --property {name} --value").strip()


def master(home: Home) -> int:
    """Return the process number of nginx's master, 0 when it does not run."""
    return int(shown(home, "nginx", "MainPID"))


def confinement(home: Home) -> dict[str, str]:
    """Return what the kernel says of the restrictions of the running master."""
    lines = home.host.check_output(f"cat /proc/{master(home)}/status").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: fields[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapBnd")}


def writes(home: Home, folder: str) -> bool:
    """Whether a file can be made in a folder as nginx's master sees it, by a user who may everything."""
    path = f"{folder}/constellation-edge-trial"
    done = home.host.run(f"nsenter --target {master(home)} --mount touch {path}")
    home.host.run(f"nsenter --target {master(home)} --mount rm -f {path}")
    assert done.rc == 0 or "Read-only file system" in done.stderr, done.stderr
    return bool(done.rc == 0)


def ask(home: Home, url: str, *options: str) -> str:
    """Return what nginx answers on the host itself."""
    done = home.host.run(f"curl -gsk --max-time 10 {RESOLVE} {' '.join(options)} {url}")
    return str(done.stdout)


def settled(home: Home) -> None:
    """Wait until systemd takes nginx for started."""
    poll("nginx to be active", lambda: shown(home, "nginx", "ActiveState") == "active", timeout=60)
