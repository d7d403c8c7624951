# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection remembers on a host from one run to the next: small records, whole at every moment."""

from __future__ import annotations

import json
import os
from typing import Any

from ._files import read_bytes, replace_file

FOLDER = "/var/lib/constellation-edge"


def path(name: str, folder: str = FOLDER) -> str:
    """Return the file of a record."""
    return os.path.join(folder, f"{name}.json")


def read(name: str, folder: str = FOLDER) -> dict[str, Any]:
    """Return a record; an empty one when there is none that can be read."""
    try:
        record = json.loads(read_bytes(path(name, folder)))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write(name: str, record: dict[str, Any], folder: str = FOLDER) -> None:
    """Keep a record, atomic and durable, for root alone. Raises OSError."""
    replace_file(path(name, folder), (json.dumps(record, sort_keys=True) + "\n").encode("ascii"), 0o600)
