# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the host's own tools, found also where an ordinary user's PATH does not look."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import NamedTuple

_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


class Answer(NamedTuple):
    """What a command said.

    ``rc`` is its exit code (127 where the program is missing, 124 where it took too long).
    """

    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """The output and the errors, for a message."""
        return "\n".join(part for part in (self.out.strip(), self.err.strip()) if part)


Run = Callable[[Sequence[str]], Answer]


def find(name: str) -> str | None:
    """Return the path of a program, or None where it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_PATH}")


def run(command: Sequence[str], timeout: float = 120.0) -> Answer:
    """Run a command in the C locale and return its answer; it never raises.

    ``timeout`` is in seconds.
    """
    program = find(command[0])
    if program is None:
        return Answer(127, "", f"{command[0]}: not installed")
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="", PATH=f"{os.environ.get('PATH', '')}:{_PATH}")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"{' '.join(command)}: no answer in {timeout:g} s")
    except OSError as exc:
        return Answer(126, "", f"{' '.join(command)}: {exc}")
    return Answer(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
