# SPDX-License-Identifier: GPL-3.0-or-later

"""One writer at a time on a host: an advisory lock that dies with its process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

# Not /run/lock: every user may write there, and whoever creates the file first could hold it for ever.
LOCK_PATH = "/run/constellation-edge.lock"

_held: dict[str, int] = {}


class LockError(Exception):
    """The lock was not free in time, or its file cannot be used."""


@contextlib.contextmanager
def host_lock(timeout: float = 300.0, path: str = LOCK_PATH) -> Iterator[None]:
    """Hold the host's lock; within one process it can be taken again by the holder.

    `timeout` is in seconds. Raises LockError, naming the process that holds the lock, when it does not become free.
    """
    if path in _held:
        _held[path] += 1
        try:
            yield
        finally:
            _held[path] -= 1
        return
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, timeout)
        _held[path] = 1
        try:
            yield
        finally:
            del _held[path]
    finally:
        # The file stays: a lock file that is removed while another process waits for it locks nothing.
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: str, error: type[Exception]) -> Iterator[None]:
    """Hold the host's lock; raises `error`, with the words of LockError, when it cannot be had."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(host_lock(path=path))
        except LockError as refused:
            raise error(str(refused)) from refused
        yield


def _open(path: str) -> int:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # 0600: whoever may read the file could hold the lock
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LockError(
            f"{path}: the lock file cannot be opened: {error.strerror}; run as root or remove it"
        ) from error


def _acquire(descriptor: int, path: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockError(
                    f"{path}: held by {_holder(descriptor)} for more than {timeout:g} s;"
                    " wait for that run to end, or end it, and run again"
                ) from None
            time.sleep(min(0.1, max(0.0, deadline - time.monotonic())))
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _holder(descriptor: int) -> str:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    return f"process {text}" if text.isdigit() else "another process"
