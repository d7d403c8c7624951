# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the first task refuses, because a later one could not use it."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import (
    ACME_SERVER,
    firewall_problems,
    group_problems,
    ignored_problems,
    lan_problems,
    limit_problems,
    server_problems,
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "missing required arguments: port"),
        ({"port": "ssh"}, "port 'ssh' is not a number"),
        ({"port": 25, "proto": "tpc"}, "value of proto must be one of: tcp, udp, any, got: tpc"),
        ({"port": 25, "sorce": "10.0.0.1"}, "unknown key 'sorce'; did you mean 'source'?"),
        ({"port": 25, "source": "router.lan"}, "names are not looked up"),
        ({"port": 443, "action": "deny"}, "contradicts the rule for HTTPS"),
        ({"port": 8080, "action": "deny"}, "contradicts edge_firewall_rules[0]"),
    ],
)
def test_a_firewall_rule_is_refused_at_its_place(rule, words):
    problems = firewall_problems([{"port": 8080}, rule])
    assert [problem.place for problem in problems] == ["edge_firewall_rules[1]"]
    assert words in problems[0].text
    assert problems[0].value is rule


def test_every_firewall_rule_that_is_wrong_is_named():
    problems = firewall_problems([{"port": "x"}, {"port": 25}, {"source": "y"}])
    assert [problem.place for problem in problems] == ["edge_firewall_rules[0]", "edge_firewall_rules[2]"]


def test_usable_firewall_rules_are_no_problem():
    assert firewall_problems([{"port": 8080, "proto": "any", "source": "10.0.0.0/8"}, {"port": "1:5,9"}]) == []


def test_every_address_that_is_none_is_named():
    problems = ignored_problems(["10.0.0.0/8", "10.0.0.0/33", "lan.example", "", "a b"])
    assert [problem.place for problem in problems] == ["edge_fail2ban_ignoreip[1]", "edge_fail2ban_ignoreip[4]"]
    assert problems[0].text.startswith("'10.0.0.0/33' is not an address")


def test_every_network_of_the_lan_that_is_none_is_named():
    problems = lan_problems(["10.8.0.0/24", "2001:db8::/48", "192.168.0.1", "10.0.0.1/8", "lan", ""])
    assert [problem.place for problem in problems] == ["edge_lan[3]", "edge_lan[4]", "edge_lan[5]"]
    assert problems[0].text.startswith("'10.0.0.1/8' is no network, such as ")


@pytest.mark.parametrize("url", [ACME_SERVER, "https://ca.lan:14000/dir", "https://[2001:db8::1]/dir"])
def test_an_https_url_names_an_acme_server(url):
    assert server_problems(url) == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://ca.lan/dir",
        "ca.lan",
        "https://",
        "https:///dir",
        "https://ca.lan:port/",
        "https://[::1/",
        "https://a b/",
    ],
)
def test_anything_else_is_no_acme_server(url):
    assert [problem.place for problem in server_problems(url)] == ["edge_acme_server"]


def test_an_inventory_without_a_proxy_is_told_the_nearest_group():
    assert group_problems({"all": ["home"], "edge": ["home"]}) == []
    (problem,) = group_problems({"all": ["home"], "ungrouped": [], "edges": ["home"], "lan": []})
    assert problem.text.endswith("did you mean 'edges'? known: edges, lan")
    (problem,) = group_problems({"all": [], "ungrouped": [], "edge": []})
    assert problem.text.startswith("no host is in the group 'edge'")


def test_a_limit_that_cannot_be_is_found_first():
    assert limit_problems(256, ["198.51.100.7"]) == limit_problems(0, ["nobody"]) == []
    (small,) = limit_problems(16, [])
    assert small.place == "hardening_connection_limit"
    assert small.text.startswith("16 is not between 32 and 65535")
    (host,) = limit_problems(256, ["192.168.1.5/24"])
    assert host.place == "hardening_connection_limit_exempt"
    assert host.text.startswith("'192.168.1.5/24' is not an address or a network")
