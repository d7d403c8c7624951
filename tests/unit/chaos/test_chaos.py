# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the trials that need no container."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def chaos() -> Iterator[dict[str, ModuleType]]:
    names = ("chaos.table", "chaos.trial", "chaos.trial_kill", "chaos.inside.calls", "chaos.inside.sites")
    sys.path.insert(0, str(TESTS))
    try:
        yield {name.rpartition(".")[2]: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(TESTS))


def test_every_trial_says_its_name_and_can_be_run(chaos: dict[str, ModuleType]) -> None:
    trials = chaos["trial"].found()
    assert {"kill", "kill_then_stop", "refused", "space"} <= set(trials)
    assert len({trial.NAME for trial in trials.values()}) == len(trials)
    assert all(callable(trial.run) for trial in trials.values())


def test_the_table_ends_with_the_count_of_trials(chaos: dict[str, ModuleType]) -> None:
    outcome = chaos["trial"].Outcome
    good, bad = outcome("good", 20, [], 1.234), outcome("bad", 3, [f"number {number}" for number in range(25)])
    lines = chaos["table"].table([good, bad], 12.3).splitlines()
    assert lines[1].split() == ["good", "20", "0", "1.23", "s"]
    assert lines[2].split() == ["bad", "3", "25", "-"]
    assert "VIOLATION bad: number 0" in lines
    assert "VIOLATION bad: and 5 more" in lines
    assert lines[-2:] == ["12 s in all", "1 passed, 1 failed"]


def test_a_call_is_hit_by_its_number_among_those_of_its_kind(chaos: dict[str, ModuleType]) -> None:
    lines = ["write(1)", "mkdir(2)", "write(3)", "fsync(4)", "write(5)"]
    under = chaos["calls"].under_strace("changes", lines, 5, "SIGKILL")
    assert under[-1] == "inject=write:signal=SIGKILL:when=3"
    assert not any("inject" in word for word in chaos["calls"].under_strace("changes", lines, 6, "SIGKILL"))


def test_every_call_is_chosen_and_one_run_is_left_to_end(chaos: dict[str, ModuleType]) -> None:
    plan = [["mkdir(/x/.stage)"] * 70 + ["write(1)"] * 20, ["mkdir(/x/.stage)"] * 70 + ["write(1)"] * 21]
    chosen = chaos["calls"].chosen
    assert chosen(plan, "entangled", "changes", 1) == list(range(1, 93))
    assert chosen(plan, "entangled", "changes", 29) == [15, 44, 73, 92]
    assert chosen(plan, "ordered", "changes", 1) == [60, *range(71, 93)]


def test_calls_at_which_nobody_was_killed_are_told(chaos: dict[str, ModuleType]) -> None:
    seen = [{"variant": "independent", "calls": "changes", "place": place} for place in (1, 3, 4)]
    missing = chaos["trial_kill"].untried(seen)
    assert missing == ["independent: no kill at the calls [2]", "entangled: no kill at the calls []"]


@pytest.mark.parametrize("variant", ["independent", "ordered", "entangled"])
def test_each_version_says_its_own_number(chaos: dict[str, ModuleType], variant: str) -> None:
    given = [chaos["sites"].arguments(variant, version)["sites"] for version in (7, 8)]
    says = [{each["servers"][0]["directives"]["return"] for each in version} for version in given]
    assert says == [{"200 v00007"}, {"200 v00008"}]
    changed = {each["name"] for version in given for each in version}
    assert changed == set(chaos["sites"].names(variant))


def test_entangled_zones_move_on_by_one_file(chaos: dict[str, ModuleType]) -> None:
    def zones(version: int) -> list[str]:
        return [str(each["directives"]["limit_req_zone"]) for each in chaos["sites"].entangled(version)]

    before, after = zones(0), zones(1)
    assert sorted(before) == sorted(after)
    assert all(one != other for one, other in zip(before, after, strict=True))
