# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of nginx for a whole site, as the guide has them, asked from another machine."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home
from test_1_guide import BLOCKS

HOST = "{{ inventory_hostname }}"
SCANNER = "Mozilla/5.0 sqlmap/1.8"


@pytest.fixture(scope="module")
def first(lab: Any) -> runs.Run:
    """Return a run with the keys of the guide, in front of a real service."""
    (keys,) = (
        {"raw": site["raw"], "raw_http": site["raw_http"]} for sites in BLOCKS for site in sites if "raw_http" in site
    )
    routes = [{"path": "/", "upstream": f"http://{lab.address('jeedom')}"}]
    plain = {"server_name": f"www.{HOST}.example.org", "routes": routes}
    sites = [{"server_name": f"{HOST}.example.org", "routes": routes, **keys}, plain]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": sites}))


def test_the_run_succeeds(first: runs.Run) -> None:
    assert first.rc == 0, first.tail


def test_what_the_map_finds_is_refused_on_this_site_alone(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert client.status(home, f"https://{home.domain}/", "-A", SCANNER) == "403"
        assert client.status(home, f"https://{home.domain}/") == "200"
        assert client.status(home, f"https://www.{home.domain}/", "-A", SCANNER) == "200"


def test_whoever_asks_too_often_is_told_so(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        for name, statuses in ((home.domain, {"200", "429"}), (f"www.{home.domain}", {"200"})):
            url = f"https://{name}/?[1-99]"
            said = client.curl(home, url, "--parallel", "-o", "/dev/null", "-w", "%{http_code}\n", "-s").stdout
            assert set(said.split()) == statuses


def test_certificates_are_renewed_all_the_same(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        url = f"http://{home.domain}/.well-known/acme-challenge/token"
        assert client.status(home, url, "-A", SCANNER) == "404"
