# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of one host is its rows, with the text beside them."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.filter.edge_report import FilterModule

ROUTE = {"url": "https://a.example.org/x/", "ok": True, "status": 200, "problems": []}
PROBED = {"results": [ROUTE], "ports": [], "ok": True, "problems": []}


def test_the_text_says_what_the_rows_say() -> None:
    edge_report = FilterModule().filters()["edge_report"]
    content = edge_report(PROBED, [{"subject": "ufw", "ok": False, "detail": "inactive"}])
    assert content["ok"] is False
    assert content["checks"] == [{"subject": "ufw", "result": "failed", "detail": "inactive"}]
    assert content["lines"][-1] == "PROBLEM ufw: inactive"
    assert edge_report(PROBED)["ok"] is True
