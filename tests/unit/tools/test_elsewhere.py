# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks and unit tests run on the oldest and on the newest ansible-core and Python, here or in a container."""

from __future__ import annotations

import pytest
from lab import recipes
from tools import elsewhere, lint, steps


@pytest.mark.parametrize(
    ("python", "core", "expected"),
    [
        ((3, 11), "2.19.14", ["newest"]),
        ((3, 12), "2.20.3", ["oldest", "newest"]),
        ((3, 13), "2.21.4", ["oldest", "newest"]),
        ((3, 13), "2.22.0rc1", ["oldest"]),
        ((3, 13), "2.22.3", ["oldest"]),
        ((3, 14), "2.22.3", ["oldest", "newest"]),
    ],
)
def test_pair_that_is_here_needs_no_container(
    monkeypatch: pytest.MonkeyPatch, python: tuple[int, int], core: str, expected: list[str]
) -> None:
    monkeypatch.setattr(elsewhere.sys, "version_info", (*python, 0))
    monkeypatch.setattr(elsewhere, "version", lambda _name: core)
    assert [pair.name for pair in elsewhere.pairs()] == expected
    chosen = steps.steps(["default"], [])
    assert [step.name for step in chosen if "tools.elsewhere" in step.argv] == expected
    # Every pair's pylint judges what is shipped.
    assert elsewhere.PYLINT in elsewhere.checks_here()
    assert elsewhere.PYLINT in elsewhere._CHECKS


def test_each_pair_has_an_image() -> None:
    assert {pair.system for pair in elsewhere._PAIRS} == set(recipes.CONTROLLERS)


def test_checks_that_are_named_exist() -> None:
    known = {check.name for check in lint.checks()}
    assert known.issuperset(elsewhere.checks_here())
    assert known.issuperset(elsewhere._CHECKS)
    assert known.issuperset(lint.COSTLY)


def test_long_run_leaves_no_check_out() -> None:
    short, long = (
        next(step for step in steps.steps(["default"], [], long=each) if step.name == "lint") for each in (False, True)
    )
    assert short.argv[:3] == long.argv
    assert "sanity" in short.argv
    assert "pylint" not in short.argv
