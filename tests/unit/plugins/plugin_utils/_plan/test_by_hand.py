# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person is told of servers and sentinels that cannot be changed from here."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.filter.edge_elsewhere import edge_elsewhere
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.by_hand import (
    by_hand,
    notes,
    questions,
    unserved,
)

PRESETS = read_presets(OURS).found
UPSTREAM = "http://10.0.0.5:8088"
ANSWER = "it answers 404 there"
LINE = '<uri listenUri="http://+:8088/constellation/" />'


def sites(**more):
    route = {"path": "/constellation/", "app": "constellation", "upstream": UPSTREAM, **more}
    other = {"path": "/zm/", "app": "zoneminder", "upstream": "http://10.0.0.6"}
    return read_sites([{"server_name": "demo.example.org", "routes": [route, other]}], PRESETS)


def missing(problem=ANSWER, here=False):
    server = LocalServer(own_hosts=frozenset({"10.0.0.5"} if here else ()))
    return {"unserved": unserved(sites(), {f"{UPSTREAM}/constellation/": problem}, server)}


def test_the_proxy_asks_for_the_path_that_the_server_has():
    assert questions(sites()) == [{"url": f"{UPSTREAM}/constellation/", "host": "demo.example.org"}]
    assert questions(sites(prefix="strip")) == [{"url": f"{UPSTREAM}/", "host": "demo.example.org"}]


def test_what_is_served_needs_no_word():
    assert missing("")["unserved"] == []
    assert unserved(sites(), {}, LocalServer()) == []
    assert notes({"home": missing("")}, "home", []) == []


def test_a_machine_that_nobody_listed_is_told_what_to_do():
    (note,) = notes({"home": missing()}, "home", [])
    for word in ("demo.example.org/constellation/", UPSTREAM, ANSWER, LINE, "constellation_servers", "firewall"):
        assert word in note
    assert "Restart-Service ConstellationServer" in note
    assert "sudo supervisorctl restart constellation-server" in note


def test_a_server_on_windows_is_named():
    plan = {"listen_uris": ["x"], "sentinel_uri": "http://127.0.0.1:8088/c/", "upstreams": [UPSTREAM]}
    windows = by_hand(plan, is_sentinel=False)
    assert not any(windows[name] for name in plan)
    (note,) = notes({"home": missing(), "tower": windows}, "home", ["tower"])
    assert "tower is Windows" in note
    assert LINE in note


def test_several_that_are_listed_and_none_that_has_the_address():
    found = {"server": {"path": "/f"}}
    plans = {"home": missing(), "one": {"upstreams": [], "found": found}, "two": {"upstreams": ["http://x"]}}
    (note,) = notes(plans, "home", ["one", "two"])
    assert "constellation_servers lists one and two" in note
    assert "ansible_host" in note


def test_what_this_run_moves_is_not_left_to_anybody():
    found = {"server": {"path": "/f"}}
    assert notes({"home": missing(), "one": {"upstreams": [UPSTREAM], "found": found}}, "home", ["one"]) == []
    # Listed, but nothing that could be moved.
    empty = {"server": {"path": ""}}
    assert len(notes({"home": missing(), "one": {"upstreams": [UPSTREAM], "found": empty}}, "home", ["one"])) == 1


def test_a_server_beside_the_proxy_that_supervisor_does_not_know():
    (note,) = notes({"home": missing(here=True)}, "home", [])
    assert "On this host supervisor knows no Constellation server" in note
    assert "constellation_servers" not in note


@pytest.mark.parametrize(("host", "told"), [("home", True), ("other", False)])
def test_a_sentinel_on_windows_is_named_once(host, told):
    plan = {"listen_uris": [], "sentinel_uri": "https://demo.example.org/constellation/", "upstreams": []}
    windows = by_hand(plan, is_sentinel=True)
    found = notes({"home": {}, "other": {}, "desk": windows}, host, [])
    assert bool(found) == told
    if told:
        assert 'set <add key="ConstellationServerURI" value="https://demo.example.org/constellation/" />' in found[0]
        assert "take desk out of constellation_sentinels" in found[0]


def test_the_filter_reads_the_plans_of_all_hosts():
    hostvars = {"home": {"edge_plan": {"constellation": missing()}}, "tower": {}}
    groups = {"edge": ["home"], "constellation_servers": ["tower"], "all": ["home", "tower", "x"]}
    assert len(edge_elsewhere(hostvars, "home", groups)) == 1


def test_the_filter_reads_no_other_host_where_there_is_nothing_to_tell():
    hostvars = {"b": {"edge_plan": {"constellation": {"unserved": []}}}}
    assert edge_elsewhere(hostvars, "b", {"edge": ["a", "b", "c"]}) == []
