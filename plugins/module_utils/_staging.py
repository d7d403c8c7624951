# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask nginx about a candidate before it is live: `nginx -t` in a private mount namespace over a staged copy."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass

from ._command import Answer, find, run
from ._files import read_bytes

NGINX_TIMEOUT = 60.0

_MOUNTED = "constellation-edge: mounted"

# While it tests, nginx creates a candidate's log files and cache folders: in memory only, where the kernel allows it.
SCRATCH = ("/var/log/nginx", "/var/lib/nginx", "/var/cache/nginx")

# Runs inside the private mount namespace, which ends with it: mounts each pair of its arguments and becomes nginx.
_INSIDE = f"""
import os, subprocess, sys
nginx, memory, pairs = sys.argv[1], sys.argv[2], sys.argv[3:]

def mount(kind, options, folder):
    command = ["mount", "-t", kind, "-o", options, "scratch", folder]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

if mount("tmpfs", "mode=0711", memory):
    for number, folder in enumerate(filter(os.path.isdir, {SCRATCH!r})):
        upper, work = (os.path.join(memory, kind + str(number)) for kind in ("upper", "work"))
        owner = os.stat(folder)
        os.mkdir(upper, owner.st_mode & 0o7777)
        os.chown(upper, owner.st_uid, owner.st_gid)
        os.mkdir(work)
        options = "lowerdir=" + folder + ",upperdir=" + upper + ",workdir=" + work
        mount("overlay", options, folder)
for source, target in zip(pairs[0::2], pairs[1::2]):
    subprocess.run(["mount", "--bind", source, target], check=True)
print("{_MOUNTED}", flush=True)
os.execv(nginx, [nginx, "-t"])
"""


@dataclass(frozen=True)
class Verdict:
    """What nginx says about a configuration; `text` is its own message, `file` and `line` where it points."""

    accepted: bool
    text: str

    @property
    def problem(self) -> str:
        """Nginx's first error without its prefix."""
        found = re.search(r"\[(?:emerg|alert|crit|error)\]\s*(?:\d+#\d+:\s*)?(.*)", self.text)
        return found.group(1).strip() if found else self.text.strip()

    @property
    def place(self) -> tuple[str, int] | None:
        """The file and the line that the first error names."""
        found = re.search(r".* in (/.+):(\d+)$", self.problem)
        return (found.group(1), int(found.group(2))) if found else None


def find_nginx(name: str = "nginx") -> str | None:
    """Return the path of the nginx program, or None when it is not installed."""
    return find(name)


def copy_tree(root: str, stage: str) -> None:
    """Copy the folder `root` to `stage` with its links; sockets and pipes are left out."""
    os.mkdir(stage)
    for entry in os.scandir(root):
        target = os.path.join(stage, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir():
            copy_tree(entry.path, target)
        elif entry.is_file():
            with open(target, "wb") as stream:
                stream.write(read_bytes(entry.path))


def test_live(nginx: str) -> Verdict:
    """Run `nginx -t` over the files as they are."""
    return _verdict(run([nginx, "-t"], NGINX_TIMEOUT))


def test_staged(nginx: str, mounts: list[tuple[str, str]], memory: str) -> Verdict | None:
    """Run `nginx -t` with each (source, target) of `mounts` bound for it alone; None when the kernel refuses that.

    `memory` is an empty folder, the place for what nginx creates during the test.
    """
    if find("unshare") is None:
        return None
    pairs = [path for pair in mounts for path in pair]
    inside = [sys.executable, "-I", "-c", _INSIDE, nginx, memory, *pairs]
    answer = run(["unshare", "--mount", "--propagation", "private", "--", *inside], NGINX_TIMEOUT)
    return _verdict(answer) if _MOUNTED in answer.out else None


def _verdict(answer: Answer) -> Verdict:
    return Verdict(answer.rc == 0, answer.err.strip())
