# SPDX-License-Identifier: GPL-3.0-or-later

"""The last step of leaving: our folders go, and what is not as it was before the first run is told with its reason."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._host import records
from .._host.command import Run, find, run
from .._host.errors import EdgeError
from .._host.files import fsync_folder, host_lock
from .._host.found import ETC_RECORD, RECORD, read, read_etc, traces
from .._host.names import FILE_WORD, LOCK_PATH, SETTINGS_FOLDER, SITE_FILES, STATE_FOLDER
from .._host.packages import installed
from .._host.versions import marked
from .._nginx.process import NginxError, read_dump
from ._etc import differences, explained, snapshot
from .look import PACKAGES

# What other steps of leaving take away; while it is there, the record is still needed.
_LATER = (SETTINGS_FOLDER, SITE_FILES, STATE_FOLDER)


class LeavingError(EdgeError):
    """Our folders cannot go yet; the message names what is in the way and the remedy."""


@dataclass(frozen=True)
class Folders:
    """Our folders on a host: records, settings, and the files that sites name."""

    records: str = STATE_FOLDER
    settings: str = SETTINGS_FOLDER
    files: str = SITE_FILES


@dataclass
class Left:
    """What went, or would go (`removed`), what differs from before the first run (`remains`), what is to be told."""

    removed: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def finish(check_mode: bool = False, ours: Folders = Folders(), call: Run = run) -> Left:
    """Remove our folders and the record, last of all, and compare `/etc` with it. Raises LeavingError.

    What nginx still reads of ours, such as the self-signed certificate of a server that stays, is left and told.
    """
    folder = ours.records
    record, etc = read(folder), read_etc(folder)
    left = Left()
    there = [path for path in traces(folder) if not path.startswith(_LATER)]
    if there and not check_mode:
        raise LeavingError(
            f"{', '.join(there)}: still there, so the record of the first run stays; run remove.yml again"
        )
    folders = [path for path in (ours.settings, ours.files, folder) if os.path.isdir(path)]
    if not (record or traces(folder) or marked(folder)):
        # A run that was killed behind the record leaves its folder, empty.
        left.removed = [path for path in folders if not os.listdir(path)]
        left.notes.append("nothing of constellation.edge is on this host")
        _remove_all(left.removed, folder, check_mode)
        return left
    # A dry run has not taken out yet what names them.
    needed = {} if check_mode else _needed_by_nginx(folders)
    for path in folders:
        if path in needed:
            left.notes.append(f"{path} stays, because nginx's configuration names it ({needed[path]})")
        else:
            left.removed.append(path)
    if etc:
        left.remains = explained(_remaining(differences(etc, snapshot()), check_mode), call)
    if record:
        left.notes += _packages(record, call)
    else:
        left.notes.append(
            "no record of the time before the first run is on this host, which an older version of constellation.edge "
            "changed first: what else differs from before is not known"
        )
    _remove_all(left.removed, folder, check_mode)
    return left


def _remove_all(paths: list[str], folder: str, check_mode: bool) -> None:
    if check_mode or not paths:
        return
    with host_lock(path=LOCK_PATH):
        for path in paths:
            _remove(path, folder)


def _remaining(found: Mapping[str, str], check_mode: bool) -> dict[str, str]:
    """Return what differs; a dry run leaves out what earlier steps would have taken away."""
    return {
        path: change
        for path, change in found.items()
        if not (path.startswith((SETTINGS_FOLDER, SITE_FILES)) or (check_mode and FILE_WORD in path))
    }


def _needed_by_nginx(folders: list[str]) -> dict[str, str]:
    """Return, of our folders, those that nginx's configuration names, each with the line that does."""
    if find("nginx") is None:
        return {}
    try:
        lines = [line.strip() for line in read_dump().text.splitlines() if not line.lstrip().startswith("#")]
    except NginxError as error:
        raise LeavingError(f"{error}; correct nginx's configuration and run remove.yml again") from error
    return {path: line for path in folders for line in lines if f"{path}/" in line}


def _packages(record: Mapping[str, Any], call: Run) -> list[str]:
    here = installed(PACKAGES, call)
    new = [name for name in PACKAGES if name in here and name not in record["packages"]]
    if not new:
        return []
    return [
        f"packages that were installed since the first run stay: {', '.join(new)}; `apt-get purge {' '.join(new)}` "
        "removes them, and with certbot what renews the certificates"
    ]


def _remove(path: str, folder: str) -> None:
    """Remove one of our folders, the record of it last: until then a run that is killed here begins again."""
    if os.path.dirname(os.path.realpath(path)) == "/":
        # None of ours is there. What is removed here is removed whole.
        raise LeavingError(f"{path}: is no folder of constellation.edge, so it is not removed")
    try:
        if path == folder:
            last = {os.path.basename(records.path(name)) for name in (RECORD, ETC_RECORD)}
            for name in sorted(os.listdir(folder), key=lambda name: name in last):
                _remove_one(os.path.join(folder, name))
            os.rmdir(folder)
        else:
            shutil.rmtree(path)
        fsync_folder(os.path.dirname(path))
    except FileNotFoundError:
        return
    except OSError as error:
        raise LeavingError(f"{error.filename or path}: {error.strerror}; remove it by hand and run again") from error


def _remove_one(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
