# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.trial import Outcome

HEAD = ("trial", "count", "violations", "slowest recovery")
# A fault shows in many places of one trial; the rest is in the trial's count.
MOST_SHOWN = 20


def table(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return one line for each trial, what was violated, the total time and the closing count."""
    rows = [HEAD, *(_row(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for outcome in outcomes:
        lines += [f"{outcome.name}: {outcome.details}"] if outcome.details else []
        lines += [f"VIOLATION {outcome.name}: {text}" for text in outcome.violations[:MOST_SHOWN]]
        if len(outcome.violations) > MOST_SHOWN:
            lines.append(f"VIOLATION {outcome.name}: and {len(outcome.violations) - MOST_SHOWN} more")
    failed = sum(bool(outcome.violations) for outcome in outcomes)
    return "\n".join([*lines, f"{seconds:.0f} s in all", f"{len(outcomes) - failed} passed, {failed} failed"])


def _row(outcome: Outcome) -> tuple[str, str, str, str]:
    slowest = "-" if outcome.slowest is None else f"{outcome.slowest:.2f} s"
    return outcome.name, str(outcome.count), str(len(outcome.violations)), slowest
