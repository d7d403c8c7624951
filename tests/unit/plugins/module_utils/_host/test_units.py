# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which units count as running for good."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.units import at_work


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ("ActiveState=active\nUnitFileState=enabled\n", True),
        ("UnitFileState=enabled\nActiveState=active\n", True),
        ("ActiveState=inactive\nUnitFileState=enabled\n", False),
        ("ActiveState=failed\nUnitFileState=enabled\n", False),
        ("ActiveState=activating\nUnitFileState=enabled\n", False),
        ("ActiveState=active\nUnitFileState=disabled\n", False),
        ("ActiveState=active\nUnitFileState=enabled-runtime\n", False),
        ("ActiveState=inactive\nUnitFileState=masked\n", False),
        # One that systemd does not know, and a host without systemd.
        ("ActiveState=inactive\nUnitFileState=\n", False),
        ("", False),
    ],
)
def test_a_unit_works_when_it_is_active_and_enabled(said: str, works: bool) -> None:
    asked: list[Sequence[str]] = []

    def call(command: Sequence[str]) -> Answer:
        asked.append(command)
        return Answer(0 if said else 127, said, "")

    assert at_work(["certbot.timer"], call) == (["certbot.timer"] if works else [])
    assert [command[-1] for command in asked] == ["certbot.timer"]


def test_nothing_is_asked_where_nothing_is_meant() -> None:
    assert at_work([]) == []
