# SPDX-License-Identifier: GPL-3.0-or-later

"""Several files as one change: tested by nginx before it is live, atomic, durable, put back when a later step fails.

docs/architecture.md tells the order.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence

from .._host.command import find
from .._host.files import (
    exchange,
    explain,
    explained,
    fsync_folder,
    host_lock,
    keep_name,
    make_folder,
    missing_folders,
    read_bytes,
    write_new,
)
from .._host.names import TEMPORARY
from ._candidate import judge_warnings, new_stage, refusal, staged_test_passes
from .changes import (
    Change,
    Link,
    Original,
    Remove,
    TransactionError,
    Write,
    after_no_change,
    bytes_at,
    pending,
    place_of,
    wanted_print,
)
from .journal import ABSENT, Entry, Journal, content_fingerprint, fingerprint
from .recovery import HOST, Places, recover, under_way
from .staging import test_live


def check(
    changes: Iterable[Change],
    *,
    root: str = "/etc/nginx",
    folder: str | None = None,
    notes: list[str] | None = None,
    host: Places = HOST,
) -> bool:
    """Let nginx judge the changes, copied below `folder`; False when it is not installed or the kernel forbids that.

    Where `notes` takes what nginx warns of, a server that it would ignore because of them is refused, too. Raises
    TransactionError when nginx refuses the candidate.
    """
    todo = pending(changes)
    nginx = find(host.nginx)
    if nginx is None:
        return False
    with explained(root):
        stage = tempfile.mkdtemp(prefix=TEMPORARY, dir=folder)
        return staged_test_passes(nginx, todo, root, stage, notes)


def apply(
    changes: Iterable[Change],
    *,
    root: str = "/etc/nginx",
    test: bool = True,
    after: Callable[[], None] | None = None,
    undone: Callable[[], None] | None = None,
    backup: bool = False,
    order: Callable[[list[Change]], list[Change]] = list,
    notes: list[str] | None = None,
    host: Places = HOST,
) -> list[str]:
    """Bring the changes to disk as one transaction and return the paths of the backups (with `backup`).

    `root` is the folder that nginx reads, for the test; `order` may sort what passes it. Where `notes` takes what nginx
    warns of, a server that it would ignore because of the changes is refused, too. When `after`, with everything in
    place, raises, all is put back, `undone` runs (to reload that) and a TransactionError tells.
    """
    if host.state in under_way:
        raise TransactionError("a transaction cannot begin inside the last step of another one; combine their changes")
    with host_lock(path=host.lock):
        recover(host=host)
        todo = _ordered(pending(changes))
        if not todo:
            if after is not None:
                after_no_change(after)
            return []
        _refuse_unsafe(todo)
        nginx = find(host.nginx) if test else None
        with explained(root):
            tested = nginx is None or staged_test_passes(nginx, todo, root, new_stage(host.state), notes)
            backups = _back_up(todo, host) if backup else []
            _Run(order(todo), host, None if tested else nginx, notes).run(after, undone)
        return backups


class _Run:
    """The part of a transaction that changes files."""

    def __init__(self, todo: Sequence[Change], host: Places, live_test: str | None, notes: list[str] | None) -> None:
        token = os.urandom(4).hex()
        self.todo = todo
        self.live_test = live_test
        self.notes = notes
        self.before = None if live_test is None or notes is None else test_live(live_test)
        entries = [_entry(change, token) for change in todo]
        folders: list[str] = []
        for change in todo:
            if not isinstance(change, Remove):
                missing = missing_folders(os.path.dirname(place_of(change)))
                folders += [folder for folder in missing if folder not in folders]
        self.journal = Journal(host.state, entries, folders)

    def run(self, after: Callable[[], None] | None, undone: Callable[[], None] | None) -> None:
        """Write, test where it was not possible before, call `after`, and close; or put everything back."""
        under_way.add(self.journal.folder)
        try:
            self._run(after, undone)
        finally:
            under_way.discard(self.journal.folder)

    def _run(self, after: Callable[[], None] | None, undone: Callable[[], None] | None) -> None:
        self.journal.open()
        try:
            self._prepare()
            self._swap()
            self._judge()
        except BaseException as error:
            self._undo(error)
            raise
        try:
            if after is not None:
                after()
            for entry in self.journal.entries:
                # Who had the original open wrote into what is kept.
                if os.path.lexists(entry.kept):
                    _refuse_foreign(entry, entry.kept)
            self.journal.close()
        except Exception as error:
            note = self._undo(error)
            note += _call_undone(undone)
            raise TransactionError(f"{error}; {note}") from error
        except BaseException as error:
            self._undo(error)
            raise

    def _prepare(self) -> None:
        for folder in self.journal.folders:
            make_folder(folder)
        for change, entry in zip(self.todo, self.journal.entries, strict=True):
            # Explained at once: when the temporary files are gone again, a full disk looks as if it had space.
            with explained(change.path, exact=True):
                exists = os.path.lexists(entry.path)
                if isinstance(change, Write):
                    like = entry.path if exists and change.group is None else None
                    write_new(entry.temporary, change.content, change.mode, like, change.group)
                elif isinstance(change, Link):
                    os.symlink(change.target, entry.temporary)
                if exists:
                    keep_name(entry.path, entry.kept)
        for folder in sorted({os.path.dirname(entry.path) for entry in self.journal.entries}):
            fsync_folder(folder)

    def _swap(self) -> None:
        for change, entry in zip(self.todo, self.journal.entries, strict=True):
            with explained(change.path, exact=True):
                if isinstance(change, Remove):
                    _refuse_foreign(entry, entry.path)
                    os.unlink(entry.path)
                elif entry.before == ABSENT or not exchange(entry.temporary, entry.path):
                    _refuse_foreign(entry, entry.path)
                    os.rename(entry.temporary, entry.path)
                elif fingerprint(entry.temporary) != entry.before:
                    exchange(entry.temporary, entry.path)
                    _refuse_foreign(entry, entry.path)
                fsync_folder(os.path.dirname(entry.path))

    def _judge(self) -> None:
        if self.live_test is None:
            return
        verdict = test_live(self.live_test)
        if not verdict.accepted:
            raise TransactionError(refusal(verdict, self.todo))
        if self.notes is not None:
            judge_warnings(verdict, self.before, self.notes)

    def _undo(self, reason: BaseException) -> str:
        try:
            foreign = self.journal.undo()[1]
        except OSError as error:
            raise TransactionError(
                f"{reason}; putting the previous files back failed too: {explain(error, self.journal.folder)};"
                " the next run tries again"
            ) from error
        if foreign:
            names = ", ".join(foreign)
            return f"the previous files were put back, except those that somebody else changed meanwhile: {names}"
        return "every file was put back as it was"


def _refuse_foreign(entry: Entry, path: str) -> None:
    """Stop when `path` does not hold what the change was made from."""
    if fingerprint(path) != entry.before:
        raise TransactionError(
            f"{entry.path}: somebody else changed it in this moment; nothing of this run was kept, run again"
        )


def _call_undone(undone: Callable[[], None] | None) -> str:
    try:
        if undone is not None:
            undone()
    except Exception as error:
        return f"; the step after putting back failed: {error}"
    return ""


def _ordered(todo: list[Change]) -> list[Change]:
    """Sort: new files, changed files, links, links that go, files that go."""

    def rank(change: Change) -> int:
        if isinstance(change, Write):
            return 1 if os.path.lexists(place_of(change)) else 0
        if isinstance(change, Link):
            return 2
        return 3 if os.path.islink(place_of(change)) else 4

    return sorted(todo, key=rank)


def _refuse_unsafe(todo: Iterable[Change]) -> None:
    for change in todo:
        place = place_of(change)
        folder = os.path.dirname(place)
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        if not os.path.isdir(folder):
            raise TransactionError(f"{change.path}: {folder} is not a folder; move it away")
        with contextlib.suppress(FileNotFoundError):
            status = os.lstat(place)
            if stat.S_ISDIR(status.st_mode):
                raise TransactionError(f"{change.path}: a folder stands where a file is wanted; move it away")
            if not stat.S_ISREG(status.st_mode) and not stat.S_ISLNK(status.st_mode):
                raise TransactionError(f"{change.path}: neither a file nor a link stands there; remove it")
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                raise TransactionError(
                    f"{change.path}: the file has {status.st_nlink} names (hard links), and replacing one would part"
                    f" them; find the others with `find / -xdev -samefile {place}` and keep one"
                )
        if isinstance(change, Write) and change.original is not Original.UNKNOWN and change.original != bytes_at(place):
            raise TransactionError(f"{change.path}: changed since it was read; nothing was written, run again")


def _entry(change: Change, token: str) -> Entry:
    path = place_of(change)
    folder, name = os.path.split(path)
    prefix = os.path.join(folder, f".{name[:180]}.{token}")
    before = fingerprint(path)
    if isinstance(change, Write) and change.original is not Original.UNKNOWN:
        before = ABSENT if isinstance(change.original, Original) else content_fingerprint(change.original)
    return Entry(path, f"{prefix}.old", f"{prefix}.new", before, wanted_print(change))


def _back_up(todo: Iterable[Change], host: Places) -> list[str]:
    """Copy each original under the state folder, where no include reads it; return the copies' paths."""
    folder = os.path.join(host.state, "backup", time.strftime("%Y%m%dT%H%M%S") + "-" + os.urandom(2).hex())
    copies: list[str] = []
    for change in todo:
        place = place_of(change)
        if not os.path.isfile(place) or os.path.islink(place):
            continue
        copy = os.path.join(folder, place.lstrip("/"))
        os.makedirs(os.path.dirname(copy), mode=0o700, exist_ok=True)
        write_new(copy, read_bytes(place), 0o600, place)
        copies.append(copy)
    return copies
