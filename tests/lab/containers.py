# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small steps on one container: run a command, put files in, commit it."""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.models.containers import Container

from lab.progress import LabError

LABEL = "constellation-edge-lab"
SYSTEMD = "/lib/systemd/systemd"
IMAGE_SETTINGS = (f'CMD ["{SYSTEMD}"]', "ENV container=docker")
APT_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
# What lets systemd, nftables and a nested bootstrap work without --privileged, which some machines refuse.
CONFINEMENT: dict[str, Any] = {
    "cap_add": ["SYS_ADMIN", "NET_ADMIN"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
}


@dataclass(frozen=True)
class Done:
    """The result of a command in a container."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class File:
    """A file to be put into a container; parent folders are created."""

    content: bytes
    mode: int = 0o644
    owner: int = 0


def cgroup_mount() -> str:
    """Return where the host has the version 2 tree: beside version 1 on a hybrid host, else at the top."""
    unified = "/sys/fs/cgroup/unified"
    return unified if os.path.isdir(unified) else "/sys/fs/cgroup"


def systemd_options() -> dict[str, Any]:
    """Return the options under which systemd runs as the first process of a container."""
    return {
        **CONFINEMENT,
        "cgroupns": "host",
        "stop_signal": "SIGRTMIN+3",
        "volumes": {cgroup_mount(): {"bind": "/sys/fs/cgroup", "mode": "rw"}},
        "tmpfs": {"/run": "", "/run/lock": ""},
        "environment": {"container": "docker"},
    }


def execute(
    container: Container,
    argv: Sequence[str],
    *,
    check: bool = True,
    user: str = "",
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run a command in a container, without a shell.

    Args:
        container: where to run it.
        argv: the command and its arguments.
        check: raise when the command fails.
        user: who runs it, root by default.
        environment: variables on top of the container's own.

    Raises:
        LabError: it failed, and ``check`` is set.

    """
    variables = {"DEBIAN_FRONTEND": "noninteractive", **(environment or {})}
    code, (out, err) = container.exec_run(list(argv), demux=True, user=user, environment=variables)
    done = Done(code, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))
    if check and code:
        raise LabError(f"{container.name}: {' '.join(argv)} ended with {code}: {(done.err or done.out).strip()[-800:]}")
    return done


def put(container: Container, files: Mapping[str, File]) -> None:
    """Put files into a container, running or not.

    Args:
        container: where to put them.
        files: absolute path to file; not below /run or /tmp, which systemd covers with memory of its own.

    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, file in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mtime = int(time.time())
            entry.size, entry.mode, entry.uid, entry.gid = len(file.content), file.mode, file.owner, file.owner
            tar.addfile(entry, io.BytesIO(file.content))
    container.put_archive("/", archive.getvalue())


def read(container: Container, path: str) -> bytes:
    """Return the content of a file in a container."""
    chunks, _stat = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        handle = tar.extractfile(tar.getmembers()[0])
        if handle is None:
            raise LabError(f"{container.name}: {path} is not a file")
        return handle.read()


def commit(container: Container, tag: str) -> None:
    """Keep the state of a container as an image whose first process is systemd."""
    repository, _colon, version = tag.partition(":")
    container.commit(repository, version, changes="\n".join(IMAGE_SETTINGS))


def install(container: Container, packages: Sequence[str], *, refresh: bool) -> None:
    """Install packages from the container's own distribution.

    Args:
        container: where to install.
        packages: their names.
        refresh: fetch the package lists first.

    """
    if refresh:
        execute(container, ["apt-get", "update", "-qq"])
    execute(container, [*APT_INSTALL, *packages])
    execute(container, ["apt-get", "clean"])


def folder_files(folder: Path, below: str) -> dict[str, File]:
    """Return the Python and text files of a folder, as files to be put below a path."""
    return {
        f"{below}/{path.relative_to(folder)}": File(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
