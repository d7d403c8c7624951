# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test is found by the name of what it tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import ROOT

TESTS = ROOT / "tests" / "unit" / "plugins"
# Tests whose subject is a whole package, or one property of it.
SUBJECTS = {
    "module_utils/_dotnet/test_properties.py",
    "module_utils/_host/test_lock.py",
    "module_utils/_hostile/test_probes.py",
    "module_utils/_hostile/test_reading.py",
    "module_utils/_nginx/sites/test_cached.py",
    "module_utils/_nginx/text/test_corpus.py",
    "module_utils/_nginx/text/test_grammar.py",
    "module_utils/_nginx/text/test_linear.py",
    "module_utils/_nginx/text/test_memory.py",
    "module_utils/_nginx/text/test_properties.py",
}
FILES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))


@pytest.mark.parametrize("path", [path for path in FILES if str(path) not in SUBJECTS], ids=str)
def test_a_test_has_the_place_and_the_name_of_what_it_tests(path: Path) -> None:
    assert (ROOT / "plugins" / path.parent / f"{path.name.removeprefix('test_')}").is_file()


def test_each_subject_is_there() -> None:
    assert {str(path) for path in FILES} >= SUBJECTS
