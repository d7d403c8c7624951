# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of variable refuses, and where."""

from __future__ import annotations

from functools import partial

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.declared import ACME_SERVER
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variable_kinds import own_folder
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.variables import value_problems

email_problems = partial(value_problems, "edge_email")
server_problems = partial(value_problems, "edge_acme_server")
firewall_problems = partial(value_problems, "edge_firewall_rules")
ignored_problems = partial(value_problems, "edge_fail2ban_ignoreip")
lan_problems = partial(value_problems, "edge_lan")
folder_problems = partial(value_problems, "edge_presets_dir")


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


@pytest.mark.parametrize("address", ["", "me@example.org", "a+b@mail.example.co.uk"])
def test_an_address_of_e_mail_may_be_left_out(address):
    assert email_problems(address) == []


@pytest.mark.parametrize("address", ["me", "me@home", "a b@example.org", "me@example.org\n", "@example.org"])
def test_what_is_no_address_of_e_mail_is_told(address):
    (problem,) = email_problems(address)
    assert (problem.place, problem.text) == ("edge_email", f"'{address}' is not an e-mail address")


def test_a_relative_folder_begins_where_the_command_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/owner")
    assert own_folder("mine") == str(tmp_path / "mine")
    assert own_folder("~/mine/") == "/home/owner/mine"
    assert own_folder("") == own_folder(None) == ""


def test_a_folder_that_is_none_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name, reason in (("gone", "No such file or directory"), ("file", "Not a directory")):
        (problem,) = folder_problems(str(tmp_path / name))
        assert problem.place == "edge_presets_dir"
        assert problem.text.startswith(f"'{tmp_path / name}' is no folder with presets ({reason}): a relative path")
    assert folder_problems(str(tmp_path)) == folder_problems(None) == folder_problems("") == []
