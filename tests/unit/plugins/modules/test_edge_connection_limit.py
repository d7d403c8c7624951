# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limit that is asked for is the one that is brought about."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit.table import Limit
from module_runs import done, module, refused


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Limit | None, bool]]:
    """Return what is asked of a host on which everything succeeds."""
    calls: list[tuple[Limit | None, bool]] = []

    def bring(limit: Limit | None, *, check_mode: bool) -> dict[str, Any]:
        calls.append((limit, check_mode))
        return {"changed": True, "limit": limit.connections if limit else 0}

    monkeypatch.setattr(module("edge_connection_limit"), "bring", bring)
    return calls


def test_check_mode_is_handed_on(asked: list[tuple[Limit | None, bool]]) -> None:
    answer = done("edge_connection_limit", check=True, limit=512, ports=[443], exempt=["192.0.2.0/24"])
    assert (answer["changed"], answer["limit"]) == (True, 512)
    [(limit, check_mode)] = asked
    assert limit is not None
    assert (limit.connections, list(limit.ports), check_mode) == (512, [443], True)


@pytest.mark.parametrize("given", [{"limit": 0}, {"state": "absent"}])
def test_none_is_none(asked: list[tuple[Limit | None, bool]], given: dict[str, Any]) -> None:
    assert done("edge_connection_limit", **given)["limit"] == 0
    assert asked == [(None, False)]


def test_a_limit_that_shuts_out_a_household_is_refused(asked: list[tuple[Limit | None, bool]]) -> None:
    message = refused("edge_connection_limit", limit=5)["msg"]
    assert message.startswith("limit: 5 is not between 32 and 65535")
    assert asked == []
