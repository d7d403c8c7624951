# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place that starts programs: the host's own, found also where an ordinary user's PATH does not look."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

LATE, REFUSED, MISSING = 124, 126, 127
_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_GRACE_SECONDS = 10.0


class Answer(NamedTuple):
    """What a command said.

    ``rc`` is its exit code, or ``MISSING`` (no such program), ``REFUSED`` (it cannot be started), ``LATE`` (too long).
    """

    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """The output and the errors, for a message."""
        return "\n".join(part for part in (self.out.strip(), self.err.strip()) if part)

    @property
    def unanswered(self) -> bool:
        """Whether the command did not come to its own end; the end of ``err`` says why."""
        return self.rc in (LATE, REFUSED, MISSING)


Run = Callable[[Sequence[str]], Answer]


def search_path() -> str:
    """Return the caller's PATH with the folders of administration behind it."""
    return f"{os.environ.get('PATH', '')}:{_PATH}"


def find(name: str) -> str | None:
    """Return the path of a program, or None where it is not installed."""
    return shutil.which(name, path=search_path())


def run(
    command: Sequence[str],
    timeout: float = 120.0,
    *,
    locale: str = "C",
    errors: str = "replace",
    merge: bool = False,
    given: bytes | None = None,
) -> Answer:
    """Run a command in an untranslated locale and return its answer; it never raises.

    After ``timeout`` seconds it is stopped with its children. ``errors`` is how bytes that are not UTF-8 are read.
    ``merge`` puts standard error among the output, in the order in which it was written. ``given`` is its input.
    """
    program = find(command[0])
    if program is None:
        return Answer(MISSING, "", f"{command[0]}: not installed")
    try:
        # A session of its own: what does not end in time is stopped as a whole.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [program, *command[1:]],
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge else subprocess.PIPE,
            env=dict(os.environ, LC_ALL=locale, LANGUAGE="", PATH=search_path()),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return Answer(REFUSED, "", f"{' '.join(command)}: {error.strerror}")
    with process:
        ended, out, err = _end(process, timeout, given)
    texts = [part.decode("utf-8", errors) for part in (out, err or b"")]
    if ended:
        return Answer(process.returncode, *texts)
    late = f"{command[0]}: no end within {timeout:.0f} seconds; it was stopped"
    return Answer(LATE, texts[0], f"{texts[1]}\n{late}".lstrip())


def _end(process: subprocess.Popen[bytes], timeout: float, given: bytes | None) -> tuple[bool, bytes, bytes | None]:
    """Wait for the end, or bring it about; return whether it came by itself, the output and the errors."""
    for sign, seconds in ((None, timeout), (signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        with suppress(ProcessLookupError):
            if sign is not None:
                os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            return sign is None, *process.communicate(given if sign is None else None, timeout=seconds)
    # A child that left the session holds the pipes, or the kernel does not let the process go.
    return False, b"", None
