# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook, let its output be seen, and read off what it counted."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_RECAP = re.compile(r"^home\s+:(?P<counts>(?:\s+\w+=\d+)+)\s*$")
_COUNT = re.compile(r"(\w+)=(\d+)")


class DemoError(Exception):
    """Something is not as it should be; the text says what."""


@dataclass(frozen=True)
class Run:
    """What one run of a playbook did to `home`."""

    title: str
    seconds: float
    tasks: int
    changed: int
    skipped: int


def playbook(name: str, inventory: Path, title: str, variables: dict[str, str] | None = None) -> Run:
    """Run one of the collection's playbooks from this checkout.

    Args:
        name: `site` or `verify`.
        inventory: the inventory file.
        title: what the run is called in the figures.
        variables: extra variables.

    Raises:
        DemoError: it failed.

    """
    command = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", str(inventory), str(ROOT / f"playbooks/{name}.yml")]
    for key, value in (variables or {}).items():
        command += ["--extra-vars", f"{key}={value}"]
    return follow(
        command, title, os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
    )


def follow(command: Sequence[str], title: str, environment: dict[str, str] | None = None) -> Run:
    """Run a command that runs a playbook; see `playbook`."""
    print(f"\n=== {title}", flush=True)
    start = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        counts = _show(process.stdout or [], start)
    seconds = time.monotonic() - start
    if process.returncode or not counts:
        raise DemoError(f"{title}: ansible-playbook ended with {process.returncode}")
    tasks = counts["ok"] + counts["skipped"]
    print(f"=== {title}: {seconds:.1f} s, {tasks} tasks, {counts['changed']} changed", flush=True)
    return Run(title, seconds, tasks, counts["changed"], counts["skipped"])


def _show(lines: Iterable[str], start: float) -> dict[str, int]:
    """Print each line with the seconds since the start in front of a task's name; return the recap's counts."""
    counts: dict[str, int] = {}
    for line in lines:
        text = line.rstrip()
        if text.startswith(("TASK [", "PLAY [")):
            print(f"{time.monotonic() - start:6.1f} s  {text.rstrip('* ')}", flush=True)
        elif text and not text.startswith(("ok:", "skipping:")):
            print(f"          {text}", flush=True)
        recap = _RECAP.match(text)
        if recap:
            counts = {key: int(value) for key, value in _COUNT.findall(recap["counts"])}
    return counts
