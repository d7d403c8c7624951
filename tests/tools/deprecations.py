# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-core's deprecation warnings that name a file of ours, read from the log of its runs (``log_path``)."""

from __future__ import annotations

import re

from .checkout import ROOT

# How a record of the log begins; what belongs to it may go on over several lines.
_RECORD = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ p=\d+ u=.*? n=\S+ \w+\| ", re.MULTILINE)
_OURS = re.compile(rf"constellation[./]edge|{re.escape(str(ROOT))}/(?!\.venv|\.cache)")


def of_ours(log: str) -> list[str]:
    """Return the deprecation warnings in a log that name the collection or a file of this checkout, each once."""
    records = (record.strip() for record in _RECORD.split(log))
    found = (record for record in records if record.startswith("[DEPRECATION WARNING]"))
    return list(dict.fromkeys(record for record in found if _OURS.search(record)))
