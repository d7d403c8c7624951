# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and rewriting a configuration file on disk, while its program may be rewriting it too."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import ExitStack
from typing import Generic, Protocol, TypeVar

from .._dotnet.document import MAX_BYTES
from .._dotnet.errors import DotnetError
from .._host.files import explain, fsync_folder, unlink_if_there, write_new
from .._transaction.changes import Write
from .._transaction.recovery import HOST, Places
from .._transaction.steps import Planned, RunOptions, Step, carry_out
from ._validation import check_candidate

_ATTEMPTS = 3


class HasContent(Protocol):
    """What a plan returns: the whole new content of the file among other things."""

    @property
    def content(self) -> bytes: ...


Edited = TypeVar("Edited", bound=HasContent)


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
    path: str, plan: Callable[[bytes], Edited], *, backup: bool, check: bool, validate: str = "", host: Places = HOST
) -> tuple[Edited, bool, str]:
    """Read a file, plan its new content and write that; returns the plan, whether it changes, the backup's path or "".

    The program rewrites its own file and knows no lock of ours: when the file is no longer what the plan was made
    from, it is read and planned again, three times at the most. ``validate`` is a command that must accept the new
    content first. ``check`` runs no command, writes nothing and takes no lock.
    """
    step = _Rewrite(path, plan, validate, check=check)
    try:
        done = carry_out([step], RunOptions(validate=False, backup=backup, check_mode=check), host=host)
    except OSError as error:
        raise DotnetError(explain(error, path)) from error
    return step.edited, done.changed, "".join(done.backup_files)


class _Rewrite(Step, Generic[Edited]):
    """One file with new content, which its program reads at its next start."""

    edited: Edited

    def __init__(self, path: str, plan: Callable[[bytes], Edited], validate: str, *, check: bool) -> None:
        self._path = path
        self._make = plan
        self._validate = validate
        self._check = check

    def plan(self, held: ExitStack) -> Planned:
        """Read the file and plan its content, until nobody has written to it meanwhile."""
        for _attempt in range(_ATTEMPTS):
            data = read_config(self._path)
            content = self._edit(data).content
            if content == data:
                return Planned()
            if self._validate and not self._check:
                _checked(self._path, content, self._validate)
            if self._check or read_config(self._path) == data:
                return Planned([Write(os.path.abspath(self._path), content, original=data)])
        raise at(self._path, DotnetError("another program keeps changing the file: let it finish and run again"))

    def _edit(self, data: bytes) -> Edited:
        try:
            self.edited = self._make(data)
        except DotnetError as error:
            raise at(self._path, error) from error
        return self.edited


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
