# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is proven of the host itself; the address that is banned for proof must be nobody's."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._connection_limit.table import LimitError
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.packet_filter import (
    PacketFilterError,
    harmless_address,
    names,
    parse_networks,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._proof import host as proof_host
from ansible_collections.constellation.edge.plugins.module_utils._proof.host import (
    BanProver,
    choose_address,
    listed_jails,
    prove_certificate,
    prove_connection_limit,
    prove_firewall,
    prove_jails,
    running_jails,
)
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import UfwError

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


class TestFirewall:
    """What ufw says of itself."""

    STATE = State(active=True)

    @pytest.fixture(autouse=True)
    def _here(self, monkeypatch):
        self.state, self.wide = self.STATE, []
        monkeypatch.setattr(proof_host, "read_state", self.read_state)
        monkeypatch.setattr(proof_host, "told", lambda *_arguments: self.wide)

    def read_state(self, call):
        if isinstance(self.state, UfwError):
            raise self.state
        return self.state

    def proven(self):
        return {proof.subject: (proof.ok, proof.detail) for proof in prove_firewall()}

    def test_one_that_closes_everything_else_is_proven(self):
        assert self.proven() == {
            "ufw": (True, "active"),
            "ufw at start": (True, "enabled"),
            "ufw default": (True, "deny (incoming), allow (outgoing)"),
            "ufw rules": (True, "no rule of the owner's lets everybody in on every port"),
        }

    @pytest.mark.parametrize(
        ("change", "subject", "detail"),
        [
            ({"active": False}, "ufw", "inactive: everything is open; run playbooks/site.yml, or the role hardening"),
            ({"boots": False}, "ufw at start", "ufw.service is disabled: run site.yml"),
            ({"incoming": "allow"}, "ufw default", "allow (incoming), allow (outgoing)"),
        ],
    )
    def test_what_is_open_is_named(self, change, subject, detail):
        self.state = replace(self.STATE, **change)
        found = self.proven()
        assert found[subject] == (False, detail)
        assert [name for name, (ok, _detail) in found.items() if not ok] == [subject]

    def test_a_rule_that_lets_everybody_in_is_named(self):
        self.wide = ["a rule", "another"]
        assert self.proven()["ufw rules"] == (False, "a rule; another")

    def test_one_that_is_not_installed_or_cannot_be_read_is_one_proof(self):
        self.state = State(installed=False)
        assert self.proven() == {"ufw": (False, "not installed: run playbooks/site.yml, or the role hardening")}
        self.state = UfwError("/etc/ufw/user.rules:3: ufw fails")
        assert self.proven() == {"ufw": (False, "/etc/ufw/user.rules:3: ufw fails")}


@pytest.mark.parametrize(("ok", "detail"), [(True, "256 for each client"), (None, "no systemd"), (False, "no table")])
def test_the_limit_of_connections_is_what_the_kernel_says(monkeypatch, ok, detail):
    monkeypatch.setattr(proof_host, "prove", lambda _call: (ok, detail))
    [proof] = prove_connection_limit()
    assert (proof.subject, proof.ok, proof.detail) == ("connection limit", ok, detail)


def test_a_limit_that_cannot_be_read_is_not_proven(monkeypatch):
    def fails(_call):
        raise LimitError("nft: no answer")

    monkeypatch.setattr(proof_host, "prove", fails)
    [proof] = prove_connection_limit()
    assert (proof.ok, proof.detail) == (False, "nft: no answer")


class Answering(FakeHost):
    """A host of which some commands answer otherwise."""

    def __init__(self, **answers):
        """Name the answers by the beginning of the command, with underscores for spaces."""
        super().__init__()
        self.answers = {words.replace("_", " "): answer for words, answer in answers.items()}

    def __call__(self, words):
        """Answer a command."""
        said = " ".join(words).replace("fail2ban-client", "client")
        found = [answer for begin, answer in self.answers.items() if said.startswith(begin)]
        return found[0] if found else super().__call__(words)


def test_a_ban_that_fail2ban_refuses_is_told_in_its_words():
    [_one, proof] = prove_jails(None, None, False, Answering(client_set_sshd_banip=Answer(1, "", "no such action")))
    assert not proof.ok
    assert "is refused: see /var/log/fail2ban.log. It says: no such action" in proof.detail


def test_no_jail_at_all_is_one_proof(monkeypatch):
    monkeypatch.setattr(proof_host, "listed_jails", list)
    [proof] = prove_jails(None, None, False, Answering(client_status=Answer(255, "", "no server")))
    assert (proof.subject, proof.ok) == ("fail2ban", False)
    assert "no jail runs" in proof.detail


def test_nobody_s_jails_need_no_proof():
    assert prove_jails([], None, False, FakeHost()) == []


def test_a_host_whose_routes_nobody_can_read_bans_nothing():
    host = Answering(ip=Answer(127, "", "ip: not installed"))
    [proof] = prove_jails(["sshd"], None, False, host)
    assert proof.detail == "the routes of this host cannot be read: ip: not installed: install iproute2"
    assert not any("banip" in words for words in host.calls)


@pytest.mark.parametrize("address", ["8.8.8.8", "no address"])
def test_an_address_that_cannot_be_banned_bans_nothing(address):
    host = FakeHost()
    [proof] = prove_jails(["sshd"], address, False, host)
    assert (proof.subject, proof.ok) == ("fail2ban", False)
    assert not any("banip" in words for words in host.calls)


@pytest.mark.parametrize(
    ("answers", "lacks"),
    [
        ({"client_get": Answer(0, "The jail sshd has the following actions:\n", "")}, "has no action"),
        ({"client_status_sshd": Answer(0, "|  `- File list:\t\n", "")}, "watches nothing"),
    ],
)
def test_a_jail_that_bans_nobody_is_not_alive(answers, lacks):
    [proof] = prove_jails(["sshd"], None, False, Answering(**answers))
    assert (proof.ok, proof.detail) == (False, f"it {lacks}: see /var/log/fail2ban.log")


def test_a_packet_filter_that_closes_during_the_proof_fails_that_jail_alone():
    class Closing(FakeHost):
        """A host whose filter cannot be read any more once an address is banned in it."""

        def __call__(self, words):
            """Answer a command."""
            closed = words[0] in ("nft", "iptables-save", "ip6tables-save", "ipset") and self.banned
            return Answer(1, "", "not permitted") if closed else super().__call__(words)

    proofs = prove_jails(["sshd"], None, False, Closing())
    assert [proof.ok for proof in proofs] == [False]
    assert "the packet filter cannot be read: not permitted" in proofs[0].detail


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return certificates of a name and an address: one that lives, and one that soon ends."""
    path = tmp_path_factory.mktemp("certificates")

    def make(name, days, alternative):
        command = ["openssl", "req", "-x509", "-nodes", "-days", str(days), "-newkey", "ec"]
        command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=a", "-keyout", str(path / "key")]
        command += ["-out", str(path / name), "-addext", f"subjectAltName={alternative}"]
        subprocess.run(command, check=True, capture_output=True)
        return str(path / name)

    both = "DNS:a.example.org,IP:192.0.2.1"
    return {"good": make("good", 60, both), "late": make("late", 3, both)}


class TestCertificate:
    """What openssl says of a real one."""

    @pytest.mark.parametrize("name", ["a.example.org", "192.0.2.1"])
    def test_one_that_is_for_its_name_is_proven(self, made, name):
        proof = prove_certificate(name, made["good"])
        assert (proof.subject, proof.ok) == (f"certificate {name}", True)
        assert proof.detail == f"{made['good']} is for {name} and lives for a week or more"

    @pytest.mark.parametrize("name", ["b.example.org", "192.0.2.2"])
    def test_one_that_is_for_another_name_is_not(self, made, name):
        proof = prove_certificate(name, made["good"])
        assert not proof.ok
        assert f"is not for {name}: run playbooks/site.yml" in proof.detail

    def test_an_openssl_that_ends_with_an_error_then_says_the_same(self, made):
        said = "Hostname b.example.org does NOT match certificate\n"
        proof = prove_certificate("b.example.org", made["good"], lambda _command: Answer(1, said, ""))
        assert "is not for b.example.org: run playbooks/site.yml" in proof.detail

    def test_one_that_ends_soon_is_not(self, made):
        proof = prove_certificate("a.example.org", made["late"])
        assert not proof.ok
        assert "ends within a week: see `journalctl -u certbot`" in proof.detail

    def test_what_is_none_and_what_is_not_there_is_told(self, tmp_path):
        path = tmp_path / "fullchain.pem"
        assert prove_certificate("a", str(path)).detail == f"{path} does not exist: run playbooks/site.yml"
        path.write_text("no certificate")
        proof = prove_certificate("a", str(path))
        assert not proof.ok
        assert "cannot be read as a certificate: see `certbot certificates`. openssl says: " in proof.detail
