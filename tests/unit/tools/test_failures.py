# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a test run names what failed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def failures() -> Any:
    sys.path.insert(0, str(TESTS))
    try:
        yield importlib.import_module("tools.failures")
    finally:
        sys.path.remove(str(TESTS))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("1 passed\n\x1b[31mFAILED\x1b[0m tests/a.py::b - assert 1\n1 failed\n", ["FAILED tests/a.py::b - assert 1"]),
        ("  \x1b[2m│\x1b[0m FAILED tests/a.py::b\n", ["FAILED tests/a.py::b"]),
        (
            'ok: [a]\n\x1b[0;31mfatal: [b]: FAILED! => {"msg": "c"}\x1b[0m\nINFO\n',
            ['fatal: [b]: FAILED! => {"msg": "c"}'],
        ),
        ("lint: mypy FAILED (1 s)\nlint: 8 ok, 1 failed\n", ["lint: mypy FAILED (1 s)"]),
        ("one\n\nTraceback\nKeyError: 'two'\n", ["one", "Traceback", "KeyError: 'two'"]),
        ("", []),
    ],
)
def test_names_what_failed(failures: Any, output: str, expected: list[str]) -> None:
    assert failures.of(output) == expected
