# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask nginx about a candidate before it is live: `nginx -t` in a private mount namespace over a staged copy."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from .._host.command import Answer, find, run
from .._host.files import read_bytes
from .._host.names import TEMPORARY

NGINX_TIMEOUT = 60.0

_MOUNTED = f"{TEMPORARY}mounted"
_WARNING = re.compile(r"\[warn\]\s*(?:\d+#\d+:\s*)?(.*)")

# Runs inside the private mount namespace, which ends with it: mounts each pair of its arguments and becomes nginx.
# While it tests, nginx creates a candidate's log files and cache folders: in memory only, where the kernel allows it.
# What is below a folder that is covered is taken from where all of it can still be seen.
_INSIDE = f"""
nginx=$1 memory=$2
shift 2
if mount -t tmpfs -o mode=0711 scratch "$memory"; then
  mkdir "$memory/var" && mount --rbind /var "$memory/var"
  for folder in /var/log/nginx /var/lib/nginx /var/cache /var/cache/nginx; do
    lower=$memory$folder upper=$memory/upper$folder work=$memory/work$folder
    [ -d $folder ] && mkdir -p "$upper" "$work" && chown --reference="$lower" "$upper" &&
      chmod --reference="$lower" "$upper" &&
      mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" scratch $folder
  done
fi 2>/dev/null
while [ $# -gt 0 ]; do
  mount --bind "$1" "$2" || exit
  shift 2
done
echo {_MOUNTED}
exec "$nginx" -t
"""


class Verdict(NamedTuple):
    """What nginx says about a configuration; `text` is its own message, `file` and `line` where it points."""

    accepted: bool
    text: str

    @property
    def problem(self) -> str:
        """Nginx's first error without its prefix."""
        found = re.search(r"\[(?:emerg|alert|crit|error)\]\s*(?:\d+#\d+:\s*)?(.*)", self.text)
        return found.group(1).strip() if found else self.text.strip()

    @property
    def warnings(self) -> list[str]:
        """Nginx's warnings without prefix and place, in their order."""
        return [re.sub(r" in /.+:\d+$", "", each.strip()) for each in _WARNING.findall(self.text)]

    @property
    def place(self) -> tuple[str, int] | None:
        """The file and the line that the first error names."""
        found = re.search(r".* in (/.+):(\d+)$", self.problem)
        return (found.group(1), int(found.group(2))) if found else None


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
            write_staged(target, read_bytes(entry.path))


def write_staged(path: str, content: bytes) -> None:
    """Write a file of a candidate, which only its owner may read from the beginning: some hold hashes of passwords."""
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
        stream.write(content)


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
    inside = ["/bin/sh", "-c", _INSIDE, "sh", nginx, memory, *pairs]
    answer = run(["unshare", "--mount", "--propagation", "private", "--", *inside], NGINX_TIMEOUT)
    return _verdict(answer) if _MOUNTED in answer.out else None


def _verdict(answer: Answer) -> Verdict:
    return Verdict(answer.rc == 0, answer.err.strip())
