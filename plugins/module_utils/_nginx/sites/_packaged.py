# SPDX-License-Identifier: GPL-3.0-or-later

"""How a package delivered its configuration file, as dpkg knows it."""

from __future__ import annotations

from ..._host.command import run


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
