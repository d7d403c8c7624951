# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site of 500 routes: every one answers, and the next run changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home

ROUTES = 500
SERVICE = "http://127.0.0.1:8088"
# Every tenth is for a service that is told no prefix, whose redirects to each of the others stay as they are.
STRIPS = 10


def run(*options: str) -> runs.Run:
    """Run the playbook."""
    routes: list[dict[str, Any]] = [{"path": "/constellation/", "app": "constellation", "moved_from": ""}]
    for number in range(ROUTES):
        answer: dict[str, Any] = {"return": {"code": 200, "text": str(number)}}
        if number % STRIPS == 0:
            answer = {"upstream": SERVICE, "prefix": "strip", "probe": {"status": [200, 400, 404]}}
        routes.append({"path": f"/route-{number}/", **answer})
    sites = [{"server_name": "{{ inventory_hostname }}.example.org", "routes": routes}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}), *options)


@pytest.mark.long
def test_all_of_them_answer_and_the_next_run_changes_nothing(homes: list[Home], client: Client) -> None:
    done = run()
    assert done.rc == 0, done.tail
    for home in homes:
        urls = [f"https://{home.domain}/route-{number}/" for number in range(ROUTES) if number % STRIPS]
        assert client.curl(home, urls[-1], *urls[:-1]).stdout == "".join(url.split("-")[-1].strip("/") for url in urls)
        stripped = client.status(home, f"https://{home.domain}/route-{ROUTES - STRIPS}/constellation/")
        assert stripped == "200"
    again = run()
    assert again.rc == 0, again.tail
    for home in homes:
        assert again.count(home.name, "changed") == 0, again.tail
