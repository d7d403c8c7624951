# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The home server as its own controller: the collection is built, installed there and run by its owner."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.containers import File
from lab.lab import USER, Lab
from lab.paths import CACHE

from demo.play import ROOT, DemoError

HOME = f"/home/{USER}"
BUILD = CACHE.parent / "demo"
# ansible-core 2.19 needs Python 3.11 as a controller; Ubuntu 22.04's own python3 is 3.10.
PYTHON_PACKAGES = {"ubuntu2204": ("python3.11", "python3.11-venv")}
GLIBC_TAGS = ("2014", "_2_17", "_2_28", "_2_34")


class LocalController:
    """ansible-playbook on the server itself, as its ordinary user."""

    def __init__(self, lab: Lab, name: str, system: str) -> None:
        """Take the machine `name`, which runs `system`."""
        self.lab = lab
        self.name = name
        self.system = system
        self.python = PYTHON_PACKAGES.get(system, ("python3", ""))[0]

    def install(self) -> None:
        """Install ansible-core and the built collection, both without a network of the server's own."""
        packages = PYTHON_PACKAGES.get(self.system, ("python3", "python3-venv"))
        self.lab.exec(self.name, ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
        version = self.lab.exec(
            self.name, [self.python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        ).out.strip()
        wheels = _download(version)
        tarball = _build_collection()
        files = {f"{HOME}/wheels/{wheel.name}": File(wheel.read_bytes()) for wheel in wheels.glob("*.whl")}
        self.put({**files, f"{HOME}/{tarball.name}": File(tarball.read_bytes())})
        self.run([self.python, "-m", "venv", "venv"])
        self.run(["venv/bin/pip", "install", "--quiet", "--no-index", "--find-links", "wheels", "ansible-core"])
        self.run(["venv/bin/ansible-galaxy", "collection", "install", "--offline", "--force", tarball.name])

    def put(self, files: dict[str, File]) -> None:
        """Put files into the owner's folder."""
        self.lab.put(self.name, files)
        self.lab.exec(self.name, ["chown", "-R", f"{USER}:{USER}", HOME])

    def run(self, command: Sequence[str]) -> str:
        """Run a command in the owner's folder and return its output."""
        done = subprocess.run(self.command(*command), capture_output=True, text=True, check=False)
        if done.returncode:
            raise DemoError(f"{' '.join(command)} on the server: {(done.stderr or done.stdout).strip()[-800:]}")
        return done.stdout

    def command(self, *command: str) -> list[str]:
        """Return the command line that runs a command on the server as its owner."""
        container = self.lab.container_name(self.name)
        user = ["--user", USER, "--workdir", HOME, "--env", f"HOME={HOME}", "--env", "LC_ALL=C.UTF-8"]
        return ["docker", "exec", *user, container, *command]

    def playbook(self, name: str, *arguments: str) -> list[str]:
        """Return the command line that runs a playbook of the installed collection."""
        return self.command(
            "venv/bin/ansible-playbook", "-i", "inventory.yml", f"constellation.edge.{name}", *arguments
        )


def _download(version: str) -> Path:
    """Fetch ansible-core and what it needs as wheels for a Python version; kept for the next time."""
    folder = BUILD / f"wheels-{version}"
    if any(folder.glob("ansible_core-*.whl")):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    platforms = [f"--platform=manylinux{tag}_{platform.machine()}" for tag in GLIBC_TAGS]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={version}"]
    done = subprocess.run(
        [*command, *platforms, "--dest", str(folder), "ansible-core"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DemoError(f"ansible-core for Python {version} could not be fetched: {done.stderr.strip()[-800:]}")
    return folder


def _build_collection() -> Path:
    """Build the collection as it would be published."""
    folder = BUILD / "build"
    command = [str(ROOT / ".venv/bin/ansible-galaxy"), "collection", "build", "--force", "--output-path", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DemoError(f"the collection could not be built: {done.stderr.strip()[-800:]}")
    return max(folder.glob("constellation-edge-*.tar.gz"), key=lambda path: path.stat().st_mtime)
