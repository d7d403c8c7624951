# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host as a trial sees it: runs of a module, what nginx says and serves, and every file byte for byte."""

from __future__ import annotations

import http.client
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
RUN = Path(__file__).with_name("run.py")
NGINX = "/etc/nginx"
STATE = "/var/lib/constellation-edge"
# Far above what anything takes here, so that what hangs is seen as such.
LIMIT = 60.0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command; never raises for its exit code."""
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


Answer = tuple[int, dict[str, Any], str]


def run_module(name: str, arguments: dict[str, Any], under: Sequence[str] = ()) -> Answer:
    """Run a module, perhaps under another program; return exit code, answer and standard error."""
    command = [*under, *module_command(name)]
    given = module_input(arguments)
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=LIMIT, check=False)
    return module_answer(done.returncode, done.stdout, done.stderr)


def module_command(name: str) -> list[str]:
    """Return the command that runs a module."""
    return [sys.executable, "-I", "-B", str(RUN), name]


def module_input(arguments: dict[str, Any]) -> str:
    """Return what the module reads."""
    return json.dumps({"ANSIBLE_MODULE_ARGS": arguments})


def module_answer(code: int, out: str, errors: str) -> Answer:
    """Return exit code, answer and standard error of a module."""
    return code, json.loads(out) if out.strip().startswith("{") else {}, errors


def failure(answer: Answer) -> str:
    """Return why a run of a module failed, empty when it did not."""
    code, said, errors = answer
    if code == 0 and said and not said.get("failed"):
        return ""
    return str(said.get("msg") or f"exit code {code}: {errors[-400:]}")


def refusal() -> str:
    """Return what nginx has against the files on disk, empty when it accepts them."""
    done = run("nginx", "-t")
    return done.stderr.strip() if done.returncode else ""


def served(names: Iterable[str]) -> list[str]:
    """Return what clients get from each site: the body, or why there is none."""
    return [_ask(name) for name in names]


def _ask(name: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": name, "Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode("latin-1")
        return body if answer.status == 200 else f"status {answer.status}"
    except (OSError, http.client.HTTPException) as error:
        return repr(error)
    finally:
        connection.close()


def until(condition: Callable[[], bool], limit: float) -> bool:
    """Wait until a condition holds; False when it does not within `limit` seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def paths(*roots: str) -> set[str]:
    """Return every name below the folders."""
    return {
        os.path.join(folder, name)
        for root in roots
        for folder, *kinds in os.walk(root)
        for each in kinds
        for name in each
    }


Tree = dict[str, tuple[Any, ...]]


def tree(*roots: str, times: bool = True) -> Tree:
    """Return all of every file and link below the folders: kind, mode, owner, time, attributes and bytes."""
    return {path: _whole(path, times) for path in sorted({*roots, *paths(*roots)}) if os.path.lexists(path)}


def _whole(path: str, times: bool) -> tuple[Any, ...]:
    status = os.lstat(path)
    regular, link = stat.S_ISREG(status.st_mode), stat.S_ISLNK(status.st_mode)
    content = Path(path).read_bytes() if regular else os.readlink(path) if link else None
    names = os.listxattr(path, follow_symlinks=False)
    attributes = {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
    # A temporary file that came and went leaves its mark on the folder alone.
    moment = status.st_mtime_ns if times and (regular or link) else None
    return status.st_mode, status.st_uid, status.st_gid, moment, attributes, content


def differences(before: Tree, after: Tree) -> list[str]:
    """Return the names that are not what they were."""
    return [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
