# SPDX-License-Identifier: GPL-3.0-or-later

"""Which version of this collection may change a host: the newest that has (`older` keeps the others off)."""

from __future__ import annotations

import json
import os

from .files import read_bytes
from .names import STATE_FOLDER

# Of what is kept in the folder of records; version 0.1.0 has the first. A change that this version cannot read takes
# the next number.
FORMAT = 2
# Hosts have it already: it may never change.
MARK = "journal.settled.json"


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
