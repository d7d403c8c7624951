# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host's Constellation server and sentinel move where, and what is asked in the end."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.module_utils._hostile.run import KINDS
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.machine import Machine
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import constellation_plan, edge_plan

PRESETS = read_presets(OURS).found
HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5.9", "ipv6": True}


def sites(*routes):
    return read_sites([{"server_name": "demo.example.org", "routes": list(routes)}], PRESETS)


LOCAL = sites({"path": "/constellation/", "app": "constellation"})
REMOTE = sites({"path": "/constellation/", "app": "constellation", "upstream": "http://10.0.0.5:8088"})


NAMED = sites({"path": "/c/", "app": "constellation", "upstream": "http://constellation.lan:8088"})
EMPTY = {"listen_uris": [], "sentinel_uri": "", "upstreams": []}
BELOW_C = ["http://+:8088/constellation/"]


def plan(edges, name, *own_hosts, **more):
    return constellation_plan(edges, Machine(name, frozenset(own_hosts), **more))


def listed(edges, name, *own_hosts, **more):
    return plan(edges, name, *own_hosts, is_listed=True, **more)["listen_uris"]


def test_a_server_on_the_edge_needs_no_group():
    assert plan({"home": LOCAL}, "home") == {
        "listen_uris": BELOW_C,
        "sentinel_uri": "http://127.0.0.1:8088/constellation/",
        "upstreams": ["http://127.0.0.1:8088"],
    }


def test_an_address_of_the_edge_is_the_edge():
    assert plan({"home": REMOTE}, "home", "10.0.0.5")["listen_uris"] == BELOW_C
    assert plan({"home": REMOTE, "other": LOCAL}, "other", "10.0.0.5")["listen_uris"] == BELOW_C


def test_a_server_elsewhere_is_named_by_its_group():
    assert plan({"home": REMOTE}, "home")["listen_uris"] == []
    assert plan({"home": REMOTE}, "server", "10.0.0.5")["listen_uris"] == []
    assert listed({"home": REMOTE}, "server", "10.0.0.5") == BELOW_C


def test_of_several_listed_servers_each_gets_its_own():
    edges = {"home": REMOTE, "flat": NAMED}
    assert listed(edges, "one", "10.0.0.5") == BELOW_C
    assert listed(edges, "two", "constellation.lan") == ["http://+:8088/c/"]
    assert listed(edges, "three") == []


def test_the_only_listed_server_is_meant_by_the_only_upstream_that_it_can_be():
    assert listed({"home": NAMED}, "server", sole_server=True) == ["http://+:8088/c/"]
    assert listed({"home": NAMED}, "server", sole_server=False) == []


def test_the_only_listed_server_is_not_guessed():
    assert listed({"home": NAMED, "flat": REMOTE}, "server", sole_server=True) == []
    assert listed({"home": NAMED, "flat": REMOTE}, "server", "10.0.0.5", sole_server=True) == BELOW_C
    at_the_edge = frozenset({"10.0.0.5"})
    assert listed({"home": REMOTE}, "server", sole_server=True, edge_hosts=at_the_edge) == []
    # The edge itself, when it is the one listed, knows that it does not have this address.
    assert listed({"home": REMOTE}, "home", sole_server=True) == []


def test_a_server_elsewhere_is_not_moved_by_a_loopback_route_of_the_edge():
    assert listed({"home": LOCAL}, "server", "127.0.0.1", sole_server=True) == []


def test_a_sentinel_elsewhere_calls_the_public_name():
    assert plan({"home": LOCAL}, "cellar", is_sentinel=True) == {
        **EMPTY,
        "sentinel_uri": "https://demo.example.org/constellation/",
    }


def test_without_a_constellation_route_nothing_moves():
    other = sites({"path": "/", "upstream": "http://10.0.0.1"})
    assert plan({"home": other}, "home", "10.0.0.1", is_listed=True, is_sentinel=True, sole_server=True) == EMPTY


def test_a_stripped_prefix_leaves_the_server_at_its_root():
    stripped = sites({"path": "/c/", "app": "constellation", "prefix": "strip"})
    found = plan({"home": stripped}, "home")
    assert found["listen_uris"] == ["http://+:8088/"]
    assert found["sentinel_uri"] == "http://127.0.0.1:8088/"


def test_a_port_of_the_edges_own_address_is_closed_too():
    here = LocalServer(own_hosts=frozenset({"10.0.0.5"}))
    assert edge_plan(REMOTE, HOST, here)["closed_ports"] == [8088]
    assert edge_plan(REMOTE, HOST)["closed_ports"] == []


def test_probes_and_closed_ports_come_from_the_routes():
    read = sites(
        {"path": "/constellation/", "app": "constellation", "probe": {"sse": "signalr/connect", "status": [200]}},
        {"path": "/zm/", "app": "zoneminder", "upstream": "http://10.0.0.1"},
    )
    found = edge_plan(read, HOST)
    assert found["probes"] == [
        {"url": "https://demo.example.org/constellation/", "sse": "/constellation/signalr/connect", "status": [200]},
        {"url": "https://demo.example.org/zm/"},
    ]
    assert found["closed_ports"] == [8088]
    assert found["certificates"] == [{"name": "demo.example.org", "names": ["demo.example.org"]}]


def test_each_site_is_asked_what_a_client_may_not_do():
    here = LocalServer(folders=("/WebConsole", "/"))
    assert edge_plan(LOCAL, HOST, here)["hostile"] == [
        {"url": "https://demo.example.org/", "kept": "/constellation/WebConsole/", "without": []}
    ]
    nothing = [{"url": "https://demo.example.org/", "kept": "", "without": []}]
    assert edge_plan(LOCAL, HOST)["hostile"] == nothing
    public = sites({"path": "/constellation/", "app": "constellation", "console": "public"})
    assert edge_plan(public, HOST, here)["hostile"] == nothing


def test_what_its_owner_decides_on_is_not_asked_of_a_site():
    route = {"path": "/", "upstream": "http://10.0.0.1"}
    (adopted,) = read_sites([{"server_name": "a.example.org", "adopt": True, "routes": [route]}], PRESETS)
    assert edge_plan([adopted], HOST)["hostile"][0]["without"] == ["answers"]
    (framed,) = read_sites([{"server_name": "a.example.org", "frame_ancestors": "any", "routes": [route]}], PRESETS)
    without = edge_plan([framed], HOST)["hostile"][0]["without"]
    asked = {f"answers.{probe.name}" for probe in KINDS["answers"].probes(Subject("https://a.example.org/"))}
    assert len(without) == 2
    assert set(without) <= asked


def test_an_attackers_questions_go_to_a_route_without_a_limit_where_there_is_one():
    free, *limited = ({"path": path, "upstream": "http://10.0.0.1"} for path in ("/a/", "/", "/b/"))
    limited = [each | {"rate_limit": "1r/m"} for each in limited]
    for routes, asked in (
        ([limited[0], free], "/a/"),
        ([*limited, free], "/a/"),
        ([limited[0]], "/"),
        # Where no route is, there is a page of ours.
        ([limited[1]], "/"),
    ):
        (read,) = read_sites([{"server_name": "a.example.org", "routes": routes}], PRESETS)
        assert [each["url"] for each in edge_plan([read], HOST)["hostile"]] == [f"https://a.example.org{asked}"]
