# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running checks end with the program that runs them."""

from __future__ import annotations

import importlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lint() -> Any:
    sys.path.insert(0, str(TESTS))
    try:
        yield importlib.import_module("tools.lint")
    finally:
        sys.path.remove(str(TESTS))


def test_checks_are_ended_with_their_children(lint: Any, tmp_path: Path) -> None:
    running = lint.Running()
    process = running.start(("sh", "-c", "sleep 60 & echo $!; sleep 60"), tmp_path, dict(os.environ))
    child = int(process.stdout.readline())
    start = time.monotonic()
    running.end()
    process.communicate(timeout=30)
    # Far from the minute that they would take, and from what a busy machine takes.
    assert time.monotonic() - start < lint.GRACE_SECONDS + 30
    assert process.returncode < 0
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    with pytest.raises(InterruptedError):
        running.start(("true",), tmp_path, dict(os.environ))


def test_check_that_has_ended_is_forgotten(lint: Any, tmp_path: Path) -> None:
    running = lint.Running()
    process = running.start(("true",), tmp_path, dict(os.environ))
    process.communicate(timeout=5)
    running.forget(process)
    running.end()
