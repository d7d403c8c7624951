# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that is shared by several hosts of one trial, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from chaos.modules import HOME
from chaos.stage import Stage

T = TypeVar("T")


def inside(stage: Stage, name: str, *command: object) -> list[dict[str, Any]]:
    """Run one of the programs of `inside` on a host, and return what it says, a line an entry."""
    words = " ".join(str(word) for word in command)
    done = stage.sh(name, f"cd {HOME} && python3 -m inside.{words}")
    return [json.loads(line) for line in done.out.splitlines()]


def side_by_side(stage: Stage, names: Sequence[str], work: Callable[[str, int], T]) -> list[T]:
    """Start the hosts, let each do its part of the work, given its name and number, and remove them."""
    pool = ThreadPoolExecutor(len(names))
    try:
        # One after another: the first one builds what all are made of.
        for name in names:
            stage.host(name)
        return list(pool.map(work, names, range(len(names))))
    finally:
        # The hosts first, which ends what still runs there.
        stage.drop(*names)
        pool.shutdown()


def problems(seen: Iterable[dict[str, Any]], where: Sequence[str]) -> list[str]:
    """Return the problems of what programs saw, each with where it was seen."""
    return [f"{' '.join(str(each[key]) for key in where)}: {text}" for each in seen for text in each["problems"]]
