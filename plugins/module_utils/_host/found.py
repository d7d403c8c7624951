# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of what a host was before the first run: whether it is due, and what it says."""

from __future__ import annotations

import os
import time
from typing import Any

from . import records
from .files import read_bytes
from .names import ARCHIVE_PATH, COMMON_SITE_PATH, NGINX_MARK, SITE_FILES, STATE_FOLDER, TRACES
from .older import WORDS
from .versions import MARK, marked

RECORD, ETC_RECORD = "found", "found-etc"
# The record of a file that stands in a webroot while port 80 is asked for it.
OFFERED = "offered"
FORMAT = 1
# Seconds. A run that was refused has changed nothing: what its record says may be old by the time of the next one.
_STALE = 86400


def traces(folder: str = STATE_FOLDER) -> list[str]:
    """Return what a run has left on this host; nothing where none has changed it yet."""
    ours = {MARK, WORDS, *(os.path.basename(records.path(name)) for name in (RECORD, ETC_RECORD))}
    try:
        others = [
            os.path.join(folder, name)
            for name in sorted(os.listdir(folder))
            # A question to port 80 that was killed has changed nothing.
            if name not in ours and not name.lstrip(".").startswith(f"{OFFERED}-")
        ]
    except FileNotFoundError:
        others = []
    return [
        path for path in (*TRACES, SITE_FILES, COMMON_SITE_PATH) if os.path.lexists(path) and not _is_theirs(path)
    ] + others


def _is_theirs(path: str) -> bool:
    """Whether a site file has none of our marks any more."""
    return path == COMMON_SITE_PATH and os.path.isfile(path) and NGINX_MARK.encode() not in read_bytes(path)


def is_due(folder: str = STATE_FOLDER) -> bool:
    """Whether the host is as it was before the first run, and no record says so yet."""
    made = read(folder).get("made", 0)
    return not (0 <= time.time() - made < _STALE) and not traces(folder)


def is_unmarked(folder: str = STATE_FOLDER) -> bool:
    """Whether an older version would not be kept off, and nothing of one is there that would stop at the mark itself.

    Where an archive is there, `nginx_service` leaves the mark, behind its own.
    """
    return not marked(folder) and not os.path.exists(ARCHIVE_PATH)


def read(folder: str = STATE_FOLDER) -> dict[str, Any]:
    """Return the record; an empty one on a host whose first run made none."""
    record = records.read(RECORD, folder)
    return record if record.get("format") == FORMAT else {}


def read_etc(folder: str = STATE_FOLDER) -> dict[str, str]:
    """Return what the record says of the files below `/etc`."""
    return records.read(ETC_RECORD, folder)
