# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection remembers on a host from one run to the next: small records, whole at every moment."""

from __future__ import annotations

import json
import os
from typing import Any

from .files import read_bytes, replace_file
from .names import STATE_FOLDER


def path(name: str, folder: str = STATE_FOLDER) -> str:
    """Return the file of a record."""
    return os.path.join(folder, f"{name}.json")


def read(name: str, folder: str = STATE_FOLDER) -> dict[str, Any]:
    """Return a record; an empty one when there is none that can be read."""
    try:
        record = json.loads(read_bytes(path(name, folder)))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write(name: str, record: dict[str, Any], folder: str = STATE_FOLDER) -> None:
    """Keep a record, atomic and durable, for root alone. Raises OSError."""
    replace_file(path(name, folder), (json.dumps(record, sort_keys=True) + "\n").encode("ascii"), 0o600)
