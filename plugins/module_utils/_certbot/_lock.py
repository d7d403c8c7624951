# SPDX-License-Identifier: GPL-3.0-or-later

"""Certbot's own lock files: who holds them, and how to keep certbot away from a folder for a moment in its own way.

Certbot locks its work folder for as long as it runs, and its nginx plugin nginx's folder before it edits anything
there; one that finds a lock taken says so and ends. They are POSIX record locks on a file that goes with the lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import time
from collections.abc import Iterator

from .._host.errors import EdgeError

LOCK = ".certbot.lock"
# struct flock with 64-bit offsets: type, whence, start, length (0: all), process; padded to its alignment.
_RECORD = "hhqqi0q"
_PAUSE = 0.1


class CertbotBusyError(EdgeError):
    """Certbot was still at work after the time that was given to it."""


def holder(folder: str) -> int | None:
    """Return the process that holds certbot's lock on a folder (-1: one that is not known); None when nobody does."""
    try:
        descriptor = os.open(os.path.join(folder, LOCK), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _holder(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def kept_out(folder: str, timeout: float, purpose: str) -> Iterator[None]:
    """Hold certbot's lock on a folder.

    `timeout` is in seconds; `purpose` is what the error says. A folder in which nothing can be created is passed over,
    as certbot cannot work there either. Raises CertbotBusyError.
    """
    path = os.path.join(folder, LOCK)
    before = None if os.path.lexists(path) else _changed(folder)
    descriptor = _wait(path, timeout, purpose)
    taken = _changed(folder)
    try:
        yield
    finally:
        if descriptor is not None:
            with contextlib.suppress(OSError):
                # Where nothing but the lock comes and goes, the folder is as it was.
                alone = _changed(folder) == taken
                os.unlink(path)
                if alone and before is not None:
                    os.utime(folder, ns=(os.stat(folder).st_atime_ns, before))
            os.close(descriptor)


def _changed(folder: str) -> int | None:
    """Return when a folder was last changed, in nanoseconds; None where there is none."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None


def _wait(path: str, timeout: float, purpose: str) -> int | None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _take(path)
        except BlockingIOError:
            pass
        except OSError:
            return None
        if time.monotonic() >= deadline:
            process = holder(os.path.dirname(path)) or 0
            who = f"process {process}" if process > 0 else "another process"
            raise CertbotBusyError(
                f"{path}: certbot ({who}) has been at work for more than {timeout:g} s, so {purpose}. Wait for it to"
                " end, or end it, and run again"
            )
        time.sleep(_PAUSE)


def _take(path: str) -> int:
    """Take one lock; raises BlockingIOError when it is taken.

    It belongs to the open file, not to this process as certbot's own kind of lock does: that would be lost as soon as
    the process closed the same file elsewhere, as when it copies the folder.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _record())
            # Whoever releases removes the file: only the one that stands there now counts.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _holder(descriptor: int) -> int | None:
    kind, _whence, _start, _length, process = struct.unpack(
        _RECORD, fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _record())
    )
    return None if kind == fcntl.F_UNLCK else int(process)


def _record() -> bytes:
    return struct.pack(_RECORD, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
