# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a disk have no room: `python3 -m inside.space VARIANT PLACE CAUSE`; each line of output is one JSON object.

PLACE is `sites` (nginx's folder) or `state` (the collection's), which moves to a small file system of its own. CAUSE is
`full` or `inodes`: first nothing is free, then one page or inode more each time, until the module succeeds, so that it
runs out of room at each of its steps; or it is `read-only`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from . import aftermath, host, sites, small_disk, standing
from .host import Answer
from .small_disk import FOLDERS, ROOM


@dataclass
class Seen:
    """What one lack of room led to; `when` is how much was left, or from which call on there was none."""

    variant: str
    place: str
    cause: str
    when: int
    message: str = ""
    problems: list[str] = field(default_factory=list)


def lacks(variant: str, place: str, cause: str) -> None:
    """Take all room away, then give a bit more each time until the module succeeds."""
    folder = FOLDERS[place]
    standing.prepare(variant)
    with small_disk.small(folder):
        for free in range(ROOM):
            small_disk.leave(folder, cause, free)
            seen = attempt(Seen(variant, place, cause, free), 0)
            print(json.dumps(asdict(seen)), flush=True)
            if not seen.message:
                return
    print(json.dumps(asdict(Seen(variant, place, cause, ROOM, problems=["no room was enough"]))))


def read_only(variant: str, place: str) -> None:
    """Take away the right to write."""
    standing.prepare(variant)
    with small_disk.small(FOLDERS[place]):
        small_disk.forbid_writing(FOLDERS[place])
        seen = attempt(Seen(variant, place, "read-only", 0), 0)
        if not seen.message:
            seen.problems.append("the module succeeded")
        print(json.dumps(asdict(seen)), flush=True)


def attempt(seen: Seen, version: int, run: Callable[[dict[str, Any]], Answer] | None = None) -> Seen:
    """Run the module for the next version and hold what stands afterwards against what stood before."""
    wanted = sites.arguments(seen.variant, version + 1)
    before = host.tree(host.NGINX, host.STATE)
    seen.message = host.failure(run(wanted) if run else host.run_module("nginx_site", wanted))
    after = host.tree(host.NGINX, host.STATE)
    names = sites.names(seen.variant)
    bodies = [f"v{version if seen.message else version + 1:05d}"] * len(names)
    if not host.until(lambda: host.served(names) == bodies, aftermath.SETTLED):
        seen.problems.append(f"served: {host.served(names)}")
    if seen.message:
        _see_failure(seen, host.differences(before, after))
    return seen


def _see_failure(seen: Seen, changed: list[str]) -> None:
    # What nginx has loaded is noted again when it was reloaded twice; what fills the disk is the trial's own.
    own = (f"{host.STATE}/loaded.json", f"{FOLDERS[seen.place]}/{small_disk.FILL}")
    changed = [path for path in changed if not path.startswith(own)]
    if changed:
        seen.problems.append(f"changed though the run failed: {' '.join(changed)}")
    if small_disk.SAYS[seen.cause] not in seen.message or FOLDERS[seen.place] not in seen.message:
        seen.problems.append(f"the message does not say what is {seen.cause}: {seen.message}")
    if "othing was changed" not in seen.message and "was put back" not in seen.message:
        seen.problems.append(f"the message does not say what was changed: {seen.message}")
    if problem := host.refusal():
        seen.problems.append(f"nginx -t: {problem}")


def main(variant: str, place: str, cause: str) -> None:
    """Do what the command line says."""
    if cause == "read-only":
        read_only(variant, place)
    else:
        lacks(variant, place, cause)


if __name__ == "__main__":
    main(*sys.argv[1:])
