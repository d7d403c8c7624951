# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and rewriting a configuration file on disk, while its program may be rewriting it too."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Protocol, TypeVar

from .._dotnet.document import MAX_BYTES
from .._dotnet.errors import DotnetError
from .._host.files import explain, fsync_folder, host_lock, unlink_if_there, write_new
from .._transaction.changes import Write
from .._transaction.transaction import HOST, Places, apply, recover
from ._validation import check_candidate

_ATTEMPTS = 3


class HasContent(Protocol):
    """What a plan returns: the whole new content of the file among other things."""

    @property
    def content(self) -> bytes: ...


Planned = TypeVar("Planned", bound=HasContent)


def read_config(path: str) -> bytes:
    """Return the content of a configuration file; whatever is no readable, plain, sanely sized file is an error."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise at(path, DotnetError("not a plain file"))
        if status.st_size > MAX_BYTES:
            raise at(
                path, DotnetError(f"{status.st_size} bytes are too many for a configuration file (limit {MAX_BYTES})")
            )
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        raise at(path, DotnetError("there is no such file: give the path of the .exe.config file")) from None
    except OSError as error:
        raise DotnetError(explain(error, path)) from error


def at(path: str, error: DotnetError) -> DotnetError:
    """Return the error with the file's path in front of its message."""
    error.path = error.path or path
    return error


def rewrite(
    path: str, plan: Callable[[bytes], Planned], *, backup: bool, check: bool, validate: str = "", host: Places = HOST
) -> tuple[Planned, bool, str]:
    """Read a file, plan its new content and write that; returns the plan, whether it changes, the backup's path or "".

    The program rewrites its own file and knows no lock of ours: when the file is no longer what the plan was made
    from, it is read and planned again, three times at the most. ``validate`` is a command that must accept the new
    content first. ``check`` runs no command, writes nothing and takes no lock.
    """
    if check:
        data = read_config(path)
        planned = _planned(path, plan, data)
        return planned, planned.content != data, ""
    try:
        with host_lock(path=host.lock):
            recover(host=host)
            for _attempt in range(_ATTEMPTS):
                data = read_config(path)
                planned = _planned(path, plan, data)
                if planned.content == data:
                    return planned, False, ""
                if validate:
                    _checked(path, planned.content, validate)
                if read_config(path) == data:
                    change = Write(os.path.abspath(path), planned.content, original=data)
                    kept = apply([change], test=False, backup=backup, host=host)
                    return planned, True, kept[0] if kept else ""
    except OSError as error:
        raise DotnetError(explain(error, path)) from error
    raise at(path, DotnetError("another program keeps changing the file: let it finish and run again"))


def write_in_place(path: str, content: bytes) -> None:
    """Replace a file's content in one step, with the owner and mode that it has; for the undoing of a transaction."""
    place = os.path.realpath(path)
    folder, name = os.path.split(place)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.new")
    try:
        write_new(temporary, content, 0o600, like=place)
        os.rename(temporary, place)
    finally:
        unlink_if_there(temporary)
    fsync_folder(folder)


def _checked(path: str, content: bytes, command: str) -> None:
    """Have the owner's command accept the content; its errors name the file."""
    try:
        check_candidate(path, content, command)
    except DotnetError as error:
        raise at(path, error) from error


def _planned(path: str, plan: Callable[[bytes], Planned], data: bytes) -> Planned:
    """Return the plan for this content; its errors name the file."""
    try:
        return plan(data)
    except DotnetError as error:
        raise at(path, error) from error
