# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system calls of one run of a module, and its end at one of them.

strace's `when=N` counts for each thread and for each kind of call by itself. So a run that nobody kills is traced
first: what was the K-th call in it is the N-th of its kind, and the trace of the killed run shows that it died there.
Without `-f` the module's own first thread alone is followed; its children (nginx, mount, systemctl) would be killed at
their N-th call, too. The other threads of the module only ask over HTTP. A signal on entry keeps the call from being
carried out, so that a kill at the K-th call leaves what K - 1 of them did.

`openat` is not counted: it cannot be told by its flags, and most of some thousand calls only read. Each file that is
created is written, or given its mode, before anything else changes, so that no state is left out but that of an empty
temporary file, which the call before it leaves, too.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import host, sites, standing

CALLS = {
    "changes": (
        "write,writev,pwrite64,pwritev,sendfile,copy_file_range,ftruncate,truncate,fallocate,creat,mknod,mknodat,"
        "rename,renameat,renameat2,link,linkat,unlink,unlinkat,symlink,symlinkat,mkdir,mkdirat,rmdir,"
        "fsync,fdatasync,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,utime,utimes,utimensat,futimesat,"
        "setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr"
    ),
    # Before a child starts, while it runs and when it has ended, and between two looks at a reload.
    "waits": "vfork,fork,clone,clone3,poll,ppoll,wait4,waitid,clock_nanosleep",
}
TRACE = "/run/chaos-trace"
# Where nginx looks for an order: every how many-th of the calls that make staged copies.
STAGED_STEP = 60
# The lines of a trace from an even version to an odd one, and from an odd one to an even one.
Plan = list[list[str]]


@dataclass
class Seen:
    """What one kill led to.

    `call` is where the module died, and `place` its number among all calls; empty and 0 when it ended by itself.
    `recovery` is how long it took until nginx served again, in seconds.
    """

    variant: str
    calls: str
    k: int
    call: str = ""
    place: int = 0
    recovery: float = 0.0
    problems: list[str] = field(default_factory=list)


def calls_of(variant: str, calls: str) -> Plan:
    """Trace a run from an even version to an odd one, and one from an odd one to an even one; version 2 is next."""
    before = standing.prepare(variant)
    plan = []
    for version in (before.version, before.version + 1):
        plan.append(traced("nginx_site", sites.arguments(variant, version + 1), calls))
    return plan


def chosen(plan: Plan, variant: str, calls: str, step: int) -> list[int]:
    """Return the calls to kill at: every `step`-th, and last none.

    Where nginx looks for an order, most calls make staged copies, as in the other variants; of these a few are taken.
    """
    first = staged(plan[0]) + 1 if calls == "changes" and variant == "ordered" else 1
    few = range(STAGED_STEP, first, STAGED_STEP) if step == 1 else range(0)
    count = max(len(lines) for lines in plan)
    return [*few, *range(first + (step - 1) // 2, count + 1, step), count + 1]


def staged(lines: list[str]) -> int:
    """Return the number of the last call that has to do with a staged copy: after it comes what changes the host."""
    return max((number for number, line in enumerate(lines, 1) if "/.stage" in line), default=0)


def _traced(calls: str) -> list[str]:
    return ["strace", "-o", TRACE, "-s", "200", "-e", f"trace={CALLS[calls]}"]


def _trace() -> list[str]:
    """Return the calls of the last run, without what strace says of signals and of the end."""
    lines = Path(TRACE).read_text(errors="replace").splitlines()
    return [line for line in lines if not line.startswith(("+++", "---"))]


def under_strace(calls: str, lines: list[str], k: int, name: str) -> list[str]:
    """Return the command under which a module gets a signal at the k-th of the calls that were traced."""
    names = [line.partition("(")[0] for line in lines]
    if k > len(names):
        return _traced(calls)
    return [*_traced(calls), "-e", f"inject={names[k - 1]}:signal={name}:when={names[:k].count(names[k - 1])}"]


def strike(before: standing.Stand, calls: str, k: int, plan: Plan) -> Seen:
    """Run the module for the next version and kill it at its k-th call; without one, let it end."""
    seen = Seen(before.variant, calls, k)
    wanted = sites.arguments(before.variant, before.version + 1)
    kill(seen, "nginx_site", wanted, plan[before.version % 2])
    return seen


def traced(module: str, arguments: dict[str, Any], calls: str) -> list[str]:
    """Return the calls of a run that nobody kills."""
    if problem := host.failure(host.run_module(module, arguments, _traced(calls))):
        raise SystemExit(f"{module}: a run that nobody killed failed: {problem}")
    return _trace()


def kill(seen: Seen, module: str, arguments: dict[str, Any], lines: list[str]) -> None:
    """Run a module and kill it at a call of those that were traced; without one, let it end. `seen` tells which."""
    under = under_strace(seen.calls, lines, seen.k, "SIGKILL")
    answer = host.run_module(module, arguments, under)
    if answer[0] == -signal.SIGKILL:
        trace = _trace()
        seen.call, seen.place = re.sub(r"\s+= .*| <unfinished.*", "", trace[-1])[:160], len(trace)
        if seen.calls == "changes" and seen.place != seen.k:
            seen.problems.append(f"died at call {seen.place} instead, so that call {seen.k} is not tried")
    elif problem := host.failure(answer):
        seen.problems.append(f"a run that nobody killed failed: {problem}")
