# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker Engine that answers: the one that is there, or the distribution's own, installed and started."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import docker
from docker.errors import DockerException

from lab.paths import CACHE
from lab.progress import LabError, poll, say

START_TIMEOUT = 60.0
# Each systemd takes about five inotify instances, all of the same user; the usual 128 are used up by 25 machines,
# and then units fail at random.
INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_WANTED = 1024


def connect(timeout: int = 600) -> docker.DockerClient | None:
    """Return a client of the Engine, or None when none answers.

    Args:
        timeout: seconds that one request to the Engine may take.

    """
    try:
        client = docker.from_env(timeout=timeout)
        client.ping()
    except (DockerException, OSError):
        return None
    return client


def ensure_engine() -> docker.DockerClient:
    """Return a client of an Engine that answers, installing and starting one where that is possible.

    Raises:
        LabError: there is none and this user or system cannot have one made; the message says what to do.

    """
    _make_room()
    client = connect()
    if client:
        return client
    if os.geteuid() != 0:
        raise LabError(
            "no Docker Engine answers. Start one and join its group (for example: sudo apt-get install docker.io; "
            "sudo usermod -aG docker $USER; log in again), or set DOCKER_HOST, or run this as root."
        )
    if not shutil.which("dockerd"):
        _install()
    _start()
    return poll("the Docker Engine (its log: .cache/lab/dockerd.log)", connect, START_TIMEOUT)


def apt_install(packages: list[str]) -> None:
    """Install packages of the host's own distribution.

    Raises:
        LabError: apt refused; the message ends with what it said.

    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode and "install" in command:
            raise LabError(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")


def _make_room() -> None:
    """Let many systemd machines run side by side, where this user may raise the limit."""
    with contextlib.suppress(OSError, ValueError):
        if int(INOTIFY_LIMIT.read_text(encoding="ascii")) < INOTIFY_WANTED:
            INOTIFY_LIMIT.write_text(f"{INOTIFY_WANTED}\n", encoding="ascii")
            say(f"raised fs.inotify.max_user_instances to {INOTIFY_WANTED}, until this machine restarts")


def _install() -> None:
    if not shutil.which("apt-get"):
        raise LabError("no Docker Engine answers and this system has no apt-get: install Docker by hand.")
    say("installing docker.io from this system's packages")
    apt_install(["docker.io", "iptables"])
    if not shutil.which("docker"):
        # Newer releases keep the command apart from the Engine.
        apt_install(["docker-cli"])


def _start() -> None:
    if Path("/run/systemd/system").is_dir():
        say("starting Docker")
        subprocess.run(["systemctl", "start", "docker"], capture_output=True, check=False)
        return
    say("starting dockerd in the background (log: .cache/lab/dockerd.log)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "dockerd.log").open("ab") as log:
        subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
