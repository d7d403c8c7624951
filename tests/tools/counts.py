# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many tests a step ran, read from its output.

Each reader takes the output and the exit code. A step that ran nothing, or that ended with an error which its own
summary does not show, has failed once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COLOR = re.compile(r"\x1b\[[0-9;]*m")
# The frame is what Molecule puts in front of each line of its verifier.
_PYTEST_SUMMARY = re.compile(r"^(?:\s*│ )?(?:=+ )?((?:\d+ \w+, )*\d+ \w+) in [0-9.]+s\b", re.MULTILINE)
_PYTEST_PART = re.compile(r"(\d+) (\w+)")
_LINT_SUMMARY = re.compile(r"^lint: (\d+) ok, (\d+) failed$", re.MULTILINE)

_CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


@dataclass(frozen=True)
class Count:
    """Tests that passed and tests that failed."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: Count) -> Count:
        """Return the sum of two counts."""
        return Count(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        """Return the count as the closing line shows it."""
        return f"{self.passed} passed, {self.failed} failed"


def of_exit(_output: str, code: int) -> Count:
    """Count a command that is needed but tests nothing: only its failure shows."""
    return Count(0, 1 if code else 0)


def of_lint(output: str, code: int) -> Count:
    """Count the checks of ``tools.lint``."""
    found = _LINT_SUMMARY.findall(_COLOR.sub("", output))
    count = Count(int(found[-1][0]), int(found[-1][1])) if found else Count()
    return _with_exit(count, code)


def of_pytest(output: str, code: int) -> Count:
    """Count the tests of every pytest summary in the output; errors count as failed, skipped tests not at all."""
    passed = failed = 0
    for summary in _PYTEST_SUMMARY.findall(_COLOR.sub("", output)):
        for number, word in _PYTEST_PART.findall(summary):
            if word in ("passed", "xpassed"):
                passed += int(number)
            elif word in ("failed", "error", "errors"):
                failed += int(number)
    return _with_exit(Count(passed, failed), code)


def of_lint_and_pytest(output: str, code: int) -> Count:
    """Count checks of ``tools.lint`` and tests of pytest, both of which must have run."""
    return _with_exit(of_lint(output, 0) + of_pytest(output, 0), code)


def of_trials(output: str, code: int) -> Count:
    """Count the trials of ``chaos``."""
    found = _CLOSING_LINE.findall(output)
    return _with_exit(Count(*(int(number) for number in found[-1])) if found else Count(), code)


def of_molecule(output: str, code: int) -> Count:
    """Count a scenario: its run as one test, and the verifier's tests. A scenario that verified nothing has failed."""
    verified = of_pytest(output, code)
    return verified if verified.failed else verified + Count(1, 0)


def _with_exit(count: Count, code: int) -> Count:
    nothing_ran = not count.passed and not count.failed
    unexplained = code != 0 and not count.failed
    return count + Count(0, 1) if nothing_ran or unexplained else count
