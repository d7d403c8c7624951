# SPDX-License-Identifier: GPL-3.0-or-later

"""How a package delivered its configuration file, as dpkg knows it."""

from __future__ import annotations

import hashlib
import os

from ..._host.command import run
from ..files import read_text


def enabled_default(root: str) -> str:
    """Return the path of the distribution's own site, where its link in sites-enabled leads there; else ""."""
    path = os.path.join(root, "sites-available", "default")
    link = os.path.join(root, "sites-enabled", "default")
    return path if os.path.islink(link) and os.path.realpath(link) == os.path.realpath(path) else ""


def is_as_delivered(path: str) -> bool | None:
    """Tell whether a configuration file is as its package delivers it; None where it cannot be read."""
    text = read_text(path)
    if text is None:
        return None
    return hashlib.md5(text.encode("latin-1"), usedforsecurity=False).hexdigest() == packaged_md5(path)


def packaged_md5(path: str) -> str | None:
    """Return the checksum with which a package delivered its configuration file; None when no package knows it."""
    owner = _dpkg("-S", path).partition(":")[0]
    lines = _dpkg("-W", "-f", "${Conffiles}\n", owner).splitlines() if owner else []
    for line in lines:
        fields = line.split()
        if fields[:1] == [path] and len(fields) >= 2:
            return fields[1]
    return None


def _dpkg(*arguments: str) -> str:
    answer = run(["dpkg-query", *arguments])
    return answer.out if answer.rc == 0 else ""
