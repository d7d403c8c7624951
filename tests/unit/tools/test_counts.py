# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The closing line of the test run counts what the steps printed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def counts() -> Any:
    sys.path.insert(0, str(TESTS))
    try:
        yield importlib.import_module("tools.counts")
    finally:
        sys.path.remove(str(TESTS))


@pytest.mark.parametrize(
    ("reader", "output", "code", "expected"),
    [
        ("of_pytest", "3 passed in 0.12s\n", 0, "3 passed, 0 failed"),
        ("of_pytest", "== 1 failed, 2 passed, 1 error in 61.50s (0:01:01) ==\n", 1, "2 passed, 2 failed"),
        ("of_pytest", "\x1b[32m2 passed\x1b[0m, 1 skipped\x1b[0m in 1.00s\n", 0, "2 passed, 0 failed"),
        ("of_pytest", "2 skipped in 0.01s\n", 0, "0 passed, 1 failed"),
        ("of_pytest", "2 passed in 0.01s\n", 137, "2 passed, 1 failed"),
        ("of_pytest", "no tests ran in 0.01s\n", 5, "0 passed, 1 failed"),
        ("of_pytest", "", 0, "0 passed, 1 failed"),
        ("of_lint", "lint: mypy ok (1 s)\nlint: 7 ok, 2 failed\n", 1, "7 passed, 2 failed"),
        ("of_lint", "", 1, "0 passed, 1 failed"),
        ("of_lint_and_pytest", "lint: 7 ok, 0 failed\n3 passed in 0.12s\n", 0, "10 passed, 0 failed"),
        ("of_lint_and_pytest", "lint: 7 ok, 0 failed\n1 failed, 3 passed in 0.12s\n", 1, "10 passed, 1 failed"),
        ("of_lint_and_pytest", "lint: 7 ok, 0 failed\n", 137, "7 passed, 1 failed"),
        ("of_lint_and_pytest", "3 passed in 0.12s\n", 0, "3 passed, 1 failed"),
        ("of_molecule", "INFO ...\n===== 9 passed in 4.00s =====\nINFO ...\n", 0, "10 passed, 0 failed"),
        ("of_molecule", "===== 9 passed in 4.00s =====\n", 1, "9 passed, 1 failed"),
        # Molecule frames what its verifier prints, and cuts long lines.
        ("of_molecule", "  \x1b[2m│\x1b[0m ==== 9 passed in 4.00s (0:00:04)\n  │   =====\n", 0, "10 passed, 0 failed"),
        ("of_molecule", "  │ ==== 2 failed, 9 passed in 4.00s\n", 1, "9 passed, 2 failed"),
        ("of_molecule", "converged\n", 0, "0 passed, 1 failed"),
        ("of_trials", "trial  count\n104 s in all\n8 passed, 1 failed\n", 1, "8 passed, 1 failed"),
        ("of_trials", "8 passed, 0 failed\n", 0, "8 passed, 0 failed"),
        ("of_trials", "8 passed, 0 failed\n", 137, "8 passed, 1 failed"),
        ("of_trials", "chaos: interrupted\n", 130, "0 passed, 1 failed"),
        ("of_exit", "", 0, "0 passed, 0 failed"),
        ("of_exit", "", 2, "0 passed, 1 failed"),
    ],
)
def test_counts(counts: Any, reader: str, output: str, code: int, expected: str) -> None:
    assert str(getattr(counts, reader)(output, code)) == expected
