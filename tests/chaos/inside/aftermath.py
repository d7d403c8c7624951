# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands on the host after a kill, and what becomes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from . import host, sites, standing
from .calls import Seen
from .standing import Stand

# Seconds: clients that come while nginx changes its workers may still meet an old one.
SETTLED = 2.0

Say = Callable[[str], None]


def judge(before: Stand, seen: Seen, *, booted: bool = False) -> None:
    """See what stands on the host after a kill, and what becomes of it; problems go into `seen`."""
    say = seen.problems.append
    old, new = (f"v{version:05d}" for version in (before.version, before.version + 1))
    names = sites.names(before.variant)
    left = standing.site_files()
    if before.variant in sites.SAFE and (problem := host.refusal()):
        say(f"nginx -t at once: {problem}")
    if not booted and not _uniform(names, old, new):
        say(f"served at once: {host.served(names)}")
    began = time.monotonic()
    if not booted:
        done = host.run("systemctl", "restart", "nginx")
        if done.returncode:
            say(f"systemctl restart nginx: {done.stderr.strip()} {host.refusal()}")
    if not _uniform(names, old, new):
        say(f"served after {'the boot' if booted else 'systemctl restart nginx'}: {host.served(names)}")
    seen.recovery = time.monotonic() - began
    if problem := host.refusal():
        say(f"nginx -t after the restart: {problem}")
    _see_next_runs(before, names, new, say)
    after = standing.look(before.variant, before.version + 1)
    for path in {*left, *(before.files.keys() & after.files.keys())}:
        if left.get(path) not in (before.files.get(path, b""), after.files.get(path, b"")):
            say(f"{path} was neither old nor new: {left.get(path)!r}")
    if after.marks != before.marks:
        say(f"{standing.MARKED}: mode, owner or attributes were {before.marks}, are {after.marks}")
    _see_leftovers(before, after, say)


def _uniform(names: list[str], old: str, new: str) -> bool:
    return host.until(lambda: host.served(names) in ([old] * len(names), [new] * len(names)), SETTLED)


def _see_next_runs(before: Stand, names: list[str], new: str, say: Say) -> None:
    wanted = sites.arguments(before.variant, before.version + 1)
    if problem := host.failure(host.run_module("nginx_site", wanted)):
        say(f"the next run: {problem}")
    if not host.until(lambda: host.served(names) == [new] * len(names), SETTLED):
        say(f"served after the next run: {host.served(names)}")
    answer = host.run_module("nginx_site", wanted)
    if problem := host.failure(answer):
        say(f"the run after it: {problem}")
    elif answer[1]["changed"]:
        say(f"the run after it changes something: {json.dumps(answer[1])[:400]}")


def _see_leftovers(before: Stand, after: Stand, say: Say) -> None:
    expected = {path.replace(f"z{before.version % 2}.", f"z{after.version % 2}.") for path in before.paths}
    left = after.paths - expected
    left |= {str(path) for path in Path("/tmp").glob("constellation-edge-*")}
    if left:
        say(f"left behind: {' '.join(sorted(left))}")
    if missing := expected - after.paths:
        say(f"missing: {' '.join(sorted(missing))}")
