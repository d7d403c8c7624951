# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the client `poll` saw, and how long after something a URL was answered again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

OK = 200


@dataclass(frozen=True, order=True)
class Sample:
    """One request: when it began and ended, and its status, None where there was no answer."""

    began: float
    ended: float
    status: int | None

    @property
    def good(self) -> bool:
        """Whether the service itself answered."""
        return self.status == OK


def samples(raw: Iterable[Sequence[float | int | None]]) -> list[Sample]:
    """Return a client's report of one URL, in the order in which its requests began."""
    return sorted((Sample(*each) for each in raw), key=lambda each: each.began)  # type: ignore[arg-type]


def first(of: Iterable[Sample], wanted: Callable[[Sample], bool]) -> Sample | None:
    """Return the one of those wanted that ended first."""
    return min((each for each in of if wanted(each)), key=lambda each: each.ended, default=None)


def outage(direct: list[Sample], since: float, until: float) -> tuple[float, float] | None:
    """Return when a service went and when it was first answered again, asked directly; None when it never did either.

    Only requests that began between `since` and `until` count.
    """
    within = [each for each in direct if since <= each.began < until]
    gone = next((each for each in within if not each.good), None)
    if gone is None:
        return None
    back = first(within, lambda each: each.good and each.began > gone.began)
    return (gone.began, back.ended) if back else None


def lag(proxied: list[Sample], gone: float, back: float) -> float | None:
    """Return by how many seconds the first answer through the proxy came later than the direct one; None for never.

    An answer counts when it came after the service had gone: it is the new one's.
    """
    answered = first(proxied, lambda each: each.good and each.began >= gone and each.ended >= back)
    return None if answered is None else max(0.0, answered.ended - back)
