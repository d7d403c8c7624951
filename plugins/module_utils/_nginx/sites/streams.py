# SPDX-License-Identifier: GPL-3.0-or-later

"""The open streams of users who lose their login: noted before their file changes, ended once the change holds.

nginx asks for a password when a request begins. What began with one that counts no more goes on in the worker that has
it, so that the workers of that time have to go.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from ..._host import records
from ..._host.files import explain, fsync_folder
from ..._host.names import STATE_FOLDER
from ..._transaction.journal import fingerprint
from ..old_workers import Ended, end
from ..process import Running, renew_workers
from ..text.tokens import ConfigError
from ._password_files import path_of

#: seconds that are given where the caller says none, and the most: other runs on the host wait meanwhile
USUAL, LONGEST = 10, 120
_RECORD = "streams"


@dataclass(frozen=True)
class Lost:
    """Who loses a login with the change of one file; `before` is the fingerprint of the file as it was."""

    path: str
    before: str
    removed: list[str]
    changed: list[str]

    @property
    def holds(self) -> bool:
        """Whether the change was made and not put back."""
        return fingerprint(self.path) != self.before


class Streams:
    """What a run does about the streams, and what it says of it."""

    def __init__(self, seconds: int = USUAL, folder: str = STATE_FOLDER) -> None:
        """Name for how long a stream may go on, and the folder of the records."""
        self.ended = 0
        self.lines: list[str] = []
        self._seconds = seconds
        self._folder = folder
        self._left: list[Lost] = []
        self._new: list[Lost] = []
        self._running: Running | None = None

    @property
    def are_due(self) -> bool:
        """Whether somebody loses a login in this run, or did in one that was cut off."""
        return bool(self._left or self._new)

    @property
    def were_left(self) -> bool:
        """Whether a run that was cut off has left some."""
        return bool(self._left)

    def look(self, logins: Mapping[str, Mapping[str, list[str]]], root: str) -> None:
        """Take from the plan, by their files, who loses a login. Raises ConfigError for a time out of range."""
        if not 0 <= self._seconds <= LONGEST:
            raise ConfigError(
                f"end_streams_after: {self._seconds} is out of range: give a number of seconds from 0, for at once, to "
                f"{LONGEST}, since other runs on this host wait meanwhile. Nothing was changed"
            )
        self._left = [each for each in _read(self._folder) if each.holds]
        for name, said in logins.items():
            if said["removed"] or said["changed"]:
                path = path_of(root, name)
                self._new.append(Lost(path, fingerprint(path), said["removed"], said["changed"]))

    def predict(self) -> None:
        """Say what a run would do."""
        if self.are_due:
            self.lines.append(
                f"{_who(self._left + self._new)} would be out; all streams that are open at the reload would end "
                f"{_when(self._seconds)}"
            )

    def note(self) -> None:
        """Keep who loses a login, for the next run, where this one is cut off. Raises ConfigError."""
        if self._new:
            try:
                self._write(self._left + self._new)
            except OSError as error:
                raise ConfigError(f"{explain(error, self._folder)}. Nothing was changed") from error

    def take_back(self) -> None:
        """Have the record as it was before this run."""
        if self._new:
            # One that stays is void, as long as the files are as they were.
            with contextlib.suppress(OSError):
                self._write(self._left)

    def reload(self) -> bool:
        """Have new workers answer; the change of a file of users alone needs none. False where nginx does not run."""
        self._running = renew_workers()
        return self._running is not None

    def end(self) -> list[str]:
        """End the streams, and forget them; returns warnings."""
        done = Ended()
        if self._running is not None:
            done = end(self._running.master, self._running.leaving, self._seconds)
            self.ended = done.count
            self.lines.append(f"{_who(self._left + self._new)} is out; {_outcome(done, self._seconds)}")
        if not done.left:
            try:
                self._write([])
            except OSError as error:
                return [f"{explain(error, self._folder)}: until then, each run ends all streams again"]
            return []
        pids = ", ".join(map(str, done.left))
        return [
            f"nginx's worker {pids} is of a former configuration and does not end on SIGTERM, so that what it serves "
            f"goes on: look at `ps -fp {done.left[0]}`; the next run tries again"
        ]

    def _write(self, lost: list[Lost]) -> None:
        path = records.path(_RECORD, self._folder)
        if lost:
            records.write(_RECORD, {"lost": [asdict(each) for each in lost]}, self._folder)
        elif os.path.lexists(path):
            os.unlink(path)
            fsync_folder(self._folder)


def _read(folder: str) -> list[Lost]:
    try:
        return [Lost(**each) for each in records.read(_RECORD, folder).get("lost", [])]
    except TypeError:
        return []


def _who(lost: Iterable[Lost]) -> str:
    """Name all users once, each with the files by which he was let in."""
    removed = _named((user, each.path) for each in lost for user in each.removed)
    changed = _named((user, each.path) for each in lost for user in each.changed)
    parts = [f"logged in as {removed}"] if removed else []
    parts += [f"logged in with the former password of {changed}"] if changed else []
    return f"who was {' or '.join(parts)}"


def _named(users: Iterable[tuple[str, str]]) -> str:
    files: dict[str, list[str]] = {}
    for user, path in users:
        files.setdefault(user, []).append(os.path.basename(path))
    return ", ".join(f"{user} ({', '.join(dict.fromkeys(names))})" for user, names in files.items())


def _outcome(done: Ended, seconds: int) -> str:
    if done.left:
        return "not all of what was open before could be ended"
    if not done.count:
        return "what was open before has ended by itself"
    workers = "1 old worker" if done.count == 1 else f"{done.count} old workers"
    return f"all streams of {workers} of nginx, whoever's they were, were ended {_when(seconds)}"


def _when(seconds: int) -> str:
    return f"after {seconds} s" if seconds else "at once"
