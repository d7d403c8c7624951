# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: where a value was written. The one file that touches a private part of ansible-core.

ansible-core tags each value of an inventory with its origin, for its own messages, and has no public way to read the
tag. Without it the messages lose file and line, nothing else; ``test_origin`` fails when a new core moves it.
"""

from __future__ import annotations

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
