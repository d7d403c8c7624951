# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a disk fill up during a run: `python3 -m inside.filling VARIANT PLACE CAUSE STEP`, each line a JSON object.

PLACE and CAUSE are as in `space`. Once its candidate was tested, the module is stopped before each STEP-th call that
needs room; then all that is free of the small file system goes, and the module goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import host, sites, small_disk, standing
from .calls import TRACE, Plan, calls_of, staged, under_strace
from .host import Answer
from .small_disk import FOLDERS
from .space import Seen, attempt

NEEDS_ROOM = ("write", "pwrite64", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat")
STOPPED = "--- stopped by SIGSTOP ---"


def fill_at_each(variant: str, place: str, cause: str, step: int) -> None:
    """Let the disk fill up before each `step`-th call that needs room."""
    plan, folder = calls_of(variant, "changes"), FOLDERS[place]
    version = 2
    with small_disk.small(folder):
        for k in _before_needs(plan)[(step - 1) // 2 :: step]:

            def run(wanted: dict[str, Any], k: int = k, version: int = version) -> Answer:
                return _filled(wanted, plan, k, version, folder, cause)

            seen = attempt(Seen(variant, place, cause, k), version, run)
            small_disk.release(folder)
            version += 1
            _see_next_run(seen, version)
            print(json.dumps(asdict(seen)), flush=True)


def _before_needs(plan: Plan) -> list[int]:
    """Return the calls behind which a file is created or something needs room; creating one is not traced."""
    return [k for k in range(staged(plan[0]), len(plan[0])) if plan[0][k].partition("(")[0] in NEEDS_ROOM]


def _filled(wanted: dict[str, Any], plan: Plan, k: int, version: int, folder: str, cause: str) -> Answer:
    command = [*under_strace("changes", plan[version % 2], k, "SIGSTOP"), *host.module_command("nginx_site")]
    Path(TRACE).unlink(missing_ok=True)
    with subprocess.Popen(command, text=True, stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin is not None
        process.stdin.write(host.module_input(wanted))
        process.stdin.flush()
        process.stdin.close()
        process.stdin = None
        host.until(lambda: process.poll() is not None or _stopped(), host.LIMIT)
        if process.poll() is None:
            small_disk.leave(folder, cause, 0)
            os.kill(_child_of(process.pid), signal.SIGCONT)
        out, errors = process.communicate(timeout=host.LIMIT)
    return host.module_answer(process.returncode, out, errors)


def _stopped() -> bool:
    return os.path.exists(TRACE) and STOPPED in Path(TRACE).read_text(errors="replace")


def _child_of(parent: int) -> int:
    return int(host.run("pgrep", "-P", str(parent), "-f", "inside/run.py").stdout)


def _see_next_run(seen: Seen, version: int) -> None:
    """With room again, the next run converges."""
    wanted = sites.arguments(seen.variant, version)
    if problem := host.failure(host.run_module("nginx_site", wanted)):
        seen.problems.append(f"the next run: {problem}")
        standing.restart()
    elif host.run_module("nginx_site", wanted)[1].get("changed") is not False:
        seen.problems.append("the run after the next one fails or changes something")


def main(variant: str, place: str, cause: str, step: str) -> None:
    """Do what the command line says."""
    fill_at_each(variant, place, cause, int(step))


if __name__ == "__main__":
    main(*sys.argv[1:])
