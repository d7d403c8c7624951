# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test run consists of: the steps, what each needs, and how it is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import counts, elsewhere
from .checkout import BIN, LOGS, ROOT
from .counts import Count

# All limits are in seconds and far above what a two-core machine takes: they end a step that hangs.
_LIMIT_LINT = 1200.0
_LIMIT_UNIT = 900.0
_LIMIT_ELSEWHERE = 1800.0
_LIMIT_ENGINE = 300.0
_LIMIT_IMAGES = 1800.0
_LIMIT_JUDGE = 1200.0
_LIMIT_CHAOS = 1800.0
_LIMIT_SCENARIO = 2400.0
_UNIT = ("tests/unit", "tests/fuzz")


@dataclass(frozen=True)
class Step:
    """One command of the run.

    ``needs`` names steps that must have passed, or this one is not run and counts as failed. ``cleanup`` is run when
    the step was stopped before its end. ``ansible_log`` is where ansible-core keeps what it says in the step: each
    deprecation warning in it that names a file of ours has failed once.
    """

    name: str
    argv: tuple[str, ...]
    limit: float
    count: Callable[[str, int], Count]
    needs: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = field(default=())
    ansible_log: Path | None = None


def steps(scenarios: list[str], systems: list[str], *, long: bool = False) -> list[Step]:
    """Return the steps for these scenarios, the most important first. No systems: each step's own choice.

    The images come first, since most steps wait for them, and then what takes longest. With scenarios the checks and
    unit tests run on the oldest and on the newest ansible-core and Python: on a pair that this is not, in a container.
    """
    python = str(BIN / "python")
    checks = elsewhere.checks_here() if scenarios and not long else []
    here = [
        Step("unit", (python, "-m", "pytest", "-q", *_UNIT), _LIMIT_UNIT, counts.of_pytest),
        Step("lint", (python, "-m", "tools.lint", *checks), _LIMIT_LINT, counts.of_lint),
    ]
    if not scenarios:
        return here
    first, *others = [scenario(name) for name in scenarios]
    return [
        Step("lab-engine", (python, "-m", "lab", "engine"), _LIMIT_ENGINE, counts.of_exit),
        Step("lab-images", (python, "-m", "lab", "images", *systems), _LIMIT_IMAGES, counts.of_exit, ("lab-engine",)),
        *here,
        first,
        *(_elsewhere(pair.name) for pair in elsewhere.pairs()),
        _chaos(),
        Step("judge", (python, "-m", "pytest", "-q", "tests/judge"), _LIMIT_JUDGE, counts.of_pytest, ("lab-images",)),
        *others,
    ]


def _elsewhere(name: str) -> Step:
    argv = (str(BIN / "python"), "-m", "tools.elsewhere", name)
    return Step(name, argv, _LIMIT_ELSEWHERE, counts.of_lint_and_pytest, ("lab-images",))


def _chaos() -> Step:
    argv = (str(BIN / "python"), "-m", "chaos")
    return Step("chaos", (*argv, "--short"), _LIMIT_CHAOS, counts.of_trials, ("lab-images",), cleanup=(*argv, "--down"))


def scenario(name: str) -> Step:
    """Return the step of a scenario of Molecule."""
    # Named, since Molecule finds it by .git alone.
    molecule = (str(BIN / "molecule"), "--base-config", str(ROOT / ".config" / "molecule" / "config.yml"))
    return Step(
        f"molecule-{name}",
        (*molecule, "test", "--scenario-name", name),
        _LIMIT_SCENARIO,
        counts.of_molecule,
        ("lab-images",),
        (*molecule, "destroy", "--scenario-name", name),
        LOGS / f"ansible-{name}.log",
    )
