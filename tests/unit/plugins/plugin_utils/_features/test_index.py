# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The start page of a site: what it links to, and where there is no room for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

FACTS = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
HOST = Host(Platform.of(FACTS))
UPSTREAM = {"upstream": "http://192.168.0.10:8080"}


def sites(*paths: str, **said: Any) -> list[Any]:
    routes = [{"path": path, **UPSTREAM} for path in paths or ("/wiki/",)]
    return read_sites([{"server_name": "a.example.org", "routes": routes, **said}], {"generic": {}})


def written(before: str | None, **said: Any) -> tuple[dict[str, Any], str]:
    _common, site = nginx_sites(sites(**said), HOST)
    (wanted,) = _declaration.sites([site])
    pair = ("/c", "/k")
    return site, str(edit_site(before, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


def test_what_the_key_wrote_goes_with_it() -> None:
    _site, plain = written(None)
    site, with_page = written(plain, index=True)
    ((name, _text),) = site["files"].items()
    assert f"alias /etc/nginx/constellation-edge/{name};" in with_page
    site, again = written(with_page, index=False)
    assert again == plain
    assert "files" not in site


def test_the_page_is_asked_for_and_may_be_in_maintenance() -> None:
    asked = {"url": "https://a.example.org/", "status": [200]}
    assert asked in edge_plan(sites(index=True), FACTS)["probes"]
    assert {**asked, "maintenance": True} in edge_plan(sites(index=True, maintenance=True), FACTS)["probes"]
    assert asked not in edge_plan(sites(), FACTS)["probes"]


def test_who_may_not_open_the_page_is_refused_and_that_is_right() -> None:
    (asked,) = [each for each in edge_plan(sites(index=True, access="lan"), FACTS)["probes"] if "status" in each]
    assert (asked["refused_by"], "closed" in asked) == ([403], False)


def test_another_route_is_another_page() -> None:
    names = [
        next(iter(nginx_sites(sites(*paths, index=True), HOST)[1]["files"])) for paths in (("/a/",), ("/a/", "/b/"))
    ]
    assert len({*names}) == 2


@pytest.mark.parametrize("path", ["/", "= /", "^~ /"])
def test_a_route_at_the_root_leaves_no_room(path: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(f"site a.example.org: index: route {path} answers there")):
        sites("/wiki/", path, index=True)


def test_an_old_path_at_the_root_leaves_no_room() -> None:
    routes = [{"path": "/wiki/", "moved_from": "/", **UPSTREAM}]
    with pytest.raises(SchemaError, match=re.escape("index: / leads to route /wiki/ (moved_from)")):
        sites(routes=routes, index=True)


def test_an_owners_root_stays_his() -> None:
    with pytest.raises(SchemaError, match="index: a site that adopts keeps what its owner's server answers at /"):
        sites(adopt=True, index=True)
