# SPDX-License-Identifier: GPL-3.0-or-later

"""What all writers on a host share: durable changes of single files, and a lock that dies with its process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator

from .errors import EdgeError
from .names import LOCK_PATH

_held: dict[str, int] = {}


def fsync_folder(folder: str) -> None:
    """Make the names in `folder` durable: only then does a rename survive a power cut."""
    fsync(folder, os.O_DIRECTORY)


def fsync(path: str, flags: int = 0) -> None:
    """Make what `path` holds durable: the content of a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bytes(path: str) -> bytes:
    """Return the content of the file at `path`."""
    with open(path, "rb") as stream:
        return stream.read()


def unlink_if_there(path: str) -> None:
    """Remove the name `path` when it exists."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def write_new(path: str, content: bytes, mode: int, like: str | None = None, group: int | None = None) -> None:
    """Create `path`, durable, with exactly this mode, or with owner, mode and extended attributes of `like`.

    The name must not exist. A `group` is given the file before others than its owner may read it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        if group is not None:
            os.fchown(descriptor, -1, group)
        if like is None:
            os.fchmod(descriptor, mode)
        else:
            copy_attributes(like, descriptor)
        os.fsync(descriptor)
    except OSError as error:
        os.unlink(path)
        # The error of a write names no file.
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        os.close(descriptor)


def copy_attributes(source: str, descriptor: int) -> None:
    """Give the open file the owner, mode and extended attributes (access lists too) of the file at `source`."""
    status = os.stat(source)
    opened = os.fstat(descriptor)
    if (opened.st_uid, opened.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    for name in os.listxattr(source):
        try:
            os.setxattr(descriptor, name, os.getxattr(source, name))
        except OSError as error:
            # Labels of a security module are set by the kernel itself and may be refused in a container.
            if error.errno == errno.ENOTSUP or name.startswith("security."):
                continue
            raise


def replace_file(path: str, content: bytes, mode: int = 0o644) -> None:
    """Write a file of our own (state, never an owner's), atomic and durable; its folder is created."""
    folder, name = os.path.split(path)
    make_folders(folder)
    temporary = os.path.join(folder, f".{name}.tmp")
    unlink_if_there(temporary)
    write_new(temporary, content, mode)
    os.rename(temporary, path)
    fsync_folder(folder)


def missing_folders(folder: str) -> list[str]:
    """Return the folders, outermost first, that do not exist on the way to `folder` and `folder` itself."""
    missing: list[str] = []
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def make_folder(folder: str, mode: int = 0o755) -> None:
    """Create one folder, durable and with exactly this mode; one that is there stays. Raises FileExistsError."""
    try:
        os.mkdir(folder, mode)
    except FileExistsError:
        if os.path.isdir(folder):
            return
        raise
    os.chmod(folder, mode)  # the umask must not decide whether nginx can read
    fsync_folder(os.path.dirname(folder) or ".")


def make_folders(folder: str, mode: int = 0o755) -> None:
    """Create `folder` and what is missing on the way to it, as `make_folder` does each."""
    for missing in missing_folders(folder):
        make_folder(missing, mode)


def exchange(one: str, other: str) -> bool:
    """Let two names change places in one step; False, and nothing done, where the system cannot do that."""
    import ctypes  # slow to load

    call = getattr(ctypes.CDLL(None), "renameat2", None)
    # -100 is AT_FDCWD, 2 is RENAME_EXCHANGE
    return call is not None and call(-100, os.fsencode(one), -100, os.fsencode(other), 2) == 0


def keep_name(path: str, kept: str) -> None:
    """Give a file or link the second name `kept`, to be put back from; without hard links, a copy."""
    try:
        os.link(path, kept, follow_symlinks=False)
        return
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV):
            raise
    if os.path.islink(path):
        os.symlink(os.readlink(path), kept)
        return
    status = os.stat(path)
    write_new(kept, read_bytes(path), 0o600, like=path)
    os.utime(kept, ns=(status.st_atime_ns, status.st_mtime_ns))


def explain(error: OSError, path: str, *, exact: bool = False) -> str:
    """Say what the system refused and the remedy, of the name in the error or (without, or `exact`) of `path`."""
    # Of two names, the second is the one that was to be made.
    named = error.filename2 or error.filename
    if not exact and isinstance(named, str):
        path = named
    mount = os.path.realpath(path)
    while not os.path.ismount(mount):
        mount = os.path.dirname(mount)
    if error.errno == errno.ENOSPC:
        state, remedy = "is full", "free space there"
        with contextlib.suppress(OSError):
            usage = os.statvfs(mount)
            if usage.f_files and not usage.f_favail:
                state, remedy = "has no inode left", "remove files there"
    elif error.errno == errno.EDQUOT:
        state, remedy = "has no quota left", "raise it or free space there"
    elif error.errno == errno.EROFS:
        state, remedy = "is mounted read-only", "mount it writable"
    elif error.errno in (errno.EACCES, errno.EPERM):
        return f"{path}: {error.strerror}: run as root (become: true), and look for an immutable flag (lsattr)"
    else:
        return f"{path}: {error.strerror or error}"
    return f"{path}: the file system at {mount} {state}: {remedy} and run again"


@contextlib.contextmanager
def explained(path: str, *, exact: bool = False) -> Iterator[None]:
    """Raise EdgeError, with the remedy, for what the system refuses; the name is chosen as in `explain`."""
    try:
        yield
    except OSError as error:
        raise EdgeError(f"{explain(error, path, exact=exact)}. Nothing was changed") from error


class LockError(EdgeError):
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
