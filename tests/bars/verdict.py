# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a judge says of one host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bars.stage import Host


@dataclass(frozen=True)
class Verdict:
    """`figure` is what stands in the table. `counted` is against the bar, `others` is shown and is not."""

    figure: str
    passed: bool
    counted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Judge(Protocol):
    """A module of this package: its title with the version, its bar in words, and what it says of a host."""

    TITLE: str
    BAR: str

    def judge(self, host: Host) -> Verdict:
        """Return the verdict on a host."""
