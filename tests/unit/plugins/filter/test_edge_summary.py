# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last words of a run are lines of text."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.filter.edge_summary import FilterModule

PROBED = {"results": [], "ports": [], "ok": True, "problems": []}


def test_what_a_person_should_know_is_among_the_lines() -> None:
    lines = FilterModule().filters()["edge_summary"](PROBED, {"certificates": {}}, ["look at this"])
    assert all(isinstance(line, str) for line in lines)
    assert any("look at this" in line for line in lines)
