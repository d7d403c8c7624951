# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a plugin is there for the certbot of this host, without running certbot, which would take its locks."""

from __future__ import annotations

import os

from .._host.command import find, run

_FIND = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"


def has_plugin(name: str) -> bool:
    """Ask the Python of the installed certbot for its plugin ``nginx`` or ``apache``."""
    # Both are part of the snap.
    if os.path.exists("/snap/bin/certbot"):
        return True
    program = find("certbot")
    if program is None:
        return False
    try:
        with open(program, "rb") as stream:
            head = stream.readline(300)
    except OSError:
        return False
    words = os.fsdecode(head[2:]).split() if head.startswith(b"#!") else []
    return bool(words) and run([*words, "-c", _FIND, f"certbot_{name}"]).rc == 0
