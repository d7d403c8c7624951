# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address that is banned for proof must be nobody's, and must be found where it counts."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.packet_filter import (
    PacketFilterError,
    harmless_address,
    names,
    parse_networks,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._proof.host import (
    BanProver,
    choose_address,
    listed_jails,
    prove_jails,
    running_jails,
)

ROUTES = """\
default via 172.17.0.1 dev eth0
0.0.0.0/0 via 172.17.0.1 dev eth0
172.17.0.0/16 dev eth0 proto kernel scope link src 172.17.0.3
192.0.2.128/25 via 172.17.0.9 dev eth0
local 198.51.100.7 dev lo table local proto kernel scope host src 198.51.100.7
12: eth0    inet 203.0.113.5/24 brd 203.0.113.255 scope global eth0
12: eth0    inet6 fe80::1/64 scope link
"""
STATUS = "Status\n|- Number of jail:\t2\n`- Jail list:\tnginx-http-auth, sshd\n"
ALIVE = "|  `- File list:\t/var/log/nginx/error.log\n"


def test_an_address_is_found_whole():
    assert names("elements = { 192.0.2.1 }", "192.0.2.1")
    assert not names("elements = { 192.0.2.10, 1.192.0.2.1 }", "192.0.2.1")
    assert names("-s 192.0.2.1/32 -j REJECT", "192.0.2.1")


def test_networks_with_a_route_are_passed_over():
    assert harmless_address(parse_networks(ROUTES), "") == "2001:db8::1"
    assert harmless_address(parse_networks("default via 10.0.0.1 dev eth0\n"), "") == "192.0.2.1"
    assert harmless_address([], "elements = { 192.0.2.1 }") == "192.0.2.2"


def test_nothing_is_banned_when_every_network_has_a_route():
    with pytest.raises(PacketFilterError, match="nothing can be banned safely"):
        harmless_address(parse_networks(ROUTES + "2001:db8::/32 dev eth0 metric 1\n"), "")


@pytest.mark.parametrize("address", ["192.168.0.5", "8.8.8.8", "203.0.113.9"])
def test_an_address_that_may_be_a_clients_is_refused(address):
    with pytest.raises(PacketFilterError, match="ban_address"):
        harmless_address(parse_networks(ROUTES), "", address)


class FakeHost:
    """fail2ban and a packet filter in memory; ``deaf`` never blocks, ``sticky`` never lifts."""

    def __init__(self, deaf=False, sticky=False):
        """Begin with an empty filter."""
        self.banned = set()
        self.deaf = deaf
        self.sticky = sticky
        self.calls = []

    def __call__(self, words):
        """Answer a command."""
        self.calls.append(words)
        if words[0] == "ip":
            return Answer(0, "default via 10.0.0.1 dev eth0\n", "")
        if words == ["nft", "list", "ruleset"]:
            return Answer(0, " ".join(self.banned), "")
        if words[0] != "fail2ban-client":
            return Answer(127, "", "not installed")
        if words[1:] == ["status"]:
            return Answer(0, STATUS, "")
        if words[1] == "status":
            return Answer(0, ALIVE, "") if words[2] in STATUS else Answer(255, "", "no jail")
        if words[1] == "get":
            return Answer(0, "The jail x has the following actions:\nnftables\n", "")
        if words[3] == "banip" and not self.deaf:
            self.banned.add(words[4])
        if words[3] == "unbanip" and not self.sticky:
            self.banned.discard(words[4])
        return Answer(0, "1\n", "")


def test_every_running_jail_bans_and_lifts():
    host = FakeHost()
    assert running_jails(host) == ["nginx-http-auth", "sshd"]
    proofs = prove_jails(None, None, False, host)
    assert [(proof.subject, proof.ok) for proof in proofs] == [("jail nginx-http-auth", True), ("jail sshd", True)]
    assert host.banned == set()


def test_check_mode_bans_nothing_and_says_so():
    host = FakeHost()
    proofs = prove_jails(None, None, True, host)
    assert all("no ban is tried in check mode" in proof.detail for proof in proofs)
    assert not any("banip" in words for words in host.calls)


def test_a_ban_that_blocks_nobody_is_noticed_and_lifted():
    host = FakeHost(deaf=True)
    proof = BanProver("192.0.2.1", host, timeout=0).prove("sshd")
    assert not proof.ok
    assert "never reached the packet filter" in proof.detail
    assert ["fail2ban-client", "set", "sshd", "unbanip", "192.0.2.1"] in host.calls


def test_a_ban_that_stays_is_noticed():
    proof = BanProver("192.0.2.1", FakeHost(sticky=True), timeout=0).prove("sshd")
    assert not proof.ok
    assert "stays in the packet filter" in proof.detail


def test_the_jails_of_our_file_are_expected_even_when_none_runs(tmp_path):
    path = tmp_path / "jails.local"
    path.write_text("# ours\n\n[sshd]\nenabled = true\nport = 22\n\n[recidive]\nenabled = false\n")
    assert listed_jails(str(path)) == ["sshd"]
    assert listed_jails(str(tmp_path / "none")) == []


def test_a_missing_jail_is_named():
    proofs = prove_jails(["recidive"], None, False, FakeHost())
    assert [(proof.subject, proof.ok) for proof in proofs] == [("jail recidive", False)]


def test_the_address_is_chosen_from_what_the_host_knows():
    assert choose_address(None, FakeHost()) == "192.0.2.1"
