# SPDX-License-Identifier: GPL-3.0-or-later

"""An older version of this collection is kept off a host that a newer one has changed, with words.

The mark is a file that says the format of what we keep here. Version 0.1.0 knows no format. But it reads that file,
before its first change, as the journal of a transaction that is done, removes what it names, and stops with the name
of what cannot be removed: a folder. So the mark names one, whose name is the message.
"""

from __future__ import annotations

import contextlib
import json
import os

from .files import fsync_folder, make_folder, make_folders, replace_file, unlink_if_there
from .names import STATE_FOLDER
from .versions import FORMAT, MARK, marked

# Hosts have it already: it may never change.
WORDS = (
    "This host is managed by a newer constellation.edge. Nothing was changed. "
    "Run that version, or its remove.yml before you run this one"
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
