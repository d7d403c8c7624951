# SPDX-License-Identifier: GPL-3.0-or-later

"""A file in a webroot for as long as port 80 is asked for it; a run that is killed meanwhile leaves a record of it."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator, Sequence

from .._host import process, records
from .._host.files import make_folders, missing_folders, unlink_if_there, write_new
from .._host.found import OFFERED
from .._host.names import STATE_FOLDER


@contextlib.contextmanager
def offered(path: str, content: bytes, *, state: str = STATE_FOLDER) -> Iterator[None]:
    """Have the file there, readable by all, since nginx's workers run as another user.

    What is missing of its folder is made for as long, as certbot does it. Raises OSError when it cannot be written.
    """
    pid = os.getpid()
    found = process.stat(pid)
    folder = os.path.dirname(path)
    name = f"{OFFERED}-{pid}"
    record = {
        "file": path,
        "folders": missing_folders(folder),
        "state": missing_folders(state),
        "process": [pid, found.started if found else 0],
    }
    records.write(name, record, state)
    try:
        make_folders(folder)
        write_new(path, content, 0o644)
        yield
    finally:
        _withdraw(name, state)


def withdraw_left(*, state: str = STATE_FOLDER) -> None:
    """Take away what runs that were killed have offered. Raises OSError."""
    for path in glob.glob(os.path.join(glob.escape(state), f"{OFFERED}-*.json")):
        name = os.path.basename(path).removesuffix(".json")
        pid, started = records.read(name, state).get("process", (0, 0))
        running = process.stat(pid)
        if running is None or running.started != started:
            _withdraw(name, state)


def _withdraw(name: str, state: str) -> None:
    """Take away a file, and the folders that were made for it, as far as nothing else is in them."""
    record = records.read(name, state)
    if record:
        with contextlib.suppress(OSError):
            os.unlink(record["file"])
        _remove_empty(record["folders"])
    unlink_if_there(records.path(name, state))
    _remove_empty(record.get("state", []))


def _remove_empty(folders: Sequence[str]) -> None:
    """Remove those that hold nothing, the innermost first."""
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
