# SPDX-License-Identifier: GPL-3.0-or-later

"""What the timer starts: names are looked up, and nginx is reloaded where their addresses are others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .._dns.addresses import Told, addresses
from .._host.errors import EdgeError
from .._host.files import host_lock, read_bytes
from .._host.names import CLIENT_NAMES_PATH, SITE_FILES
from .._nginx.process import bring_up_to_date
from .._transaction.changes import Change, Write, pending
from .._transaction.recovery import HOST, Places, recover
from .._transaction.transaction import apply
from .look import Found, last, settled
from .text import Wanted, is_file

Look = Callable[[Collection[str]], Mapping[str, Told]]


class SettingsError(EdgeError):
    """The file that says which names to look up is not as it was written."""


@dataclass(frozen=True)
class Folders:
    """Where the names are listed, where the files with their addresses are, and the folder that nginx reads."""

    settings: str = CLIENT_NAMES_PATH
    files: str = SITE_FILES
    root: str = "/etc/nginx"


@dataclass
class Refreshed:
    """What changed, and what is not as it should be."""

    changes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def refresh(
    *,
    lock_seconds: float = 300.0,
    folders: Folders = Folders(),
    host: Places = HOST,
    look: Look = addresses,
    reload: Callable[[], object] | None = None,
) -> Refreshed:
    """Bring the files with addresses in line with DNS, as one transaction that nginx accepts.

    Raises EdgeError; then the files are as they were, and so is what nginx serves.
    """
    wanted = _wanted(folders.settings)
    names = sorted({name for each in wanted.values() for name, _value in each.names})
    if not names:
        return Refreshed()
    # DNS may take its time, in which a run need not wait.
    told = look(names)
    with host_lock(lock_seconds, host.lock):
        recover(host=host)
        if _wanted(folders.settings) != wanted:
            # A run was here, and has looked the names up itself.
            return Refreshed()
        known = last(names, folders.files)
        found = {name: settled(told[name], known.get(name, ())) for name in names}
        todo = pending(_writes(wanted, found, folders.files))
        if todo:
            _apply(todo, folders.root, host, reload)
    problems = [f"{name}: {each.problem}; {_counts(each)}" for name, each in found.items() if each.problem]
    return Refreshed(_said(found, known) if todo else [], problems)


def _apply(todo: list[Change], root: str, host: Places, reload: Callable[[], object] | None) -> None:
    def follow() -> None:
        (reload or (lambda: bring_up_to_date(host=host)))()

    apply(todo, root=root, after=follow, undone=follow, host=host)


def _wanted(path: str) -> dict[str, Wanted]:
    try:
        given = json.loads(read_bytes(path))
        found = {str(name): Wanted.of(each) for name, each in given.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}): run site.yml again, which writes it") from error
    if strange := [name for name in found if not is_file(name)]:
        raise SettingsError(f"{path}: {strange[0]!r} is no file of ours: run site.yml again, which writes it")
    return found


def _writes(wanted: Mapping[str, Wanted], found: Mapping[str, Found], folder: str) -> list[Change]:
    """Return the files as they are to be. One that is not there yet is the run's, which makes it with what names it."""
    known = {name: each.addresses for name, each in found.items()}
    paths = {os.path.join(folder, name): each for name, each in wanted.items()}
    return [Write(path, each.text(known).encode()) for path, each in paths.items() if os.path.isfile(path)]


def _said(found: Mapping[str, Found], known: Mapping[str, Collection[str]]) -> list[str]:
    return [
        f"{name}: {', '.join(each.addresses)} instead of {', '.join(known.get(name, ())) or 'none'}"
        for name, each in found.items()
        if each.addresses != tuple(known.get(name, ()))
    ]


def _counts(found: Found) -> str:
    return f"it counts as {', '.join(found.addresses)}" if found.addresses else "it counts for nobody"
