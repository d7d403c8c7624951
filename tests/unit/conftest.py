# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every unit test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import examples
import pytest
from left_behind import left_behind, state


def pytest_configure(config: pytest.Config) -> None:
    """Tell the properties how much time there is."""
    examples.choose(config.option.markexpr)


def pytest_collection_finish() -> None:
    """Keep the collector away from thousands of tests, which stay to the end anyway; a fork then copies less, too."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves something in the process. What a module's fixtures hold was there before it."""
    before = state()
    yield
    left = left_behind(before)
    assert not left, "left behind: " + "; ".join(left)
