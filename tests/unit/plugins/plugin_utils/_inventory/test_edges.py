# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host learns of every proxy."""

from __future__ import annotations

import json

from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.edges import edges, survey
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites

CONSTELLATION = {"path": "/constellation/", "app": "constellation"}
CAMERA = {"path": "/camera/", "upstream": "http://192.168.0.12:8081"}


def site(name, *routes):
    return {"server_name": name, "routes": list(routes)}


def surveyed(hostvars):
    """Return the edges as a worker gets them: through a file."""
    return edges(json.loads(json.dumps(survey({"edge": list(hostvars)}, hostvars))))


def test_only_routes_to_a_constellation_server_are_kept():
    found = surveyed(
        {"a": {"edge_sites": [site("a.example.org", CAMERA, CONSTELLATION), site("b.example.org", CAMERA)]}}
    )
    assert found.sites == {"a": read_sites([site("a.example.org", CONSTELLATION)], found.presets)}


def test_every_proxy_is_known_by_its_address():
    sites = [site("a.example.org", CAMERA)]
    found = surveyed({"a": {"edge_sites": sites, "ansible_host": "10.0.0.1"}, "b": {"edge_sites": sites}})
    assert (found.sites, found.addresses) == ({}, {"a": "10.0.0.1", "b": "b"})


def test_a_proxy_with_a_mistake_is_left_to_its_own_worker():
    found = surveyed({"a": {"edge_sites": [{}]}, "b": {}, "c": {"edge_sites": [site("c.example.org", CONSTELLATION)]}})
    assert list(found.sites) == ["c"]
    assert list(found.addresses) == ["a", "b", "c"]


def test_the_presets_are_read():
    assert surveyed({}).presets["constellation"]["port"] == 8088


def test_of_a_server_on_a_proxy_only_the_first_is_told_to_other_hosts():
    own = {"edge_sites": [site("a.example.org", CONSTELLATION)]}
    remote = {**CONSTELLATION, "upstream": "http://10.0.0.5:8088", "path": "/remote/"}
    both = {"edge_sites": [site("b.example.org", CONSTELLATION, remote)]}
    found = surveyed({"none": {"edge_sites": [site("n.example.org", CAMERA)]}, "a": own, "b": both, "c": own})
    assert found.sites == {
        "a": read_sites(own["edge_sites"], found.presets),
        "b": read_sites([site("b.example.org", remote)], found.presets),
    }


def test_homes_with_a_server_of_their_own_have_nothing_to_do_with_one_another():
    own = {"edge_sites": [site("a.example.org", CONSTELLATION)]}
    remote = {"edge_sites": [site("b.example.org", {**CONSTELLATION, "upstream": "http://10.0.0.5:8088"})]}
    hostvars = {"a": own, "b": remote, "c": own}
    groups = {"edge": ["a", "b", "c"], "constellation_servers": ["s"], "constellation_sentinels": ["c", "t"]}
    # b's own sentinel may call the server elsewhere; c is said to be a sentinel's host.
    assert edges(survey(groups, hostvars)).related == ["b", "c", "s", "t"]
