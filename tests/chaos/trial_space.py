# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk that is full, has no inode left, or may not be written, for nginx's folder and for the collection's own."""

from __future__ import annotations

from itertools import product
from typing import Any

from chaos.hosts import inside, problems, side_by_side
from chaos.stage import Stage
from chaos.trial import Outcome

NAME = "disk full, no inode, read-only"
LANES = 2
PLACES = ("sites", "state")
# Before every how many-th call that needs room the disk fills up.
STEP, SHORT = 1, 4


def run(bench: Stage, short: bool) -> Outcome:
    """Take the room away before a run and during one."""

    def share(name: str, lane: int) -> list[dict[str, Any]]:
        return [each for case in cases(short)[lane::LANES] for each in inside(bench, name, *case)]

    names = [f"space-{lane}" for lane in range(LANES)]
    seen = [each for part in side_by_side(bench, names, share) for each in part]
    failed = sum(bool(each["message"]) for each in seen)
    details = f"{failed} runs that could not write, {len(seen) - failed} that just could"
    return Outcome(NAME, len(seen), problems(seen, ("variant", "place", "cause", "when")), None, details)


def cases(short: bool) -> list[tuple[object, ...]]:
    """Return what is run on the hosts; the short form has one of the two kinds of sites."""
    variants = ("entangled",) if short else ("independent", "entangled")
    before = product(("space",), variants, PLACES, ("full", "inodes", "read-only"))
    during = product(("filling",), ("independent",), PLACES, ("full", "inodes"), (SHORT if short else STEP,))
    return [*before, *during]
