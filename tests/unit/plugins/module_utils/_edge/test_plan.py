# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host's Constellation server and sentinel move where, and what is asked in the end."""

from __future__ import annotations

import pathlib

import yaml
from ansible_collections.constellation.edge.plugins.module_utils._edge.plan import constellation_plan, edge_plan
from ansible_collections.constellation.edge.plugins.module_utils._edge.schema import read_sites

ROOT = pathlib.Path(__file__).parents[5]
PRESETS = yaml.safe_load((ROOT / "roles/nginx_proxy/files/presets.yml").read_text())
HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5.9", "ipv6": True}


def sites(*routes):
    return read_sites([{"server_name": "demo.example.org", "routes": list(routes)}], PRESETS)


LOCAL = sites({"path": "/constellation/", "app": "constellation"})
REMOTE = sites({"path": "/constellation/", "app": "constellation", "upstream": "http://10.0.0.5:8088"})


def test_a_server_on_the_edge_needs_no_group():
    plan = constellation_plan({"home": LOCAL}, "home", is_listed=False, is_sentinel=False)
    assert plan == {
        "listen_uris": ["http://+:8088/constellation/"],
        "sentinel_uri": "http://127.0.0.1:8088/constellation/",
    }


def test_a_server_elsewhere_is_named_by_its_group():
    assert constellation_plan({"home": REMOTE}, "home", is_listed=False, is_sentinel=False)["listen_uris"] == []
    plan = constellation_plan({"home": REMOTE}, "server", is_listed=True, is_sentinel=False)
    assert plan["listen_uris"] == ["http://+:8088/constellation/"]


def test_a_server_elsewhere_is_not_moved_by_a_loopback_route_of_the_edge():
    assert constellation_plan({"home": LOCAL}, "server", is_listed=True, is_sentinel=False)["listen_uris"] == []


def test_a_sentinel_elsewhere_calls_the_public_name():
    plan = constellation_plan({"home": LOCAL}, "cellar", is_listed=False, is_sentinel=True)
    assert plan == {"listen_uris": [], "sentinel_uri": "https://demo.example.org/constellation/"}


def test_without_a_constellation_route_nothing_moves():
    other = sites({"path": "/", "upstream": "http://10.0.0.1"})
    assert constellation_plan({"home": other}, "home", is_listed=True, is_sentinel=True) == {
        "listen_uris": [],
        "sentinel_uri": "",
    }


def test_a_stripped_prefix_leaves_the_server_at_its_root():
    stripped = sites({"path": "/c/", "app": "constellation", "prefix": "strip"})
    plan = constellation_plan({"home": stripped}, "home", is_listed=False, is_sentinel=False)
    assert plan == {"listen_uris": ["http://+:8088/"], "sentinel_uri": "http://127.0.0.1:8088/"}


def test_probes_and_closed_ports_come_from_the_routes():
    read = sites(
        {"path": "/constellation/", "app": "constellation", "probe": {"sse": "signalr/connect", "status": [200]}},
        {"path": "/zm/", "app": "zoneminder", "upstream": "http://10.0.0.1"},
    )
    plan = edge_plan(read, HOST)
    assert plan["probes"] == [
        {"url": "https://demo.example.org/constellation/", "sse": "/constellation/signalr/connect", "status": [200]},
        {"url": "https://demo.example.org/zm/"},
    ]
    assert plan["closed_ports"] == [8088]
    assert plan["certificates"] == [{"name": "demo.example.org", "names": ["demo.example.org"]}]
