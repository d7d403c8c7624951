# SPDX-License-Identifier: GPL-3.0-or-later

"""Several files as one change: tested by nginx before it is live, atomic, durable, put back when a later step fails.

docs/architecture.md tells the order. Who computes from files on the host calls `recover()` before reading them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, Union

from .._host.command import find
from .._host.errors import EdgeError
from .._host.files import (
    exchange,
    explain,
    fsync_folder,
    host_lock,
    keep_name,
    make_folder,
    make_folders,
    missing_folders,
    read_bytes,
    unlink_if_there,
    write_new,
)
from .._host.names import LOCK_PATH, STATE_FOLDER, TEMPORARY
from ._nginx_warnings import conflicts, remarks
from .journal import ABSENT, Entry, Journal, content_fingerprint, fingerprint, recover_journal, stage_path
from .staging import Verdict, copy_tree, test_live, test_staged


class TransactionError(EdgeError):
    """The change was refused or put back; the message names the place and the remedy."""


class Original(Enum):
    """What a candidate was made from, when it was not the bytes of a file."""

    UNKNOWN = "unknown"
    ABSENT = "absent"


@dataclass(frozen=True)
class Write:
    """A file's whole new content. A symbolic link at `path` stays: its target is edited.

    `mode` counts for a new file; an existing one keeps owner, mode and extended attributes. `original` is what the
    candidate was made from: when something else stands there by then, nothing is written.
    """

    path: str
    content: bytes
    mode: int = 0o644
    original: bytes | Original = field(default=Original.UNKNOWN, compare=False, repr=False)


@dataclass(frozen=True)
class Link:
    """A symbolic link at `path` that holds `target`, made or swapped in one step."""

    path: str
    target: str


@dataclass(frozen=True)
class Remove:
    """No file and no link at `path`; a link's target stays."""

    path: str


Change = Union[Write, Link, Remove]  # noqa: UP007 - pylint knows no other way


class Places(NamedTuple):
    """Where the parts of the host are: the folder for state, the lock file, the nginx program (a name or a path)."""

    state: str = STATE_FOLDER
    lock: str = LOCK_PATH
    nginx: str = "nginx"


HOST = Places()

# The state folders whose transaction this process is carrying out: the lock lets its own process pass.
_open: set[str] = set()


def pending(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that differ from what is on disk, each Write with the bytes that it would replace."""
    result: list[Change] = []
    for change in _checked(changes):
        path = _place(change)
        with _errors_explained(path):
            now = fingerprint(path)
        if now == _wanted(change):
            continue
        if isinstance(change, Write) and change.original is Original.UNKNOWN:
            result.append(replace(change, original=_bytes_at(path)))
        else:
            result.append(change)
    return result


def diffs(changes: Iterable[Change]) -> list[dict[str, str]]:
    """Return Ansible's `diff` entries of what differs; a file that only its owner may read is not shown."""
    return [
        {"before_header": change.path, "after_header": change.path, **_shown_change(change, _place(change))}
        for change in pending(changes)
    ]


def recover(*, host: Places = HOST) -> list[str]:
    """Finish or undo a transaction that was cut off; return the names that were put back. Does nothing otherwise."""
    if not os.path.isdir(host.state) or host.state in _open:
        return []
    with host_lock(path=host.lock):
        try:
            return recover_journal(host.state)[0]
        except OSError as error:
            raise TransactionError(
                f"a change that was cut off cannot be put back: {explain(error, host.state)}"
            ) from error


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
    with _errors_explained(root, exact=False):
        stage = tempfile.mkdtemp(prefix=TEMPORARY, dir=folder)
        return _staged_test_passes(nginx, todo, root, stage, notes)


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
    if host.state in _open:
        raise TransactionError("a transaction cannot begin inside the last step of another one; combine their changes")
    with host_lock(path=host.lock):
        recover(host=host)
        todo = _ordered(pending(changes))
        if not todo:
            if after is not None:
                _call_after(after)
            return []
        _refuse_unsafe(todo)
        nginx = find(host.nginx) if test else None
        with _errors_explained(root, exact=False):
            tested = nginx is None or _staged_test_passes(nginx, todo, root, _new_stage(host), notes)
            backups = _back_up(todo, host) if backup else []
            _Run(order(todo), host, None if tested else nginx, notes).run(after, undone)
        return backups


class _Run:
    """The part of a transaction that changes files."""

    def __init__(self, todo: Sequence[Change], host: Places, live_test: str | None, notes: list[str] | None) -> None:
        token = secrets.token_hex(4)
        self.todo = todo
        self.live_test = live_test
        self.notes = notes
        self.before = None if live_test is None or notes is None else test_live(live_test)
        entries = [_entry(change, token) for change in todo]
        folders: list[str] = []
        for change in todo:
            if not isinstance(change, Remove):
                missing = missing_folders(os.path.dirname(_place(change)))
                folders += [folder for folder in missing if folder not in folders]
        self.journal = Journal(host.state, entries, folders)

    def run(self, after: Callable[[], None] | None, undone: Callable[[], None] | None) -> None:
        """Write, test where it was not possible before, call `after`, and close; or put everything back."""
        _open.add(self.journal.folder)
        try:
            self._run(after, undone)
        finally:
            _open.discard(self.journal.folder)

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
            with _errors_explained(change.path):
                exists = os.path.lexists(entry.path)
                if isinstance(change, Write):
                    write_new(entry.temporary, change.content, change.mode, entry.path if exists else None)
                elif isinstance(change, Link):
                    os.symlink(change.target, entry.temporary)
                if exists:
                    keep_name(entry.path, entry.kept)
        for folder in sorted({os.path.dirname(entry.path) for entry in self.journal.entries}):
            fsync_folder(folder)

    def _swap(self) -> None:
        for change, entry in zip(self.todo, self.journal.entries, strict=True):
            with _errors_explained(change.path):
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
            raise TransactionError(_refusal(verdict, self.todo))
        if self.notes is not None:
            _judge_warnings(verdict, self.before, self.notes)

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


def _call_after(after: Callable[[], None]) -> None:
    try:
        after()
    except Exception as error:
        raise TransactionError(f"{error}; no file had been changed") from error


def _call_undone(undone: Callable[[], None] | None) -> str:
    try:
        if undone is not None:
            undone()
    except Exception as error:
        return f"; the step after putting back failed: {error}"
    return ""


@contextlib.contextmanager
def _errors_explained(path: str, *, exact: bool = True) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransactionError(f"{explain(error, path, exact=exact)}. Nothing was changed") from error


def _checked(changes: Iterable[Change]) -> list[Change]:
    """Return the changes with exact repetitions dropped; refuse a relative path and two changes of one name."""
    seen: dict[str, Change] = {}
    for change in changes:
        if not os.path.isabs(change.path):
            raise TransactionError(f"{change.path}: give an absolute path")
        place = _place(change)
        if seen.setdefault(place, change) != change and not _same(seen[place], change):
            raise TransactionError(f"{change.path}: named by two different changes of one transaction ({place})")
    return list(seen.values())


def _same(one: Change, other: Change) -> bool:
    return type(one) is type(other) and _wanted(one) == _wanted(other)


def _place(change: Change) -> str:
    """Return the name that changes: for a Write the file behind every link, otherwise the name itself."""
    if isinstance(change, Write):
        place = os.path.realpath(change.path)
        if os.path.islink(place):
            raise TransactionError(f"{change.path}: its symbolic links lead in a circle; remove the link")
        return place
    folder, name = os.path.split(change.path.rstrip("/"))
    return os.path.join(os.path.realpath(folder), name)


def _wanted(change: Change) -> str:
    if isinstance(change, Write):
        return content_fingerprint(change.content)
    return "link:" + change.target if isinstance(change, Link) else ABSENT


def _bytes_at(path: str) -> bytes | Original:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return Original.ABSENT
    except OSError:
        return Original.UNKNOWN


def _ordered(todo: list[Change]) -> list[Change]:
    """Sort: new files, changed files, links, links that go, files that go."""

    def rank(change: Change) -> int:
        if isinstance(change, Write):
            return 1 if os.path.lexists(_place(change)) else 0
        if isinstance(change, Link):
            return 2
        return 3 if os.path.islink(_place(change)) else 4

    return sorted(todo, key=rank)


def _refuse_unsafe(todo: Iterable[Change]) -> None:
    for change in todo:
        place = _place(change)
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
        if (
            isinstance(change, Write)
            and change.original is not Original.UNKNOWN
            and change.original != _bytes_at(place)
        ):
            raise TransactionError(f"{change.path}: changed since it was read; nothing was written, run again")


def _entry(change: Change, token: str) -> Entry:
    path = _place(change)
    folder, name = os.path.split(path)
    prefix = os.path.join(folder, f".{name[:180]}.{token}")
    before = fingerprint(path)
    if isinstance(change, Write) and change.original is not Original.UNKNOWN:
        before = ABSENT if isinstance(change.original, Original) else content_fingerprint(change.original)
    return Entry(path, f"{prefix}.old", f"{prefix}.new", before, _wanted(change))


def _new_stage(host: Places) -> str:
    stage = stage_path(host.state)
    make_folders(host.state)
    os.mkdir(stage, 0o700)
    return stage


def _staged_test_passes(nginx: str, todo: Sequence[Change], root: str, stage: str, notes: list[str] | None) -> bool:
    """Test the candidate in the folder `stage`, which then goes; False when that is not possible on this host.

    Where `notes` takes its warnings, what was there before is asked for its own. Raises TransactionError.
    """
    before: Verdict | None = None
    try:
        # Explained at once, as in _prepare.
        with _errors_explained(stage, exact=False):
            verdict = _stage_and_test(nginx, todo, root, stage)
            if verdict is not None and verdict.warnings and notes is not None:
                shutil.rmtree(stage, ignore_errors=True)
                os.mkdir(stage, 0o700)
                before = _stage_and_test(nginx, [], root, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    if verdict is not None and not verdict.accepted:
        raise TransactionError(_refusal(verdict, todo))
    if verdict is not None and notes is not None:
        _judge_warnings(verdict, before, notes)
    return verdict is not None


def _judge_warnings(verdict: Verdict, before: Verdict | None, notes: list[str]) -> None:
    """Refuse a candidate of which nginx would ignore a server that it does not ignore now; note its other warnings.

    Nothing is held against one that mends what nginx refuses now, since nobody knows what that would have ignored.
    """
    known = verdict.warnings if before is None or not before.accepted else before.warnings
    lost = conflicts(verdict.warnings, known)
    if lost:
        raise TransactionError(lost)
    notes += remarks(verdict.warnings, known)


def _stage_and_test(nginx: str, todo: Sequence[Change], root: str, stage: str) -> Verdict | None:
    """Build the candidate and test it; None when the kernel, or a change outside `root`, forbids it."""
    real_root = os.path.realpath(root)
    if not os.path.isdir(real_root):
        raise TransactionError(f"{root}: is not a folder, so nothing was tested or changed; name nginx's own folder")
    copy = os.path.join(stage, "root")
    mounts = [(copy, real_root)]
    copy_tree(real_root, copy)
    for number, change in enumerate(todo):
        place = _place(change)
        inside = os.path.relpath(place, real_root)
        if not inside.startswith(".." + os.sep):
            _stage_change(change, os.path.join(copy, inside))
        elif isinstance(change, Write) and os.path.isfile(place):
            mounts.append((os.path.join(stage, f"file{number}"), place))
            _stage_change(change, mounts[-1][0])
        else:
            return None
    memory = os.path.join(stage, "memory")
    os.mkdir(memory, 0o700)
    return test_staged(nginx, mounts, memory)


def _stage_change(change: Change, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if isinstance(change, Write):
        with open(path, "wb") as stream:
            stream.write(change.content)
        return
    unlink_if_there(path)
    if isinstance(change, Link):
        os.symlink(change.target, path)


def _refusal(verdict: Verdict, todo: Iterable[Change]) -> str:
    """Say what nginx refused, where, and what to do."""
    ours = {os.path.realpath(change.path): change.path for change in todo}
    place, problem = verdict.place, verdict.problem
    if place is None:
        where, remedy = "", "correct what was asked for, or the file that nginx names"
    else:
        where = f"{place[0]} line {place[1]}: "
        problem = problem.removesuffix(f" in {place[0]}:{place[1]}")
        remedy = (
            "this line is part of the change: correct what was asked for"
            if os.path.realpath(place[0]) in ours
            else "this file is not part of the change: correct it, or what it shares with the change"
        )
    return f"nginx refuses the new configuration and nothing was changed. {where}{problem}. Remedy: {remedy}"


def _back_up(todo: Iterable[Change], host: Places) -> list[str]:
    """Copy each original under the state folder, where no include reads it; return the copies' paths."""
    folder = os.path.join(host.state, "backup", time.strftime("%Y%m%dT%H%M%S") + "-" + secrets.token_hex(2))
    copies: list[str] = []
    for change in todo:
        place = _place(change)
        if not os.path.isfile(place) or os.path.islink(place):
            continue
        copy = os.path.join(folder, place.lstrip("/"))
        os.makedirs(os.path.dirname(copy), mode=0o700, exist_ok=True)
        write_new(copy, read_bytes(place), 0o600, place)
        copies.append(copy)
    return copies


def _shown_change(change: Change, path: str) -> dict[str, str]:
    before: bytes | Original = b""
    after, mode = b"", getattr(change, "mode", 0o644)
    if os.path.islink(path):
        before = f"link to {os.readlink(path)}\n".encode()
    elif os.path.exists(path):
        before, mode = _bytes_at(path), os.stat(path).st_mode
    if isinstance(change, Link):
        after = f"link to {change.target}\n".encode()
    elif isinstance(change, Write):
        after = change.content
    return {"before": _shown(before, mode), "after": _shown(after, mode)}


def _shown(content: bytes | Original, mode: int) -> str:
    if isinstance(content, Original) or not content:
        return ""
    return f"(private, {len(content)} bytes)\n" if mode & 0o077 == 0 else content.decode("utf-8", "backslashreplace")
