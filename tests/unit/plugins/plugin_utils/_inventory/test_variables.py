# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the first task refuses, because a later one could not use it: its arguments, and groups."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import Variables
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import (
    OPTIONS,
    argument_problems,
    argument_spec,
    group_problems,
    later_problems,
    limit_problems,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import key, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import Whole
from places import ROOT

# Behind `constellation_`: slips, and words of an owner's.
SERVERS = "server sever severs serves srevers servres serversr Servers"
SENTINELS = "sentinel sentinal sentinals setninels sentinles sentinells"
OTHERS = "hosts services sensors clients all homes edge config storage"
RIGHT = {"connection_limit": 256, "connection_limit_exempt": []}


def test_the_first_task_is_given_each_variable_by_its_option():
    (task,) = yaml.safe_load((ROOT / "playbooks/tasks/plan.yml").read_text(encoding="utf-8"))
    given = {option: text.split()[1] for option, text in task["constellation.edge.edge_plan"].items()}
    assert {option: name for option, name in given.items() if not name.startswith("plan_")} == OPTIONS


def test_the_types_of_the_options_are_those_of_the_declared_variables():
    spec = argument_spec()
    assert set(OPTIONS) - set(spec) == {"connection_limit", "connection_limit_exempt"}
    assert spec["adopt"] == {"type": "bool", "default": False}
    assert spec["lan"] == {"type": "list", "elements": "str", "default": []}
    assert spec["restore_constellation"] == {"type": "bool"}
    for option, name in OPTIONS.items():
        if name in keys_of(Variables) and keys_of(Variables)[name].is_secret:
            assert spec[option] == {"type": "raw", "no_log": True}
        elif name in keys_of(Variables) and option != "sites":
            assert spec[option].items() >= keys_of(Variables)[name].kind.option.items()


def test_every_mistake_is_told_in_the_order_of_the_options(tmp_path):
    wrong = {
        "presets_dir": str(tmp_path / "gone"),
        "lan": ["lan", "10.0.0.0/8", "home"],
        "connection_limit": 16,
        "connection_limit_exempt": [],
        "ignoreip": ["a b"],
        "firewall_rules": [{"port": "ssh"}, {"port": "25", "sorce": "any", "proto": "tpc"}],
        "acme_server": "ca.lan",
        "email": "me",
        "adopt": "perhaps",
    }
    assert [(problem.place, problem.text.split(";")[0].split(":")[0][:30]) for problem in argument_problems(wrong)] == [
        ("edge_adopt", "edge_adopt must be true or fal"),
        ("edge_email", "'me' is not an e-mail address"),
        ("edge_acme_server", "'ca.lan' is not the URL of an "),
        ("edge_firewall_rules[0]", "port 'ssh' is not a number fro"),
        ("edge_firewall_rules[1]", "unknown key 'sorce'"),
        ("edge_firewall_rules[1]", "value of proto must be one of"),
        ("edge_fail2ban_ignoreip[0]", "'a b' is not an address, a net"),
        ("edge_lan[0]", "'lan' is no network, such as 2"),
        ("edge_lan[2]", "'home' is no network, such as "),
        ("hardening_connection_limit", "16 is not between 32 and 65535"),
        ("edge_presets_dir", f"'{tmp_path / 'gone'}' is no folder"[:30]),
    ]


def test_what_is_left_out_is_right():
    assert argument_problems(RIGHT) == []
    defaults = {option: each["default"] for option, each in argument_spec().items() if "default" in each}
    assert argument_problems(RIGHT | defaults) == []


def test_a_secret_variable_is_quoted_by_nobody(monkeypatch):
    secret = key(Whole("a number", 1, 9), "It.", default=None, secret=True).metadata["key"]
    monkeypatch.setattr(variables, "_DECLARED", {**keys_of(Variables), "edge_email": secret})
    assert argument_spec()["email"] == {"type": "raw", "no_log": True}
    (problem,) = argument_problems({**RIGHT, "email": "hunter2"})
    assert problem.text == "edge_email must be a number, 1 to 9 (its value is secret and not shown)"


def test_an_inventory_without_a_proxy_is_told_the_nearest_group():
    assert group_problems({"all": ["home"], "edge": ["home"]}) == []
    (problem,) = group_problems({"all": ["home"], "ungrouped": [], "edges": ["home"], "lan": []})
    assert problem.text.endswith("did you mean 'edges'? known: edges, lan")
    (problem,) = group_problems({"all": [], "ungrouped": [], "edge": []})
    assert problem.text.startswith("no host is in the group 'edge'")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((f"constellation_{word}", "constellation_servers") for word in SERVERS.split()),
        *((f"constellation_{word}", "constellation_sentinels") for word in SENTINELS.split()),
        ("constellation-servers", "constellation_servers"),
        ("Constellation_Sentinel", "constellation_sentinels"),
    ],
)
def test_a_misspelt_group_is_told_with_what_was_meant(name, meant):
    (problem,) = group_problems({"all": ["home", "attic"], "edge": ["home"], name: ["attic"]})
    assert problem.place == "inventory"
    assert problem.text == (
        f"no play knows the group '{name}', and its hosts are passed over; did you mean '{meant}'? Rename the group"
    )


@pytest.mark.parametrize(
    "name",
    [
        *(f"constellation_{word}" for word in OTHERS.split()),
        "constellation",
        "constellation_",
        "servers",
        "sentinel",
        "edges",
    ],
)
def test_a_group_of_another_name_is_its_owners(name):
    assert group_problems({"all": ["home", "attic"], "edge": ["home"], name: ["attic"]}) == []


@pytest.mark.parametrize(
    ("hosts", "right", "is_refused"),
    [
        (["a"], None, True),
        (["a"], [], True),
        (["a"], ["b"], True),
        (["a", "b"], ["b", "c"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a", "b"], False),
        (["a", "b"], ["b"], False),
        ([], None, False),
    ],
)
def test_a_group_with_all_hosts_of_ours_or_in_ours_is_no_slip(hosts, right, is_refused):
    ours = {} if right is None else {"constellation_sentinels": right}
    found = group_problems({"edge": ["home"], "constellation_sentinel": hosts, **ours})
    assert bool(found) is is_refused


def test_every_misspelt_group_is_told_beside_the_missing_proxy():
    problems = group_problems({"edge": [], "constellation_server": ["a"], "constellation_sentinel": ["b"]})
    assert [problem.text.split(",")[0] for problem in problems] == [
        "no host is in the group 'edge'",
        "no play knows the group 'constellation_server'",
        "no play knows the group 'constellation_sentinel'",
    ]


def test_a_limit_that_cannot_be_is_found_first():
    assert limit_problems(256, ["198.51.100.7"]) == limit_problems(0, ["nobody"]) == []
    (small,) = limit_problems(16, [])
    assert small.place == "hardening_connection_limit"
    assert small.text.startswith("16 is not between 32 and 65535")
    (host,) = limit_problems(256, ["192.168.1.5/24"])
    assert host.place == "hardening_connection_limit_exempt"
    assert host.text.startswith("'192.168.1.5/24' is not an address or a network")


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("edge_ufw_was", "activ", False),
        ("edge_ufw_was", "active", True),
        ("edge_ufw_was", "", True),
        ("edge_verify_hostile", "maybe", False),
        ("edge_verify_hostile", "yes", True),
        ("edge_probe_outside", "false", True),
        ("edge_probe_outside", [], False),
        ("edge_report_file", "report.json", True),
        ("edge_probe_address", None, True),
        # An option of `edge_plan`, which says it in words of its own.
        ("edge_email", "nobody", True),
    ],
)
def test_what_later_tasks_read_is_judged_before_anything_is_changed(name: str, value: object, right: bool) -> None:
    found = later_problems({name: value}.get)
    assert [each.text.partition(" must be ")[0] for each in found] == ([] if right else [name])
    assert all(f", not {value!r}" in each.text for each in found)
