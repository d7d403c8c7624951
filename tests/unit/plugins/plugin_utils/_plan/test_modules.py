# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route that this nginx cannot serve is told before anything is changed."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.modules import module_problems

SITES = [{"server_name": "a.example.org", "routes": [{"path": "/constellation/", "app": "constellation"}]}]
HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}
SERVER = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))


@pytest.mark.parametrize(
    ("without", "server", "told"),
    [
        (["http_geo_module"], SERVER, True),
        (["http_geo_module"], LocalServer(), False),
        (["http_ssi_module"], SERVER, False),
        ([], SERVER, False),
    ],
)
def test_a_module_that_is_missing_is_told_where_a_route_needs_it(
    without: list[str], server: LocalServer, told: bool
) -> None:
    sites = read_sites(SITES, read_presets(OURS).found)
    found = module_problems(SITES, sites, {**HOST, "nginx_without": without}, server)
    assert [(each.place, each.value) for each in found] == (
        [("site a.example.org, route /constellation/", SITES[0]["routes"][0])] if told else []
    )
    assert all("needs nginx's module http_geo_module" in each.text for each in found)


@pytest.mark.parametrize(("version", "count"), [("1.18.0", 1), ("1.19.4", 1), ("1.19.5", 0), ("1.22.1", 0)])
def test_an_nginx_that_loses_answers_by_grpc_is_told(version: str, count: int) -> None:
    given = [{"server_name": "a.example.org", "routes": [{"path": "/a.B/", "upstream": "grpc://192.168.0.9:9000"}]}]
    host = {**HOST, "nginx_version": version}
    found = module_problems(given, read_sites(given, {"generic": {}}), host, LocalServer())
    assert [each.place for each in found] == ["site a.example.org, route /a.B/"] * count
    assert all(f"nginx {version} of this host ends many calls" in each.text for each in found)
