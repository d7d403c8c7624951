# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one call of a module is going to do, before it does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._transaction import Change


@dataclass
class Plan:
    """The changes of one call, and its report.

    `changes` may hold what is on disk already; `missing` are placeholder certificates to make, with their names;
    `sites` is the report, one entry per site; `kept` has the same entries for files that are no longer listed but hold
    something of their owner: they stay, and keep nothing else from being carried out.
    """

    changes: list[Change] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """What keeps sites from being carried out."""
        return [each["problem"] for each in self.sites if each["problem"]]
