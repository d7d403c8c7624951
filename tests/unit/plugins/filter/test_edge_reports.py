# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of all hosts has every proof of each, and a problem for a host that was not asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.filter.edge_reports import FilterModule

ROUTE = {"url": "https://a.example.org/x/", "ok": True, "status": 200, "problems": []}
PROBED = {"results": [ROUTE], "ports": [], "ok": True, "problems": []}
UFW = {"subject": "ufw", "ok": True, "detail": "active"}
HSTS = {"subject": "headers", "ok": False, "detail": "no HSTS"}


def reports(*hosts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = FilterModule().filters()["edge_reports"](list(hosts))
    return found


def host(name: str, **registered: Any) -> dict[str, Any]:
    return {"inventory_hostname": name, "probed_routes": PROBED, "proven_host": {"proofs": [UFW]}, **registered}


def test_hostile_proofs_stand_beside_those_of_the_host() -> None:
    found = reports(host("home", proven_hostile={"proofs": [HSTS]}), host("flat"))
    assert found["ok"] is False
    assert [(check["host"], check["subject"]) for check in found["checks"]] == [
        ("home", "ufw"),
        ("home", "headers"),
        ("flat", "ufw"),
    ]
    assert found["hosts"]["flat"]["ok"] is True


@pytest.mark.parametrize("missing", [{"probed_routes": None}, {"proven_host": None}, {"proven_host": {"failed": True}}])
def test_a_host_for_which_the_run_ended_is_a_problem(missing: dict[str, Any]) -> None:
    found = reports(host("home", **missing))
    assert found["ok"] is False
    assert len(found["problems"]) == 1
    assert found["problems"][0].startswith("home")


def test_the_table_of_who_came_in_stands_in_the_report() -> None:
    url = "https://a.example.org/"
    rule = {"url": url, "rule": [["lan"]], "allow": [], "deny": [], "proxies": [], "guarded": False}
    rule |= {"itself": [], "silent": False, "closed": False}
    client = {"host": "a.example.org", "address": "192.0.2.1", "seen": "192.0.2.7", "tries": 0, "why": ""}
    cell = {"kind": "bare", "what": "no login", "status": 200, "own": None, "why": ""}
    found = reports(
        host(
            "home",
            edge_plan={"access": {"lan": [], "rules": [rule], "unasked": {}}},
            access_greeted={"greetings": []},
            access_seen={"clients": [client]},
            access_asked={"rows": [{"url": url, "address": "192.0.2.1", "cells": [cell]}]},
            access_of_host={"clients": [], "rows": []},
        ),
        host("flat"),
    )
    (row,) = found["access"]
    assert (row["host"], row["url"], row["cells"][0]["result"]) == ("home", url, "failed")
    assert found["hosts"]["flat"]["access"] == []
    assert found["problems"] == [
        f"home: who comes in at {url} from the controller, seen as 192.0.2.7: "
        "0 of 1 cells agree; no login through 192.0.2.1: expected 403, came 200"
    ]
