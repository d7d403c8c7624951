# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host learns of every proxy."""

from __future__ import annotations

import json

from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import edges as module
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.edges import edges, survey
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites

CONSTELLATION = {"path": "/constellation/", "app": "constellation"}
CAMERA = {"path": "/camera/", "upstream": "http://192.168.0.12:8081"}


def site(name, *routes):
    return {"server_name": name, "routes": list(routes)}


def presets(found, folder=""):
    return found.presets_of(folder).found


def surveyed(hostvars):
    """Return the edges as a worker gets them: through a file."""
    return edges(json.loads(json.dumps(survey({"edge": list(hostvars)}, hostvars))))


def test_only_routes_to_a_constellation_server_are_kept():
    found = surveyed(
        {"a": {"edge_sites": [site("a.example.org", CAMERA, CONSTELLATION), site("b.example.org", CAMERA)]}}
    )
    assert found.sites == {"a": read_sites([site("a.example.org", CONSTELLATION)], presets(found))}


def test_every_proxy_is_known_by_its_address():
    sites = [site("a.example.org", CAMERA)]
    found = surveyed({"a": {"edge_sites": sites, "ansible_host": "10.0.0.1"}, "b": {"edge_sites": sites}})
    assert (found.sites, found.addresses) == ({}, {"a": "10.0.0.1", "b": "b"})


def test_a_proxy_with_a_mistake_is_left_to_its_own_worker():
    found = surveyed({"a": {"edge_sites": [{}]}, "b": {}, "c": {"edge_sites": [site("c.example.org", CONSTELLATION)]}})
    assert list(found.sites) == ["c"]
    assert list(found.addresses) == ["a", "b", "c"]


def test_the_presets_are_read():
    assert presets(surveyed({}))["constellation"]["port"] == 8088


def test_a_proxy_has_the_presets_of_its_own_folder(tmp_path):
    own = tmp_path / "constellation.yml"
    own.write_text("route: {port: 9099, prefix: keep}\n", encoding="utf-8")
    remote = {**CONSTELLATION, "path": "/remote/", "upstream": "http://10.0.0.5:8088"}
    sites = [site("a.example.org", CONSTELLATION, remote)]
    found = surveyed({"a": {"edge_sites": sites, "edge_presets_dir": str(tmp_path)}, "b": {"edge_sites": sites}})
    assert presets(found)["constellation"]["port"] == 8088
    assert presets(found, str(tmp_path))["constellation"] == {"port": 9099, "prefix": "keep"}
    assert presets(found, str(tmp_path))["jeedom"] == presets(found)["jeedom"]
    assert [route.upstream.port for route in found.sites["a"][0].routes] == [9099, 8088]
    assert [route.upstream.port for route in found.sites["b"][0].routes] == [8088]


def test_each_folder_is_read_once_a_run(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(module, "read_presets", lambda folder: read.append(folder) or read_presets(folder))
    own = {"edge_sites": [site("a.example.org", CAMERA)], "edge_presets_dir": str(tmp_path)}
    plain = survey({"edge": ["a", "b", "c"]}, {"a": own, "b": own, "c": {"edge_sites": own["edge_sites"]}})
    found = edges(plain)
    assert [presets(found, folder)["generic"] for folder in ("", str(tmp_path))] == [{}, {}]
    assert read == [OURS, str(tmp_path)]


def test_a_folder_that_a_playbook_names_is_read_where_it_is_needed(tmp_path):
    (tmp_path / "mine.yml").write_text("route: {port: 9099}\n", encoding="utf-8")
    assert presets(surveyed({}), str(tmp_path))["mine"] == {"port": 9099}


def test_what_is_wrong_with_a_preset_reaches_every_worker(tmp_path):
    (tmp_path / "mine.yml").write_text("route: {prot: 9099}\n", encoding="utf-8")
    known = {"edge_sites": [site("a.example.org", CAMERA)], "edge_presets_dir": str(tmp_path)}
    (problem,) = surveyed({"a": known}).presets_of(str(tmp_path)).problems
    assert str(problem).endswith("mine.yml:1: " + problem.text)
    assert problem.text.startswith("unknown key 'prot'; did you mean 'port'?")


def test_of_a_server_on_a_proxy_only_the_first_is_told_to_other_hosts():
    own = {"edge_sites": [site("a.example.org", CONSTELLATION)]}
    remote = {**CONSTELLATION, "upstream": "http://10.0.0.5:8088", "path": "/remote/"}
    both = {"edge_sites": [site("b.example.org", CONSTELLATION, remote)]}
    found = surveyed({"none": {"edge_sites": [site("n.example.org", CAMERA)]}, "a": own, "b": both, "c": own})
    assert found.sites == {
        "a": read_sites(own["edge_sites"], presets(found)),
        "b": read_sites([site("b.example.org", remote)], presets(found)),
    }


def test_homes_with_a_server_of_their_own_have_nothing_to_do_with_one_another():
    own = {"edge_sites": [site("a.example.org", CONSTELLATION)]}
    remote = {"edge_sites": [site("b.example.org", {**CONSTELLATION, "upstream": "http://10.0.0.5:8088"})]}
    hostvars = {"a": own, "b": remote, "c": own}
    groups = {"edge": ["a", "b", "c"], "constellation_servers": ["s"], "constellation_sentinels": ["c", "t"]}
    # b's own sentinel may call the server elsewhere; c is said to be a sentinel's host.
    assert edges(survey(groups, hostvars)).related == ["b", "c", "s", "t"]
