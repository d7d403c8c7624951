# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs beside what, and in which order."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from tools.lanes import in_lanes


@dataclass(frozen=True)
class Work:
    """A step that does nothing by itself."""

    name: str
    needs: tuple[str, ...] = ()


def nothing() -> None:
    """Stop nothing."""


def test_a_lane_takes_the_first_whose_needs_are_done() -> None:
    begun: list[str] = []
    steps = [Work("images"), Work("late", ("images",)), Work("early"), Work("last", ("late", "early"))]
    done = in_lanes(steps, 1, lambda step: begun.append(step.name) or step.name, nothing)
    assert begun == ["images", "late", "early", "last"]
    assert list(done) == ["images", "late", "early", "last"]


def test_never_more_at_once_than_there_are_lanes() -> None:
    lock, running, most = threading.Lock(), [0], [0]
    both = threading.Barrier(2, timeout=30)

    def attempt(_step: Work) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        both.wait()
        with lock:
            running[0] -= 1

    in_lanes([Work(str(number)) for number in range(6)], 2, attempt, nothing)
    assert most == [2]


def test_a_need_that_is_no_step_was_met_before() -> None:
    assert in_lanes([Work("one", ("gone",))], 2, lambda step: step.name, nothing) == {"one": "one"}


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle: one, two"):
        in_lanes([Work("one", ("two",)), Work("two", ("one",))], 2, lambda step: step.name, nothing)


def test_what_is_raised_stops_the_others_and_begins_no_more() -> None:
    begun: list[str] = []
    stopped = threading.Event()

    def attempt(step: Work) -> None:
        begun.append(step.name)
        if step.name == "fails":
            raise KeyboardInterrupt
        assert stopped.wait(30)

    with pytest.raises(KeyboardInterrupt):
        in_lanes([Work("waits"), Work("fails"), Work("never")], 2, attempt, stopped.set)
    assert begun == ["waits", "fails"]
