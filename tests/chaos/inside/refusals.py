# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give nginx a candidate that it refuses: `python3 -m inside.refusals`; each line of output is one JSON object.

Twenty files change, and one of them, the first, a middle or the last one, holds what nginx refuses. Once nginx tests a
staged copy; once the host has no `unshare`, so that the files are written, tested and put back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from . import host, standing

FILES = 20
PLACES = {"first": 0, "middle": FILES // 2, "last": FILES - 1}
UNSHARE = "/usr/bin/unshare"
BAD = "there_is_no_such_directive"


@dataclass
class Seen:
    """What one refused candidate led to."""

    place: str
    staged: bool
    message: str = ""
    problems: list[str] = field(default_factory=list)


def arguments(version: int, bad: int | None = None) -> dict[str, Any]:
    """Return the declaration of the twenty sites; the one with the number `bad` holds what nginx refuses."""
    sites = []
    for number in range(FILES):
        name = f"f{number:02d}.test"
        directives = {"return": f"200 v{version:05d}", **({BAD: "on"} if number == bad else {})}
        sites.append({"name": name, "servers": [{"server_name": [name], "listen": ["80"], "directives": directives}]})
    return {"sites": sites, "disable_default": True}


@contextmanager
def without_unshare(hidden: bool) -> Iterator[None]:
    """Hide the program that makes the private place for a staged test."""
    if hidden:
        os.rename(UNSHARE, f"{UNSHARE}.hidden")
    try:
        yield
    finally:
        if hidden:
            os.rename(f"{UNSHARE}.hidden", UNSHARE)


def refuse(place: str, staged: bool) -> Seen:
    """Run the module with a bad candidate and hold what stands afterwards against what stood before."""
    seen = Seen(place, staged)
    names = [f"f{number:02d}.test" for number in range(FILES)]
    before = host.tree(host.NGINX, host.STATE), _workers()
    with without_unshare(not staged):
        seen.message = host.failure(host.run_module("nginx_site", arguments(1, PLACES[place])))
    if not seen.message:
        seen.problems.append("the module succeeded")
    if changed := host.differences(before[0], host.tree(host.NGINX, host.STATE)):
        seen.problems.append(f"changed: {' '.join(changed)}")
    if _workers() != before[1]:
        seen.problems.append("nginx was reloaded")
    if BAD not in seen.message or f"f{PLACES[place]:02d}.test" not in seen.message:
        seen.problems.append(f"the message does not name the place: {seen.message}")
    if (bodies := host.served(names)) != ["v00000"] * FILES:
        seen.problems.append(f"served: {bodies}")
    return seen


def _workers() -> str:
    return host.run("pgrep", "-f", "nginx: worker process").stdout


def main() -> None:
    """Refuse the candidate at each place, and at last let a good one pass."""
    standing.prepare("independent")
    if problem := host.failure(host.run_module("nginx_site", arguments(0))):
        raise SystemExit(f"the host cannot be prepared: {problem}")
    for number in range(FILES):
        path = f"{host.NGINX}/sites-available/f{number:02d}.test"
        os.setxattr(path, "user.chaos", str(number).encode())
        os.chmod(path, (0o644, 0o640, 0o600)[number % 3])
        os.chown(path, 0, (0, 33)[number % 2])
        os.utime(path, (1_000_000_000 + number, 1_000_000_000.5 + number))
    for staged in (True, False):
        for place in PLACES:
            print(json.dumps(asdict(refuse(place, staged))), flush=True)


if __name__ == "__main__":
    main()
