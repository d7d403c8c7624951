# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that need one another, done by a few lanes side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar


class Needy(Protocol):
    """What has a name and needs others, by their names, to be done first."""

    @property
    def name(self) -> str:
        """Its name, unique among the steps."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of those that are done first."""


S = TypeVar("S", bound=Needy)
R = TypeVar("R")


def in_lanes(steps: Sequence[S], lanes: int, attempt: Callable[[S], R], stop: Callable[[], None]) -> dict[str, R]:
    """Attempt every step, at most so many at once; return what came of each, by its name, in their own order.

    A free lane takes the first step whose needs are done, whatever came of these: that is for ``attempt`` to judge.
    When this process is told to stop, ``stop`` is called, no further step is begun, and the reason is raised.

    Args:
        steps: those that matter most first.
        lanes: how many are attempted at the same time.
        attempt: called in a thread of its own.
        stop: ends what is being attempted.

    """
    waiting = list(steps)
    running: dict[Future[R], S] = {}
    done: dict[str, R] = {}
    known = {step.name for step in steps}
    pool = ThreadPoolExecutor(lanes)
    try:
        while waiting or running:
            for step in [each for each in waiting if _is_ready(each, known, done)][: lanes - len(running)]:
                waiting.remove(step)
                running[pool.submit(attempt, step)] = step
            if not running:
                raise ValueError(f"steps that need one another in a circle: {', '.join(each.name for each in waiting)}")
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                done[running.pop(future).name] = future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    pool.shutdown()
    return {step.name: done[step.name] for step in steps}


def _is_ready(step: Needy, known: set[str], done: dict[str, R]) -> bool:
    """Tell whether what a step needs is done; what is not among the steps was done before."""
    return all(name in done or name not in known for name in step.needs)
