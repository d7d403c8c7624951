# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one thing of the tests by its name: ``python -m tools.one TEST [SYSTEM ...]``.

TEST is a file or a test of pytest below tests/, a scenario of Molecule, or a trial of chaos.
"""

from __future__ import annotations

import subprocess
import sys

from .checkout import BIN, ROOT
from .run_tests import environment
from .steps import scenario


def command(test: str) -> tuple[str, ...]:
    """Return the command of a test. Raises LookupError, with what there is, for a name that nothing has."""
    if test.startswith("tests/") and (ROOT / test.partition("::")[0]).exists():
        return (str(BIN / "python"), "-m", "pytest", "-q", test)
    scenarios = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))
    if test in scenarios:
        return scenario(test).argv
    trials = sorted(path.stem.removeprefix("trial_") for path in ROOT.glob("tests/chaos/trial_*.py"))
    if test in trials:
        return (str(BIN / "python"), "-m", "chaos", "--short", test)
    raise LookupError(
        f"TEST={test}: neither a file below tests/, nor a scenario ({', '.join(scenarios)}), nor a trial of chaos"
        f" ({', '.join(trials)})"
    )


def main() -> None:
    """Run it, and end as it does."""
    if len(sys.argv) < 2 or not sys.argv[1]:
        sys.exit('name what to run, such as TEST=tests/unit/test_packages.py or TEST=late_dns SYSTEMS="debian13"')
    try:
        argv = command(sys.argv[1])
    except LookupError as error:
        sys.exit(str(error))
    sys.exit(subprocess.run(argv, env=environment(sys.argv[2:], long=True), check=False).returncode)


if __name__ == "__main__":
    main()
