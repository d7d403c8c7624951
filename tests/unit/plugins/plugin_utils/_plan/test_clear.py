# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Constellation server that no `app` names is not served without TLS, either."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.clear import clear_problems

SERVER = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))


@pytest.mark.parametrize(("http", "port", "count"), [("serve", 8088, 1), ("serve", 8080, 0), ("redirect", 8088, 0)])
def test_it_is_known_by_its_port(http: str, port: int, count: int) -> None:
    route: dict[str, Any] = {"path": "/c/", "upstream": f"http://127.0.0.1:{port}"}
    raw = [{"server_name": "a.example.org", "routes": [route], "http": http}]
    found = clear_problems(raw, read_sites(raw, {"generic": {}}), SERVER)
    assert [each.place for each in found] == ["site a.example.org, route /c/"] * count
    assert all("whose access keys travel in addresses" in each.text for each in found)
