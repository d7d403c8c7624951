# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill `fail2ban_jails` at system calls of its own, and see whether somebody is still banned.

`python3 -m inside.bans CALLS STEP LANE LANES` kills at every STEP-th call of CALLS, of which the lane takes every
LANES-th, a run that changes the jail for sshd. Before each one, the host is put back to the jail of before. Each line
of output is one JSON object.
"""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import host, snapshot
from .calls import Seen, kill, traced

MODULE, JAIL = "fail2ban_jails", "sshd"
FILE = Path("/etc/fail2ban/jail.d/zz-constellation-edge.local")
OLD, NEW = 7, 6
# A documentation address, which no client of the lab has.
ADDRESS = "203.0.113.77"
BEFORE = "before"
SETTLED = 20.0


def arguments(maxretry: int) -> dict[str, Any]:
    """Return the declaration of one jail."""
    return {"jails": [{"name": JAIL, "backend": "systemd", "maxretry": maxretry}]}


def series(calls: str, step: int, lane: int, lanes: int) -> None:
    """Kill at every `step`-th call, as far as this lane's share of it goes."""
    if problem := host.failure(host.run_module(MODULE, arguments(OLD))):
        raise SystemExit(f"the host cannot be prepared: {problem}")
    old = FILE.read_bytes()
    snapshot.keep(BEFORE)
    lines = traced(MODULE, arguments(NEW), calls)
    new = FILE.read_bytes()
    for k in list(range((step + 1) // 2, len(lines) + 1, step))[lane::lanes]:
        snapshot.restore(BEFORE)
        seen = Seen(MODULE, calls, k)
        kill(seen, MODULE, arguments(NEW), lines)
        judge(seen, (old, new))
        print(json.dumps(asdict(seen)), flush=True)


def judge(seen: Seen, texts: tuple[bytes, bytes]) -> None:
    """See what stands on the host after a kill, and what the next runs make of it; problems go into `seen`."""
    say = seen.problems.append
    if FILE.read_bytes() not in texts:
        say(f"{FILE} was neither old nor new at once")
    if (test := host.run("fail2ban-client", "-t")).returncode:
        say(f"fail2ban-client -t at once: {test.stdout} {test.stderr}")
    began = time.monotonic()
    host.run("systemctl", "reset-failed", "fail2ban")
    if (done := host.run("systemctl", "restart", "fail2ban")).returncode:
        say(f"systemctl restart fail2ban: {done.stderr}")
    if not host.until(bans, SETTLED):
        say("nobody is banned after systemctl restart fail2ban")
    seen.recovery = time.monotonic() - began
    answer = host.run_module(MODULE, arguments(NEW))
    if problem := host.failure(answer):
        say(f"the next run: {problem}")
    if FILE.read_bytes() != texts[1] or f"\n{NEW}\n" not in f"\n{_ask('get', JAIL, 'maxretry')}\n":
        say(f"the next run does not bring the new jail: {_ask('get', JAIL, 'maxretry')}")
    answer = host.run_module(MODULE, arguments(NEW))
    if host.failure(answer) or answer[1]["changed"]:
        say(f"the run after it: {json.dumps(answer[1])[:400]}")
    left = [path.name for path in FILE.parent.iterdir() if re.match(r"\.|.*\.(new|old|tmp)$", path.name)]
    if left:
        say(f"left behind: {' '.join(left)}")


def bans() -> bool:
    """Whether the jail bans, as the packet filter says; the ban is lifted again."""
    _ask("set", JAIL, "banip", ADDRESS)
    filtered = host.until(lambda: ADDRESS in host.run("nft", "list", "ruleset").stdout, 2.0)
    _ask("set", JAIL, "unbanip", ADDRESS)
    return filtered


def _ask(*words: str) -> str:
    return host.run("fail2ban-client", *words).stdout.strip()


if __name__ == "__main__":
    series(sys.argv[1], *(int(number) for number in sys.argv[2:]))
