# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the playbooks from inside a test, whole or killed half way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INVENTORY = ROOT / "molecule" / "inventory.py"
SITE = ROOT / "playbooks" / "site.yml"
VERIFY = ROOT / "playbooks" / "verify.yml"
REMOVE = ROOT / "playbooks" / "remove.yml"
PLAIN = {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "PYTHONUNBUFFERED": "1"}
# Kills whoever holds the host's lock as soon as supervisor starts a program anew: before that can be proven.
KILLER = """
import os, signal, sys, time
def spawned():
    with open("/var/log/supervisor/supervisord.log") as log:
        return log.read().count(f"spawned: '{sys.argv[1]}'")
before = spawned()
print("ready", flush=True)
while spawned() == before:
    time.sleep(0.005)
with open("/run/constellation-edge.lock") as lock:
    os.kill(int(lock.read()), signal.SIGKILL)
print("killed", flush=True)
"""
# A test fails with the end of what the playbook said.
TAIL = 6000


@dataclass(frozen=True)
class Run:
    """What a run said; `rc` is its exit code, negative when a signal ended it."""

    rc: int
    text: str

    @property
    def tail(self) -> str:
        """The end of the output, for the message of an assertion."""
        return self.text[-TAIL:]

    @property
    def tasks(self) -> list[str]:
        """The names of the tasks that were begun."""
        return re.findall(r"^TASK \[(.*)\] \*+$", self.text, re.MULTILINE)

    def count(self, host: str, what: str) -> int:
        """Return a figure of a host's recap, such as `changed`."""
        found = re.search(rf"^{re.escape(host)}\s+:.*\b{what}=(\d+)", self.text, re.MULTILINE)
        assert found, f"no recap of {host}: {self.tail}"
        return int(found[1])

    def changed(self, host: str) -> list[str]:
        """Return the names of the tasks, without their role's, that changed a host."""
        task, found = "", []
        for line in self.text.splitlines():
            if begun := re.match(r"TASK \[(?:.* : )?(.*)\] \*+$", line):
                task = begun[1]
            elif line.startswith(f"changed: [{host}]"):
                found.append(task)
        return found


def playbook(file: Path, inventory: Path = INVENTORY, *options: str) -> Run:
    """Run a playbook to its end, with further options of `ansible-playbook`."""
    done = subprocess.run(
        ["ansible-playbook", "-i", str(inventory), *options, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | PLAIN,
    )
    return Run(done.returncode, done.stdout)


def site(inventory: Path = INVENTORY, *options: str) -> Run:
    """Run `site.yml` to its end."""
    return playbook(SITE, inventory, *options)


def site_killed_at(task: str, inventory: Path = INVENTORY, *options: str) -> Run:
    """Run `site.yml` and kill it as soon as a task begins."""
    return killed_at(task, SITE, inventory, *options)


def killed_at(task: str, file: Path, inventory: Path = INVENTORY, *options: str) -> Run:
    """Run a playbook and kill it, with no chance to clean up, as soon as a task begins.

    What its workers have begun on the hosts goes on for a while, as after the death of a controller.

    Args:
        task: the end of its name, as the output shows it.
        file: the playbook.
        inventory: as for `site`.
        options: as for `site`.

    """
    lines = []
    with subprocess.Popen(
        ["ansible-playbook", "-i", str(inventory), *options, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | PLAIN,
        start_new_session=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if re.match(rf"TASK \[(.* : )?{re.escape(task)}\]", line):
                os.killpg(process.pid, signal.SIGKILL)
                break
    return Run(process.returncode, "".join(lines))


def module(inventory: Path, host: str, name: str, **arguments: Any) -> dict[str, Any]:
    """Call a module of the collection on one host and return its answer."""
    argv = ["ansible", host, "-i", str(inventory), "-m", f"constellation.edge.{name}", "-a", json.dumps(arguments)]
    plain = {**os.environ, **PLAIN, "FORCE_COLOR": "0", "PY_COLORS": "0"}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.partition("=>")[2])
    return answer


@contextlib.contextmanager
def killed_at_restart(container: str, program: str) -> Iterator[None]:
    """Kill, during the block, the module that restarts a program on a machine; fail when none was killed."""
    command = ["docker", "exec", container, "python3", "-c", KILLER, program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killer:
        assert killer.stdout
        assert killer.stdout.readline() == "ready\n"
        try:
            yield
            assert killer.communicate(timeout=120)[0] == "killed\n"
        finally:
            killer.kill()
