# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a trial is: a module `trial_*.py` of this package with `NAME` and `run`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from chaos.stage import Stage


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    `count` is how often something was tried; every entry of `violations` says where and what; `slowest` is the longest
    recovery in seconds, None where there is nothing to recover from.
    """

    name: str
    count: int
    violations: list[str] = field(default_factory=list)
    slowest: float | None = None
    details: str = ""


class Trial(Protocol):
    """The interface of a trial's module."""

    NAME: str

    def run(self, bench: Stage, short: bool) -> Outcome:
        """Carry the trial out; `short` is what `make test` has time for. Removes its own machines."""


def found() -> dict[str, Trial]:
    """Return the trials of this package by the end of their file's name, in the order of these."""
    files = sorted(Path(__file__).parent.glob("trial_*.py"))
    return {path.stem.removeprefix("trial_"): importlib.import_module(f"chaos.{path.stem}") for path in files}
