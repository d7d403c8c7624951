# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run every static check and say how each ended.

``python -m tools.lint [NAME ...]`` runs all checks or the named ones, two at a time. Those whose names end in
``-shipped`` must be named: they ask the costly tools about what the archive ships alone, not about the tests. A failed
check does not stop the others. The report of each is kept in ``.cache/logs/lint-NAME.log`` and printed when the check
failed. The last line is ``lint: N ok, N failed``; the exit code is 1 when one failed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from . import sanity
from .checkout import BIN, CACHE, LOGS, ROOT, tool_environment

_SYNTAX_ONLY = ["--syntax-check", "-i", "inventory.example.yml"]
# Without a check of the pages that would be made of them: antsibull's own work, and half of the time.
_DOCS = (
    "--plugin-docs",
    "--skip-rstcheck",
    "--validate-collection-refs",
    "dependent",
    "--disallow-unknown-collection-refs",
)
SHIPPED = "-shipped"
# What `make test` leaves to `make lint` and `make test-all`: a minute and a half of a processor. It has the same tool
# look at what is shipped.
COSTLY = ("pylint",)
_PARALLEL = 2
_LONGEST_SECONDS = 900.0
GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Check:
    """One command. ``in_copy``: it runs in the copy of the sources with a private home."""

    name: str
    argv: tuple[str, ...]
    in_copy: bool = False

    @property
    def by_name_only(self) -> bool:
        """Whether another check says all that this one says."""
        return self.name.endswith(SHIPPED)


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    seconds: float
    report: str


def checks() -> list[Check]:
    """Return the checks, the longest first."""
    python = str(BIN / "python")
    playbooks = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "playbooks").glob("*.yml"))]
    ansible_lint = (*_tool("ansible-lint"), "--offline", "--nocolor")
    return [
        Check("pylint", sanity.command("--test", "pylint"), True),
        Check(f"pylint{SHIPPED}", sanity.command("--test", "pylint", "plugins/"), True),
        Check("sanity", sanity.command(*sanity.without("pylint")), True),
        Check("ansible-lint", ansible_lint, True),
        Check(f"ansible-lint{SHIPPED}", (*ansible_lint, *playbooks, "roles"), True),
        Check("mypy", (*_tool("mypy"), "--cache-dir", str(CACHE / "mypy"))),
        Check("ruff", (*_tool("ruff"), "check", "--quiet", "--cache-dir", str(CACHE / "ruff"), ".")),
        Check("ruff-format", (*_tool("ruff"), "format", "--check", "--cache-dir", str(CACHE / "ruff"), ".")),
        Check("yamllint", (*_tool("yamllint"), "--strict", "--format", "parsable", "."), True),
        Check("changelog", (*_tool("antsibull-changelog"), "lint"), True),
        Check("docs", (*_tool("antsibull-docs"), "lint-collection-docs", *_DOCS, "."), True),
        Check("syntax", (*_tool("ansible-playbook"), *_SYNTAX_ONLY, *playbooks), True),
        Check("build", (python, "-m", "tools.build")),
    ]


def _tool(name: str) -> tuple[str, ...]:
    return (str(BIN / name),)


def run(check: Check) -> Outcome:
    """Run one check to its end or to the time limit."""
    started = time.monotonic()
    env = sanity.environment() if check.in_copy else tool_environment(PYTHONPATH=str(ROOT / "tests"))
    folder = sanity.COLLECTION if check.in_copy else ROOT
    try:
        process = _running.start(check.argv, folder, env)
    except OSError as error:
        return Outcome(check, False, 0.0, f"{error}: run `make setup`.\n")
    try:
        report, _nothing = process.communicate(timeout=_LONGEST_SECONDS)
        passed = process.returncode == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        report, _nothing = process.communicate()
        report += f"\nstopped after {_LONGEST_SECONDS:.0f} s\n"
        passed = False
    finally:
        _running.forget(process)
    return Outcome(check, passed, time.monotonic() - started, report)


class Running:
    """The checks that run, each in a session of its own: a signal to this process does not reach them by itself."""

    def __init__(self) -> None:
        """Start with none."""
        # A handler of signals runs in the middle of whatever holds the lock: the same thread may take it again.
        self._lock = threading.RLock()
        self._processes: set[subprocess.Popen[str]] = set()
        self._ending = False

    def start(self, argv: tuple[str, ...], folder: Path, env: dict[str, str]) -> subprocess.Popen[str]:
        """Start a program; OSError when it cannot be, or when no more are to be started."""
        with self._lock:
            if self._ending:
                raise InterruptedError("stopped by a signal")
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
                errors="replace",
            )
            self._processes.add(process)
        return process

    def forget(self, process: subprocess.Popen[str]) -> None:
        """Take a program that has ended off the list."""
        with self._lock:
            self._processes.discard(process)

    def end(self) -> None:
        """End all of them with their children, gently at first."""
        with self._lock:
            self._ending = True
            left = list(self._processes)
        deadline = time.monotonic() + GRACE_SECONDS
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, sign)
            while sign == signal.SIGTERM and time.monotonic() < deadline and any(_has_members(each) for each in left):
                time.sleep(0.05)


def _has_members(process: subprocess.Popen[str]) -> bool:
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


_running = Running()


def _stop(number: int, _frame: FrameType | None) -> None:
    """End the running checks, then this process as the signal would have ended it."""
    _running.end()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def main(names: list[str]) -> int:
    """Run the named checks, or all, and print how each ended."""
    known = {check.name: check for check in checks()}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"lint: unknown check {unknown[0]}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [check for check in known.values() if (check.name in names if names else not check.by_name_only)]
    LOGS.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    sanity.prepare()
    failed = 0
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for future in as_completed([pool.submit(run, check) for check in chosen]):
            outcome = future.result()
            failed += not outcome.passed
            _print(outcome, LOGS / f"lint-{outcome.check.name}.log")
    print(f"lint: {len(chosen) - failed} ok, {failed} failed", flush=True)
    return 1 if failed else 0


def _print(outcome: Outcome, log: Path) -> None:
    log.write_text(outcome.report, encoding="utf-8")
    if not outcome.passed:
        print(outcome.report.rstrip())
    word = "ok" if outcome.passed else "FAILED"
    print(f"lint: {outcome.check.name} {word} ({outcome.seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
