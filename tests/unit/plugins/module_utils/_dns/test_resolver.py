# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who knows a name: the DNS servers, asked as nginx asks them, or the host alone."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._dns._message import Reply
from ansible_collections.constellation.edge.plugins.module_utils._dns.resolver import (
    Known,
    ResolverSettings,
    best_address,
    known,
    known_names,
    read_settings,
)

A, B, C = "10.0.0.1", "10.0.0.2", "fd00::53"


def asking(answers):
    """Return a way to ask; `answers` maps server and name to addresses, None to silence."""

    def question(server, name, ipv6):
        assert ipv6
        found = answers.get((server, name), ())
        return None if found is None else Reply(tuple(found), bool(found))

    return question


def found(name, answers, *, servers=(A, B), search=(), hosts=None, host=()):
    settings = ResolverSettings(servers, search, hosts or {})
    return known(name, settings, ipv6=True, question=asking(answers), look=lambda _name: host)


def test_the_servers_that_know_a_name_are_the_ones_to_ask():
    assert found("nas.lan", {(B, "nas.lan"): ["10.1.1.1"]}) == Known("nas.lan", [B], True, True, now="10.1.1.1")
    both = {(server, "nas.lan"): ["10.1.1.1"] for server in (A, C)}
    assert found("nas.lan", both, servers=(A, B, C)).servers == [A, f"[{C}]"]


def test_what_the_host_says_is_not_asked_for_a_name_of_dns():
    assert found("nas.lan", {(A, "nas.lan"): ["10.1.1.1"]}, host=["10.9.9.9"]).address == ""


def test_a_search_domain_completes_a_name():
    answers = {(A, "nas.home.example.org"): ["10.1.1.1"]}
    result = found("nas", answers, search=["example.net", "home.example.org"])
    assert (result.full_name, result.servers, result.in_dns) == ("nas.home.example.org", [A], True)


def test_a_name_that_dns_knows_as_it_is_is_not_completed():
    answers = {(A, "nas"): ["10.1.1.1"], (A, "nas.lan"): ["10.1.1.2"]}
    assert found("nas", answers, search=["lan"]).full_name == "nas"


def test_a_name_of_the_host_alone_has_an_address():
    result = found("nas.local", {}, host=["fd00::9", "10.9.9.10", "10.9.9.9", "10.9.9.10"])
    assert result == Known("nas.local", [A], address="10.9.9.9", now="10.9.9.9")


def test_the_hosts_file_is_right_where_dns_differs():
    answers = {(A, "nas.lan"): ["10.1.1.1"]}
    assert found("NAS.lan", answers, hosts={"nas.lan": ["10.9.9.9"]}).address == "10.9.9.9"
    agreed = found("nas.lan", answers, hosts={"nas.lan": ["10.9.9.9", "10.1.1.1"]})
    assert (agreed.address, agreed.in_dns) == ("", True)


def test_of_a_name_that_nobody_knows_the_first_server_that_answers_is_asked():
    assert found("nas.lan", {(A, "nas.lan"): None}) == Known("nas.lan", [B])
    silent = {(server, "nas.lan"): None for server in (A, B)}
    assert found("nas.lan", silent) == Known("nas.lan", [A])


@pytest.mark.parametrize(
    ("addresses", "ipv6", "best"),
    [
        ([], True, ""),
        (["fd00::1"], True, "[fd00::1]"),
        (["fd00::1"], False, ""),
        (["fe80::1%eth0", "fe80::1"], True, ""),
        (["10.0.0.10", "10.0.0.9", "fd00::1"], True, "10.0.0.9"),
    ],
)
def test_one_address_is_chosen_always_the_same(addresses, ipv6, best):
    assert best_address(addresses, ipv6=ipv6) == best
    assert best_address(reversed(addresses), ipv6=ipv6) == best


def test_the_hosts_settings_are_read(tmp_path):
    resolv, hosts = tmp_path / "resolv.conf", tmp_path / "hosts"
    resolv.write_text(
        "; by hand\n# nameserver 10.9.9.9\nnameserver fe80::1%eth0\nnameserver\nnameserver 10.0.0.1\n"
        "nameserver fd00::53 # second\nnameserver 10.0.0.4\ndomain old.lan\nsearch home.lan. lan .\noptions ndots:1\n"
    )
    hosts.write_text("127.0.0.1 localhost\n10.0.0.5\tNas.lan nas # mine\n10.0.0.6 nas\n\n#10.0.0.7 nas\n")
    settings = read_settings(str(resolv), str(hosts))
    assert settings.servers == ["10.0.0.1", "fd00::53"]
    assert settings.search == ["home.lan", "lan"]
    assert settings.hosts == {"localhost": ["127.0.0.1"], "nas.lan": ["10.0.0.5"], "nas": ["10.0.0.5", "10.0.0.6"]}


def test_without_settings_the_own_host_is_asked(tmp_path):
    assert read_settings(str(tmp_path / "none"), str(tmp_path / "none")) == ResolverSettings(["127.0.0.1"], [], {})


def test_no_names_ask_nobody():
    assert known_names([], ipv6=True) == {}
