# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server and its firewall keep for the sentinels on other hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.filter.edge_server_needs import edge_server_needs
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.sentinels import Machine, server_needs

NEW, OLD = "http://+:8088/constellation/", "http://+:8088/"
PUBLIC = "https://demo.example.org/constellation/"
DIRECT = "http://home:8088/"
NAMES = [{"name": "demo.example.org", "names": ["demo.example.org", "www.demo.example.org"]}]


def home(*there: str, own: tuple[str, ...] = (NEW,), sentinel: str = "") -> Machine:
    found = {"server": {"listen_uris": list(there)}, "sentinel": {"uri": sentinel}}
    plan = {"listen_uris": list(own), "sentinel_uri": "http://127.0.0.1:8088/constellation/", "found": found}
    return Machine({"constellation": plan, "certificates": NAMES})


def cellar(called: str, wanted: str = PUBLIC, **moved: Any) -> Machine:
    plan = {"listen_uris": [], "sentinel_uri": wanted, "found": {"server": {}, "sentinel": {"uri": called}}}
    return Machine({"constellation": plan}, {"path": "/opt/s", **moved} if moved else {}, listed=True)


def stuck(uri: str = DIRECT) -> Machine:
    return cellar(uri, uri=uri, moved=False, problem="no way", remedy="build one", source="192.168.0.9")


def needs(*others: Machine, server: Machine | None = None) -> dict[str, Any]:
    machines = {f"cellar{index}" if index else "cellar": other for index, other in enumerate(others)}
    return server_needs("home", {"home": server or home(OLD), **machines})


def test_without_other_sentinels_the_route_decides() -> None:
    wanted = {"listen_uris": [NEW], "last_uris": [], "rules": [], "purge": True, "sentinel_sources": [], "notes": []}
    assert needs() == wanted


def test_every_address_from_which_a_sentinel_may_call_is_known() -> None:
    """Behind a router the one that it sees itself is not the one that is seen here."""
    moved = cellar(PUBLIC, uri=PUBLIC, moved=True, problem="", remedy="", source="192.168.0.9")
    assert needs(replace(moved, address="203.0.113.7"))["sentinel_sources"] == ["192.168.0.9", "203.0.113.7"]
    assert needs(replace(moved, address="cellar.example.org"))["sentinel_sources"] == ["192.168.0.9"]
    other = Machine({"constellation": {"found": {"server": {}, "sentinel": {}}}}, address="203.0.113.8")
    assert needs(other)["sentinel_sources"] == []


def test_an_old_uri_stays_until_its_sentinel_has_moved() -> None:
    assert needs(cellar(DIRECT))["listen_uris"] == [NEW, OLD]
    assert needs(cellar(DIRECT))["last_uris"] == []
    after = needs(cellar(DIRECT, uri=PUBLIC, moved=True, problem="", remedy="", source=""))
    assert (after["listen_uris"], after["last_uris"], after["rules"]) == ([NEW, OLD], [NEW], [])


def test_one_that_cannot_move_keeps_uri_and_port() -> None:
    kept = needs(stuck())
    assert (kept["listen_uris"], kept["last_uris"]) == ([NEW, OLD], [])
    assert kept["rules"] == [{"port": "8088", "proto": "tcp", "source": "192.168.0.9", "comment": "sentinel cellar"}]
    said = "\n".join(kept["notes"])
    assert "cellar could not move and keeps http://home:8088/: no way; port 8088 stays open to 192.168.0.9" in said
    assert "what to do on cellar: build one" in said


def test_the_next_run_finds_both_and_changes_nothing() -> None:
    again = needs(stuck(), server=home(NEW, OLD))
    assert (again["listen_uris"], again["last_uris"]) == ([NEW, OLD], [])


def test_the_route_s_own_uri_is_not_named_twice() -> None:
    direct = "http://home:8088/constellation"
    kept = needs(stuck(direct), server=home("http://+:8088/constellation"))
    assert kept["listen_uris"] == [NEW]
    assert [rule["port"] for rule in kept["rules"]] == ["8088"]


def test_the_longest_path_serves() -> None:
    there = home(OLD, "http://+:8088/lan/", "http://+:8090/lan/")
    assert needs(stuck("http://home:8088/LAN"), server=there)["listen_uris"] == [NEW, "http://+:8088/lan/"]


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:8088/", PUBLIC, "", "nonsense", "http://home:9999/", "ftp://home:8088/"]
)
def test_what_the_server_does_not_serve_directly_keeps_nothing(uri: str) -> None:
    kept = needs(stuck(uri))
    assert (kept["listen_uris"], kept["rules"]) == ([NEW], [])


def test_a_sentinel_beside_the_server_keeps_nothing() -> None:
    assert needs(server=home(OLD, sentinel=DIRECT))["listen_uris"] == [NEW]


def test_a_sentinel_of_another_proxy_is_not_ours() -> None:
    other = cellar(DIRECT, "https://elsewhere.example.org/constellation/")
    assert needs(other)["listen_uris"] == [NEW]
    assert needs(other)["notes"] == []


def test_a_move_that_broke_off_counts_as_none() -> None:
    broken = Machine(cellar(DIRECT).plan, {"failed": True, "msg": "x"}, True, "192.168.0.9")
    kept = needs(broken)
    assert (kept["listen_uris"], kept["last_uris"]) == ([NEW, OLD], [])
    assert [rule["source"] for rule in kept["rules"]] == ["192.168.0.9"]


def test_two_sentinels_behind_one_address_are_one_rule() -> None:
    assert len(needs(stuck(), stuck())["rules"]) == 1


def test_a_host_named_behind_the_port_decides_which_uri_serves() -> None:
    there = home("http://srv.lan:8088/", "http://192.168.0.5:8088/", "http://+:8088/other/")
    assert needs(stuck("http://192.168.0.5:8088/"), server=there)["listen_uris"] == [NEW, "http://192.168.0.5:8088/"]
    there = home(OLD, "http://other.lan:8088/constellation/")
    assert needs(stuck("http://home:8088/constellation/"), server=there)["listen_uris"] == [NEW, OLD]


def test_a_move_that_broke_off_is_let_in_by_the_address_that_it_was_seen_with() -> None:
    plan = cellar(DIRECT).plan
    plan["constellation"]["found"]["sentinel"]["source"] = "192.168.0.9"
    broken = Machine(plan, {"unreachable": True}, True, "cellar.lan")
    assert [rule["source"] for rule in needs(broken)["rules"]] == ["192.168.0.9"]


@pytest.mark.parametrize(("address", "sources"), [("192.168.0.9", ["192.168.0.9"]), ("cellar.lan", []), ("", [])])
def test_a_sentinel_that_this_run_does_not_look_at_loses_nothing(address: str, sources: list[str]) -> None:
    kept = needs(Machine(listed=True, address=address), server=home(NEW, OLD))
    assert (kept["listen_uris"], kept["last_uris"]) == ([NEW, OLD], [])
    assert [rule["source"] for rule in kept["rules"]] == sources
    assert "cellar was not looked at in this run" in kept["notes"][0]
    # Nobody knows which of the firewall's rules is its own: all of them stay.
    assert kept["purge"] == bool(sources)
    assert ("from which address the sentinel on cellar calls is not known" in kept["notes"][-1]) == (not sources)


def test_a_sentinel_listed_by_its_address_is_let_in_unseen() -> None:
    kept = server_needs("home", {"home": home(NEW, OLD), "192.168.0.9": Machine(listed=True)})
    assert [rule["source"] for rule in kept["rules"]] == ["192.168.0.9"]
    assert kept["purge"]


def test_a_host_without_a_server_needs_nothing() -> None:
    kept = needs(stuck(), server=home(own=()))
    assert (kept["listen_uris"], kept["last_uris"], kept["rules"]) == ([], [], [])


def test_one_that_moved_and_is_not_connected_is_named() -> None:
    lost = cellar(DIRECT, uri=PUBLIC, moved=True, problem="the server is away", remedy="start it", source="")
    assert f"cellar is not connected to {PUBLIC}: the server is away" in needs(lost)["notes"][0]


def variables(machine: Machine, **constellation: Any) -> dict[str, Any]:
    """Return what Ansible knows of a machine."""
    plan = {**machine.plan, "constellation": {**machine.constellation, **constellation}}
    return {"edge_plan": plan, "constellation_config_moved": machine.moved}


def test_the_filter_reads_the_hosts_alone_that_a_server_has_to_do_with() -> None:
    groups = {"edge": ["other", "home"], "constellation_sentinels": ["cellar"]}
    hostvars = {"home": variables(home(OLD), related=["cellar"]), "cellar": variables(stuck())}
    assert edge_server_needs(hostvars, groups, "home") == needs(stuck())
    # Every host, where it is not known.
    hostvars = {"home": variables(home(OLD)), "cellar": variables(stuck()), "other": variables(home(OLD))}
    assert edge_server_needs(hostvars, groups, "home") == needs(stuck())
