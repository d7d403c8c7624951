# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a transaction: what every name was before, so that it is put back after any interruption."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from typing import NamedTuple

from .._host.files import fsync_folder, read_bytes, replace_file, unlink_if_there
from .._host.versions import MARK, marked_format

ABSENT = "absent"


def fingerprint(path: str) -> str:
    """Return a short text that identifies what stands at `path`: its bytes, its link target, or its absence."""
    if os.path.islink(path):
        return "link:" + os.readlink(path)
    try:
        return content_fingerprint(read_bytes(path))
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except IsADirectoryError:
        return "folder"


def content_fingerprint(content: bytes) -> str:
    """Return the fingerprint of a file with this content."""
    return "file:" + hashlib.sha256(content).hexdigest()


class Entry(NamedTuple):
    """One name that a transaction touches."""

    path: str
    kept: str
    temporary: str
    before: str
    after: str


class Journal(NamedTuple):
    """The entries of one transaction in the order of their application, and the folders that it creates."""

    folder: str
    entries: list[Entry]
    folders: list[str]

    def open(self) -> None:
        """Write the journal: from here on an interruption is undone by the next recovery."""
        content = {"entries": [entry._asdict() for entry in self.entries], "folders": self.folders}
        replace_file(journal_path(self.folder), json.dumps(content, indent=1).encode(), 0o600)

    def close(self) -> None:
        """Settle the transaction, by a rename, which a full disk does not refuse: only originals are left to drop.

        What cannot be dropped is left to the next recovery.
        """
        os.rename(journal_path(self.folder), settled_path(self.folder))
        fsync_folder(self.folder)
        with contextlib.suppress(OSError):
            self.tidy()

    def undo(self) -> tuple[list[str], list[str]]:
        """Put every name back; return the names put back, and those left because somebody else changed them."""
        back: list[str] = []
        foreign: list[str] = []
        for entry in reversed(self.entries):
            result = _put_back(entry)
            if result is not None:
                (back if result else foreign).append(entry.path)
        self.drop_names()
        for folder in reversed(self.folders):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        self._remove()
        return back, foreign

    def tidy(self) -> None:
        """Drop the originals and the journal."""
        self.drop_names()
        self._remove()

    def drop_names(self) -> None:
        """Remove the temporary files and the second names of the originals."""
        folders: set[str] = set()
        for entry in self.entries:
            for name in (entry.temporary, entry.kept):
                # A read-only file system refuses even the removal of a name that is not there.
                if os.path.lexists(name):
                    os.unlink(name)
                    folders.add(os.path.dirname(name))
        for folder in sorted(folders):
            fsync_folder(folder)

    def _remove(self) -> None:
        unlink_if_there(journal_path(self.folder))
        unlink_if_there(settled_path(self.folder))
        if os.path.isdir(self.folder):
            fsync_folder(self.folder)


def _put_back(entry: Entry) -> bool | None:
    """Put one name back: True when it was, False when somebody else's bytes stand there, None when it is as before."""
    now = fingerprint(entry.path)
    if now == entry.before:
        return None
    if now != entry.after:
        return False
    if entry.before == ABSENT:
        os.unlink(entry.path)
    elif not os.path.lexists(entry.kept):
        return False
    else:
        os.rename(entry.kept, entry.path)
    fsync_folder(os.path.dirname(entry.path))
    return True


def journal_path(folder: str) -> str:
    """Return the path of the journal in the state folder."""
    return os.path.join(folder, "journal.json")


def settled_path(folder: str) -> str:
    """Return the path of the journal of a transaction that holds and has only originals left to drop."""
    return os.path.join(folder, "journal.done.json")


def recover_journal(folder: str) -> tuple[list[str], list[str]]:
    """Finish or undo the transaction that the journal in `folder` describes; see Journal.undo for the result."""
    shutil.rmtree(stage_path(folder), ignore_errors=True)
    for name in os.listdir(folder):
        if name.startswith(".") and name.endswith(".tmp"):
            unlink_if_there(os.path.join(folder, name))
    # The second is where version 0.1.0 had it.
    for path in (settled_path(folder), os.path.join(folder, MARK)):
        settled = _load(folder, path)
        if settled is not None:
            settled.tidy()
            unlink_if_there(path)
            return [], []
    journal = _load(folder, journal_path(folder))
    return journal.undo() if journal is not None else ([], [])


def _load(folder: str, path: str) -> Journal | None:
    try:
        content = json.loads(read_bytes(path))
        if marked_format(content):
            return None
        return Journal(folder, [Entry(**entry) for entry in content["entries"]], list(content["folders"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        # The journal is written whole or not at all, so these bytes are not ours; they are kept for the owner to see.
        os.rename(path, os.path.join(folder, "journal.unreadable"))
        return None


def stage_path(folder: str) -> str:
    """Return the path of the staged copy in the state folder."""
    return os.path.join(folder, ".stage")
