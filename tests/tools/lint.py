# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run every static check and say how each ended.

``python -m tools.lint [NAME ...]`` runs all checks or the named ones, two at a time. A failed check does not stop the
others. The report of each is kept in ``.cache/logs/lint-NAME.log`` and printed when the check failed. The last line
is ``lint: N ok, N failed``; the exit code is 1 when one failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from . import sanity
from .checkout import BIN, CACHE, LOGS, ROOT, tool_environment

_SYNTAX_ONLY = ["--syntax-check", "-i", "inventory.example.yml"]
_PARALLEL = 2
_LONGEST_SECONDS = 900.0


@dataclass(frozen=True)
class Check:
    """One command. ``in_copy``: it runs in the copy of the sources with a private home."""

    name: str
    argv: tuple[str, ...]
    in_copy: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    passed: bool
    seconds: float
    report: str


def checks() -> list[Check]:
    """Return the checks, the longest first."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    python = str(BIN / "python")
    playbooks = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "playbooks").glob("*.yml"))]
    return [
        Check("sanity", (*_tool("ansible-test"), "sanity", "--local", "--python", version, "--color", "no"), True),
        Check("ansible-lint", (*_tool("ansible-lint"), "--offline", "--nocolor"), True),
        Check("mypy", (*_tool("mypy"), "--cache-dir", str(CACHE / "mypy"))),
        Check("ruff", (*_tool("ruff"), "check", "--quiet", "--cache-dir", str(CACHE / "ruff"), ".")),
        Check("ruff-format", (*_tool("ruff"), "format", "--check", "--cache-dir", str(CACHE / "ruff"), ".")),
        Check("yamllint", (*_tool("yamllint"), "--strict", "--format", "parsable", "."), True),
        Check("changelog", (*_tool("antsibull-changelog"), "lint"), True),
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
        process = subprocess.Popen(
            check.argv,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            errors="replace",
        )
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
    return Outcome(check, passed, time.monotonic() - started, report)


def main(names: list[str]) -> int:
    """Run the named checks, or all, and print how each ended."""
    known = {check.name: check for check in checks()}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"lint: unknown check {unknown[0]}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [check for check in known.values() if not names or check.name in names]
    LOGS.mkdir(parents=True, exist_ok=True)
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
