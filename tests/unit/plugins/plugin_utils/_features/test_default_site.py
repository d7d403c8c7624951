# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default site: where it leads, which certificate is shown, and what goes with the key."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan

HOST = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
OLD = {"nginx_version": "1.18.0", "openssl_version": "3.0.2", "ipv6": True}
ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]


def sites(*given: dict[str, Any]) -> list[Any]:
    several = [
        {"server_name": f"{name}.example.org", "routes": ROUTES, **each}
        for name, each in zip("ab", given, strict=False)
    ]
    return read_sites(several, {"generic": {}})


def written(before: str | None, *given: dict[str, Any], host: dict[str, Any] | None = None) -> str:
    """Return the file for all other names."""
    (wanted,) = _declaration.sites(edge_plan(sites(*given), host or HOST)["nginx_sites"][:1])
    pair = (
        lambda name: (f"/etc/letsencrypt/live/{name}/fullchain.pem", f"/etc/letsencrypt/live/{name}/privkey.pem"),
        lambda _path: True,
    )
    return str(edit_site(before, wanted, "s", *pair, purge=True))


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ({}, "return 302 https://a.example.org$constellation_edge_path;"),
        ({"http": "serve"}, "return 302 http://a.example.org$constellation_edge_path;"),
        ({"http": "off"}, "return 444;"),
    ],
)
@pytest.mark.parametrize("host", [HOST, OLD])
def test_it_leads_there(said: dict[str, Any], plain: str, host: dict[str, Any]) -> None:
    http, https = written(None, {"default": True, **said}, {}, host=host).split("listen 443 ")
    assert plain in http
    assert "return 302 https://a.example.org$constellation_edge_path;" in https
    assert "ssl_certificate /etc/letsencrypt/live/a.example.org/fullchain.pem;" in https
    assert "ssl_reject_handshake" not in https


@pytest.mark.parametrize("host", [HOST, OLD])
def test_nothing_of_it_is_left_without_the_key(host: dict[str, Any]) -> None:
    before = written(None, {"default": True}, {}, host=host)
    assert sorted(written(before, {}, {}, host=host).split("\n")) == sorted(
        written(None, {}, {}, host=host).split("\n")
    )
    assert sorted(written(before, {}, {"default": True}, host=host).split("\n")) == sorted(
        written(None, {}, {"default": True}, host=host).split("\n")
    )


def test_tls_for_another_name_opens_no_site() -> None:
    found = edge_plan(sites({"default": True}, {}), HOST)["nginx_sites"]
    for site in found[1:]:
        assert site["servers"][1]["directives"]["if ($constellation_edge_astray)"] == {"return": "421"}
    found = edge_plan(sites({}, {}), HOST)["nginx_sites"]
    assert "if ($constellation_edge_astray)" not in found[1]["servers"][1]["directives"]


def test_the_proof_knows_where_other_names_lead() -> None:
    assert [each["leads_to"] for each in edge_plan(sites({}, {"default": True}), HOST)["hostile"]] == [
        "b.example.org"
    ] * 2
    assert not any("leads_to" in each for each in edge_plan(sites({}, {}), HOST)["hostile"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"default": True}, {"default": True}], "default: a.example.org is the default site of this host already"),
        ([{"default": True, "adopt": True}], "default_server into `listen` there"),
        (
            [{"default": True, "listen": "192.168.0.2"}],
            "would be redirected here for ever: take `default` or `listen` out",
        ),
        ([{"default": "yes"}], "default must be true or false"),
    ],
)
def test_what_cannot_be_is_refused(given: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(SchemaError) as error:
        sites(*given)
    assert said in str(error.value)
