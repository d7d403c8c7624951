# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of this collection may change a host: the newest that has. An older one is refused, with words.

The mark is a file that says the format of what we keep here. Version 0.1.0 knows no format. But it reads that file,
before its first change, as the journal of a transaction that is done, removes what it names, and stops with the name
of what cannot be removed: a folder. So the mark names one, whose name is the message.
"""

from __future__ import annotations

import contextlib
import json
import os

from .files import fsync_folder, make_folder, make_folders, read_bytes, replace_file, unlink_if_there
from .names import STATE_FOLDER

# Of what is kept in the folder of records; version 0.1.0 has the first. A change that this version cannot read takes
# the next number.
FORMAT = 2
# Hosts have both already: neither may ever change.
MARK = "journal.settled.json"
WORDS = (
    "This host is managed by a newer constellation.edge. Nothing was changed. "
    "Run that version, or its remove.yml before you run this one"
)


def marked(folder: str = STATE_FOLDER) -> int:
    """Return the format that the mark in the folder of records says; 0 where there is none."""
    try:
        return marked_format(json.loads(read_bytes(os.path.join(folder, MARK))))
    except (OSError, ValueError):
        return 0


def marked_format(content: object) -> int:
    """Return the format that the content of such a file says; 0 for a journal that version 0.1.0 left."""
    said = content.get("format") if isinstance(content, dict) else None
    return said if isinstance(said, int) else 0


def too_new(folder: str = STATE_FOLDER) -> str:
    """Return why this version may not change the host; empty where it may."""
    found = marked(folder)
    if found <= FORMAT:
        return ""
    return (
        f"a newer version of constellation.edge manages this host (what it keeps has format {found}, this version"
        f" knows {FORMAT}): run that version, or its remove.yml before you run this one"
    )


def keep_older_off(folder: str = STATE_FOLDER) -> None:
    """Leave the mark, unless it is there. Raises OSError.

    What the host runs by itself must know the mark already: the archive of version 0.1.0 would stop at it, too.
    """
    words = os.path.join(folder, WORDS)
    if marked(folder) and os.path.isdir(words):
        return
    make_folders(folder)
    make_folder(words, 0o700)
    entry = {"path": "", "kept": words, "temporary": words, "before": "", "after": ""}
    content = {"format": FORMAT, "entries": [entry], "folders": []}
    replace_file(os.path.join(folder, MARK), json.dumps(content, indent=1).encode() + b"\n", 0o600)


def let_older_in(folder: str = STATE_FOLDER) -> None:
    """Take the mark away, as the last of what we leave. Raises OSError."""
    if not marked(folder):
        return
    unlink_if_there(os.path.join(folder, MARK))
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(os.path.join(folder, WORDS))
    fsync_folder(folder)
