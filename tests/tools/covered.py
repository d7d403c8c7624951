# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the unit tests and say how much of ``plugins/`` they run: ``python -m tools.covered``.

Prints the files that lie below a limit, the worst first, and the shares of lines and of branches of all files together.
The exit code is 1 when a test failed or when all files together lie below a limit. What a child made by ``os.fork``
runs does not count: it ends by ``os._exit``, which leaves no time to note anything.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .checkout import CACHE, ROOT

# In percent, of all files together.
LIMIT_LINES, LIMIT_BRANCHES = 95.0, 92.0
_FOLDER = CACHE / "coverage"
_CONFIG = f"""\
[run]
branch = true
source = plugins
data_file = {_FOLDER / "data"}
[report]
# No folder of plugins/modules has an __init__.py; without this a file that no test imports would not count.
include_namespace_packages = true
"""


@dataclass(frozen=True)
class Share:
    """How many lines and branches there are, and how many of them ran."""

    name: str
    lines: int
    lines_run: int
    branches: int
    branches_run: int

    @property
    def percent_lines(self) -> float:
        """The share of lines that ran; all of no lines."""
        return 100.0 * self.lines_run / self.lines if self.lines else 100.0

    @property
    def percent_branches(self) -> float:
        """The share of branches that ran; all of no branches."""
        return 100.0 * self.branches_run / self.branches if self.branches else 100.0

    @property
    def is_low(self) -> bool:
        """Whether one of the two is below its limit."""
        return self.percent_lines < LIMIT_LINES or self.percent_branches < LIMIT_BRANCHES

    @property
    def missing(self) -> int:
        """How many lines and branches did not run."""
        return self.lines - self.lines_run + self.branches - self.branches_run

    def __str__(self) -> str:
        """Return the two shares and the name, cut off instead of rounded: 94.99 is not 95."""
        lines, branches = int(self.percent_lines * 10) / 10, int(self.percent_branches * 10) / 10
        return f"{lines:5.1f} % of lines, {branches:5.1f} % of branches  {self.name}"


def share(name: str, summary: Mapping[str, Any]) -> Share:
    """Return what coverage's JSON report says of a file."""
    counts = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return Share(name, *(int(summary[count]) for count in counts))


def shares(report: Mapping[str, Any]) -> list[Share]:
    """Return the share of each file in coverage's JSON report."""
    return [share(name, entry["summary"]) for name, entry in report["files"].items()]


def together(files: Iterable[Share]) -> Share:
    """Return the share of all files together."""
    each = list(files)
    return Share(
        "together",
        sum(one.lines for one in each),
        sum(one.lines_run for one in each),
        sum(one.branches for one in each),
        sum(one.branches_run for one in each),
    )


def told(files: list[Share]) -> list[str]:
    """Return the lines to print: the files below a limit, the one with most to do first, and the total."""
    low = sorted((one for one in files if one.is_low), key=lambda one: (-one.missing, one.name))
    total = together(files)
    verdict = "below" if total.is_low else "at or above"
    limits = f"coverage: {verdict} the limits, {LIMIT_LINES:g} % of lines and {LIMIT_BRANCHES:g} % of branches"
    return [*map(str, low), str(total), limits]


def _command() -> list[str]:
    config = _FOLDER / "config"
    config.write_text(_CONFIG, encoding="utf-8")
    report = ["--cov", f"--cov-config={config}", f"--cov-report=json:{_FOLDER / 'report.json'}", "--cov-report="]
    return [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", "not long", *report]


def main() -> int:
    """Run the unit tests, print the report; return 0 when all tests passed and the limits are kept."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    report = _FOLDER / "report.json"
    report.unlink(missing_ok=True)
    code = subprocess.run([*_command(), "tests/unit"], cwd=ROOT, check=False).returncode
    if not report.exists():
        return code or 1
    files = shares(json.loads(report.read_text(encoding="utf-8")))
    print("\n".join(told(files)), flush=True)
    return code or int(not files or together(files).is_low)


if __name__ == "__main__":
    sys.exit(main())
