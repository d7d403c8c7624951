# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: where a value was written. The one file that touches a private part of ansible-core.

ansible-core tags each value of an inventory with its origin, for its own messages, and has no public way to read the
tag. Without it the messages lose file and line, nothing else; ``test_origin`` fails when a new core moves it.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

_Origin: Any
try:
    from ansible._internal._datatag._tags import Origin as _Origin
except ImportError:
    _Origin = None


def where(value: object) -> str:
    """Return ``file:line: `` of a value that an owner wrote, "" when it is not known."""
    origin = _Origin.get_tag(value) if _Origin else None
    if origin is None or not origin.path:
        return ""
    return f"{os.path.relpath(origin.path)}{':' + str(origin.line_num) if origin.line_num else ''}: "


def place(value: object) -> tuple[str, int, int]:
    """Return file, line and column of a value; "" and 0 for what is not known."""
    origin = _Origin.get_tag(value) if _Origin else None
    return ("", 0, 0) if origin is None else (origin.path or "", origin.line_num or 0, origin.col_num or 0)


def written(value: object) -> str:
    """Return the rest of the line, from where a value was written on; "" when that is not known."""
    origin = _Origin.get_tag(value) if _Origin else None
    if origin is None or not (origin.path and origin.line_num and origin.col_num):
        return ""
    try:
        with open(origin.path, encoding="utf-8") as stream:
            line = next(itertools.islice(stream, origin.line_num - 1, None), "")
    except (OSError, UnicodeDecodeError):
        return ""
    return line[origin.col_num - 1 :].rstrip("\n")
