# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a test run: what needs what, what runs beside what, and what is counted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tools import counts, run_tests
from tools.counts import Count
from tools.run_tests import run_all
from tools.steps import Step

PASS = "print('1 passed in 0.1s')"
FAIL = "print('FAILED it'); print('1 failed in 0.1s'); raise SystemExit(1)"
# Ends only when the other one has begun.
MEETS = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:])
mine.touch()
while not other.exists():
    time.sleep(0.01)
print('1 passed in 0.1s')
"""


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tests, "LOGS", tmp_path)


def step(name: str, code: str, *arguments: str, needs: tuple[str, ...] = (), log: Path | None = None) -> Step:
    return Step(name, (sys.executable, "-c", code, *arguments), 60.0, counts.of_pytest, needs, ansible_log=log)


def run(*steps: Step) -> Count:
    return run_all(list(steps), dict(os.environ), 1)


def test_a_failed_step_stops_those_alone_that_need_it(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(step("one", FAIL), step("two", PASS, needs=("one",)), step("three", PASS))
    assert done == Count(1, 2)
    said = capsys.readouterr().out
    assert "test: two NOT RUN, one failed" in said
    assert said.rstrip().endswith("FAILED it\ntest: two NOT RUN, one failed")


def test_a_step_runs_when_what_it_needs_has_passed() -> None:
    assert run(step("one", PASS), step("two", PASS, needs=("one",)), step("three", PASS, needs=("two",))) == Count(3, 0)


def test_two_steps_run_beside_one_another_and_say_which_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / name) for name in ("a", "b")]
    pair = (step("one", MEETS, *names), step("two", MEETS, *names[::-1]))
    assert run(*pair, step("three", PASS, needs=("one", "two"))) == Count(3, 0)
    said = capsys.readouterr().out
    assert "one: 1 passed in" in said
    assert "two: 1 passed in" in said


def test_the_steps_are_shown_by_time(capsys: pytest.CaptureFixture[str]) -> None:
    run(step("quick", PASS), step("slow", f"import time; time.sleep(1); {PASS}"))
    table = capsys.readouterr().out.partition("the steps by time")[2].splitlines()
    assert [line.split()[2] for line in table[1:3]] == ["slow", "quick"]


def test_a_deprecation_warning_about_us_fails_its_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "2026-11-28 15:00:00,123 p=1 u=root n=ansible WARNING| [DEPRECATION WARNING]:"
    text = f"{head} constellation.edge.x is old\n{head} molecule is old\n"
    code = f"import os; open(os.environ['ANSIBLE_LOG_PATH'], 'w').write({text!r}); {PASS}"
    (tmp_path / "log").write_text(f"{head} constellation.edge of an earlier run\n", encoding="utf-8")
    assert run(step("one", code, log=tmp_path / "log")) == Count(1, 1)
    assert "  [DEPRECATION WARNING]: constellation.edge.x is old" in capsys.readouterr().out


def test_long_tests_are_left_out_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert run_tests.environment([], long=False)["PYTEST_ADDOPTS"] == "-m 'not long'"
    assert "PYTEST_ADDOPTS" not in run_tests.environment([], long=True)
