# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further names of a site: who gets a certificate for them, and what of them is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan

HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}
ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]


def sites(*given: dict[str, Any]) -> list[Any]:
    return read_sites([{"routes": ROUTES, **each} for each in given], {"generic": {}})


def test_they_are_served_certified_and_asked_for() -> None:
    plan = edge_plan(sites({"server_name": "a.example.org", "aliases": "WWW.a.example.org."}), HOST)
    names = ["a.example.org", "www.a.example.org"]
    assert plan["certificates"] == [{"name": "a.example.org", "names": names}]
    _common, site = plan["nginx_sites"]
    assert [server["server_name"] for server in site["servers"]] == [names, names]
    assert {"url": "https://www.a.example.org/", "status": [308]} in plan["probes"]


@pytest.mark.parametrize("adopt", [False, True])
def test_the_condition_stands_first_and_goes_with_the_key(adopt: bool) -> None:
    condition = "if ($constellation_edge_alias)"
    given = {"server_name": "a.example.org", "adopt": adopt}
    _http, https = edge_plan(sites({**given, "aliases": ["www.a.example.org"]}), HOST)["nginx_sites"][1]["servers"]
    assert https["directives"][condition] == {"return": "308 https://a.example.org$request_uri"}
    assert f"{condition} {{}}" in https["guards"]
    if adopt:
        assert condition in https["adopted"]["directives"]
        assert f"{condition} {{}}" in https["adopted"]["guards"]
    _http, https = edge_plan(sites(given), HOST)["nginx_sites"][1]["servers"]
    assert condition not in https["directives"]
    assert f"{condition} {{}}" in https["owns"]


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        (["a.example.org"], "alias 'a.example.org' is already a name of site a.example.org"),
        (["b.example.org"], "server_name 'b.example.org' is already a name of site a.example.org"),
        (["*.example.org"], "is a wildcard: HTTP-01 certifies single names only"),
        ([7], "7 is not a host name"),
    ],
)
def test_a_name_that_cannot_lead_to_the_first_one_is_refused(aliases: list[object], said: str) -> None:
    with pytest.raises(SchemaError, match=said.replace("*", r"\*")):
        sites({"server_name": "a.example.org", "aliases": aliases}, {"server_name": "b.example.org"})
