# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a sentinel from calling an address: the way there first, then what Mono thinks of the certificate."""

from __future__ import annotations

from .reach import Trouble, reach
from .server_uri import ServerUri
from .trust import distrust


def obstacle(uri: ServerUri, pid: int) -> Trouble | None:
    """Return what is in the way of the sentinel with this process (0 for none), None when nothing is."""
    return reach(uri) or distrust(uri, pid)
