# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the static checks and the unit tests with another ansible-core and another Python, in a container of the lab.

``python -m tools.elsewhere oldest|newest`` builds the image where it is missing, copies this checkout into a
container of it, and runs there, without any network, the checks that ansible-core or Python may decide, then the unit
tests. Left out are the checks that judge text alone (ruff, ruff-format, yamllint), mypy, which is told the oldest
Python and so says the same everywhere, ansible-lint of Molecule's playbooks, which are not shipped, and
``tests/fuzz``, which tries our readers and no Ansible. Of ansible-test's checks, pylint looks at what is shipped. The
pair that ``.venv`` is needs no container: ``pairs()`` names the others.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from docker.errors import DockerException
from docker.models.containers import Container
from lab import recipes
from lab.containers import LABEL, File, execute, put
from lab.controller import CHECKOUT, PYTHON
from lab.engine import ensure_engine
from lab.images import Images
from lab.progress import LabError, say
from packaging.requirements import Requirement

from . import lint
from .checkout import ROOT, source_files

PYLINT = f"pylint{lint.SHIPPED}"
_CHECKS = (PYLINT, "sanity", f"ansible-lint{lint.SHIPPED}", "changelog", "docs", "syntax", "build")
_COMMANDS = (("tools.lint", *_CHECKS), ("pytest", "-q", "tests/unit"))
_LINK = ".ansible/collections/ansible_collections/constellation"
_SAY = 'import platform, importlib.metadata as m; print("ansible-core", m.version("ansible-core") + ", Python",'
_VERSIONS = f'{_SAY} platform.python_version() + ", on", platform.freedesktop_os_release()["PRETTY_NAME"])'


@dataclass(frozen=True)
class Pair:
    """An ansible-core and the Python that it runs on: those of a system's controller image."""

    name: str
    system: str
    python: tuple[int, int]


_PAIRS = (Pair("oldest", "debian12", (3, 11)), Pair("newest", "debian13", (3, 13)))


def pairs() -> list[Pair]:
    """Return the pairs that the Python which runs this, and its ansible-core, are not."""
    core = version("ansible-core")
    return [pair for pair in _PAIRS if not is_pair(pair, sys.version_info[:2], core)]


def is_pair(pair: Pair, python: tuple[int, int], core: str) -> bool:
    """Tell whether a Python with that ansible-core is what the pair's image holds."""
    asked = _core_requirements(ROOT / "tests" / recipes.CONTROLLERS[pair.system])
    return python == pair.python and all(one.specifier.contains(core, prereleases=True) for one in asked)


def checks_here() -> list[str]:
    """Return the static checks of `make test` on this Python: all, but pylint looks at what is shipped."""
    names = [check.name for check in lint.checks() if not check.by_name_only and check.name not in lint.COSTLY]
    return [PYLINT, *names]


def _core_requirements(path: Path) -> list[Requirement]:
    """Return what a file of requirements, and those that it names, ask of ansible-core."""
    text = path.read_text(encoding="utf-8")
    asked = [Requirement(line) for line in re.findall(r"^ansible-core\b.*$", text, re.MULTILINE)]
    for other in re.findall(r"^-r (\S+)$", text, re.MULTILINE):
        asked += _core_requirements(path.parent / other)
    return asked


def main(arguments: list[str]) -> int:
    """Run the checks and tests of the named pair; return 1 when something failed."""
    known = {pair.name: pair for pair in _PAIRS}
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"elsewhere: name one of: {', '.join(known)}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return _run(known[arguments[0]])
    except (LabError, DockerException) as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(pair: Pair) -> int:
    client = ensure_engine()
    Images(client).ensure([pair.system], homes=False, services=False, controllers=True)
    run_id = os.environ.get("LAB_RUN") or f"t{secrets.token_hex(3)}"
    # Made before it is started: an interruption in between leaves nothing either.
    container = client.containers.create(
        recipes.controller_tag(pair.system),
        ["sleep", "infinity"],
        name=f"edge-lab-{run_id}-{pair.name}",
        labels={LABEL: run_id, f"{LABEL}.name": pair.name},
        network_mode="none",
        sysctls={"net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.lo.disable_ipv6": "0"},
        init=True,
    )
    try:
        container.start()
        put(container, {f"{CHECKOUT}/{name}": _file(ROOT / name) for name in source_files()})
        execute(container, ["mkdir", "-p", f"{CHECKOUT}/{_LINK}"])
        execute(container, ["ln", "-s", "../../../..", f"{CHECKOUT}/{_LINK}/edge"])
        print(f"{pair.name}: {execute(container, [PYTHON, '-c', _VERSIONS]).out.strip()}", flush=True)
        return max(_shown(container, (PYTHON, "-m", *command)) for command in _COMMANDS)
    finally:
        container.remove(force=True, v=True)


def _file(path: Path) -> File:
    return File(path.read_bytes(), path.stat().st_mode & 0o777)


def _shown(container: Container, argv: tuple[str, ...]) -> int:
    """Run a command in the checkout's copy, show its output as it comes, and return its exit code."""
    env = {"PYTHONPATH": f"{CHECKOUT}/tests", "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}
    env["PYTEST_ADDOPTS"] = os.environ.get("PYTEST_ADDOPTS", "")
    api = container.client.api
    # What the Engine starts has no parent that it could see, and tests ask for theirs.
    command = ["sh", "-c", '"$@"; exit $?', "sh", *argv]
    made = api.exec_create(container.id, command, environment=env, workdir=CHECKOUT)["Id"]
    for part in api.exec_start(made, stream=True):
        sys.stdout.buffer.write(part)
        sys.stdout.flush()
    return int(api.exec_inspect(made)["ExitCode"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
