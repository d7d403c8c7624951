# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make one` finds a test by its name."""

from __future__ import annotations

import pytest
from tools.one import command


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("tests/unit/test_packages.py", ("pytest", "tests/unit/test_packages.py")),
        ("tests/unit/test_packages.py::test_x", ("pytest", "tests/unit/test_packages.py::test_x")),
        ("late_dns", ("--scenario-name", "late_dns")),
        ("kill", ("chaos", "--short", "kill")),
    ],
)
def test_a_name_is_a_file_a_scenario_or_a_trial(test: str, words: tuple[str, ...]) -> None:
    assert set(words) <= set(command(test))


@pytest.mark.parametrize("test", ["late_dsn", "tests/unit/none.py", "README.md"])
def test_what_nothing_has_as_its_name_is_refused_with_what_there_is(test: str) -> None:
    with pytest.raises(LookupError, match=f"TEST={test}: neither .*late_dns.*kill"):
        command(test)
