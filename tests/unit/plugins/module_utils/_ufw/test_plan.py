# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule set of ufw: what is read, what is refused, and which commands lead to what is wanted."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._ufw._stored import parse_entries
from ansible_collections.constellation.edge.plugins.module_utils._ufw.host import (
    closed_by,
    parse_defaults,
    published_ports,
    reconcile,
)
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import (
    CONTROLLER_COMMENT,
    SSH_COMMENT,
    State,
    WantedRules,
    plan,
)
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import (
    V4,
    V6,
    Entry,
    UfwError,
    delete_words,
    normal_ports,
    normal_source,
    wanted_rules,
)
from places import TEXTS

FIXTURES = TEXTS / "hardening"
SSH_V4 = Entry(V4, "allow", "tcp", "22", "0.0.0.0/0", SSH_COMMENT)
WEB = [{"port": "80"}, {"port": "443", "comment": "https"}]


def _request(raw=None, **other):
    values = {"enforced": True, "ssh_ports": (22,), **other}
    return WantedRules(rules=tuple(wanted_rules(WEB if raw is None else raw)), **values)


def _foreign(action, port, source="0.0.0.0/0", proto="tcp", comment=""):
    return Entry(V6 if ":" in source else V4, action, proto, port, source, comment)


def test_reads_every_form_that_ufw_stores():
    entries = parse_entries((FIXTURES / "user.rules").read_text(), V4)
    assert [entry.text() for entry in entries] == [
        "reject in 99/udp from any (v4)",
        "allow in 22/tcp from any (v4)  # constellation.edge: ssh",
        "allow in 53 from any (v4)",
        "deny in 443/tcp from 10.1.2.3 (v4)",
        "allow in 80,100:200,443/tcp from any (v4)",
        "allow in WWW Full from any (v4)",
        "route allow in any from 1.2.3.4 (v4)",
        "deny in log 77/tcp from any (v4)",
        "allow out 53 from any (v4)",
    ]
    assert [entry.ours for entry in entries].count(True) == 1


def test_reads_interfaces():
    entry = parse_entries((FIXTURES / "user6.rules").read_text(), V6)[1]
    assert entry.text() == "allow in on eth0 25 from 2001:db8::/32 (v6)"
    assert delete_words(entry, both=False) == [
        "delete", "allow", "in", "on", "eth0", "from", "2001:db8::/32", "to", "any", "port", "25",
    ]  # fmt: skip


def test_a_longer_word_is_not_our_mark():
    assert not _foreign("allow", "80", comment="constellation.edges").ours
    assert _foreign("allow", "80", comment="constellation.edge").ours


def test_a_bare_host_gets_rules_first_and_is_enabled_last():
    result = plan(State(installed=False), _request())
    assert result.steps == [
        ["allow", "proto", "tcp", "from", "any", "to", "any", "port", "80", "comment", "constellation.edge"],
        ["allow", "proto", "tcp", "from", "any", "to", "any", "port", "443", "comment", "constellation.edge: https"],
        ["allow", "proto", "tcp", "from", "any", "to", "any", "port", "22", "comment", SSH_COMMENT],
        ["--force", "enable"],
    ]
    assert result.after.active


def test_the_planned_state_needs_nothing_more():
    request = _request([*WEB, {"port": "22", "source": "10.0.0.0/8", "action": "deny"}], controller="10.0.0.9")
    after = plan(State(), request).after
    assert plan(after, request).steps == []


def test_open_closes_nothing_and_enables_nothing():
    state = State(incoming="allow", entries={V4: [_foreign("allow", "1", comment="constellation.edge: old")], V6: []})
    result = plan(state, _request([*WEB, {"port": "23", "action": "deny"}], enforced=False))
    assert [words[0] for words in result.steps] == ["allow"] * 3
    assert not result.after.active
    assert result.after.incoming == "allow"


def test_foreign_rules_stay_and_stale_ones_of_ours_go():
    old = {
        V4: [_foreign("allow", "9999"), _foreign("allow", "7", comment="constellation.edge: old")],
        V6: [_foreign("allow", "7", "::/0", comment="constellation.edge: old")],
    }
    result = plan(State(active=True, entries=old), _request([]))
    assert result.steps[-1] == ["delete", "allow", "in", "proto", "tcp", "from", "any", "to", "any", "port", "7"]
    assert _foreign("allow", "9999") in result.after.entries[V4]


def test_purge_can_be_switched_off():
    old = {V4: [_foreign("allow", "7", comment="constellation.edge: old")], V6: []}
    result = plan(State(active=True, entries=old), _request([], purge=False))
    assert not any("delete" in words for words in result.steps)


def test_the_owners_equal_rule_is_enough_and_is_not_taken_over():
    foreign = {V4: [_foreign("allow", "80")], V6: [_foreign("allow", "80", "::/0")]}
    result = plan(State(active=True, entries=foreign), _request([{"port": "80"}], ssh_ports=()))
    assert result.steps == []


def test_a_family_that_the_owner_has_is_left_out_of_the_command():
    result = plan(State(active=True, entries={V4: [_foreign("allow", "80")], V6: []}), _request([WEB[0]], ssh_ports=()))
    assert result.steps == [
        ["allow", "proto", "tcp", "from", "::/0", "to", "any", "port", "80", "comment", "constellation.edge"]
    ]


def test_the_owners_contrary_rule_is_an_error_with_the_remedy():
    with pytest.raises(UfwError, match=r"rules\[0\].*contradicts.*ufw delete deny in proto tcp"):
        plan(State(entries={V4: [_foreign("deny", "80")], V6: []}), _request())


@pytest.mark.parametrize("source", ["192.168.0.0/24", "fd00::/64"])
def test_ssh_that_the_owner_keeps_to_some_is_not_opened_to_everybody(source):
    state = State(active=True)
    lan = _foreign("allow", "22", source, proto="any")
    state.entries[lan.family].append(lan)
    result = plan(state, _request([], controller="10.8.0.2"))
    assert [words[0] for words in result.steps] == ["prepend"]
    assert "10.8.0.2" in result.steps[0]
    assert any("stays closed to all but those" in warning for warning in result.warnings)
    again = plan(result.after, _request([], controller="10.8.0.2"))
    assert again.steps == []


@pytest.mark.parametrize(
    ("state", "entry"),
    [
        (State(active=False), _foreign("allow", "22", "192.168.0.0/24")),
        (State(active=True, incoming="allow"), _foreign("allow", "22", "192.168.0.0/24")),
        (State(active=True), _foreign("allow", "22", "192.168.0.0/24", proto="udp")),
        (State(active=True), _foreign("deny", "22", "192.168.0.0/24")),
        (State(active=True), _foreign("allow", "2222", "192.168.0.0/24")),
    ],
)
def test_ssh_that_nobody_has_kept_to_some_is_opened(state, entry):
    state = state.copy()
    state.entries[V4].append(entry)
    assert any("22" in words for words in plan(state, _request([])).steps)


def test_the_owners_limit_on_ssh_stays():
    limited = {V4: [_foreign("limit", "22")], V6: [_foreign("limit", "22", "::/0")]}
    result = plan(State(active=True, entries=limited), _request([], controller="192.168.0.5"))
    assert result.steps == [
        ["prepend", "allow", "proto", "tcp", "from", "192.168.0.5", "to", "any", "port", "22", "comment",
         CONTROLLER_COMMENT],
    ]  # fmt: skip


def test_the_controllers_rule_is_moved_before_a_foreign_one_that_decides_differently():
    controller = _foreign("allow", "22", "192.168.0.5", comment=CONTROLLER_COMMENT)
    state = State(active=True, entries={V4: [_foreign("limit", "22"), controller, SSH_V4], V6: []}, ipv6=False)
    result = plan(state, _request([], controller="192.168.0.5"))
    assert [words[0] for words in result.steps] == ["delete", "prepend"]
    assert result.after.entries[V4][0] == controller


def test_another_controllers_rule_stays_in_a_local_run_and_goes_with_a_new_one():
    old = {V4: [_foreign("allow", "22", "192.168.0.4", comment=CONTROLLER_COMMENT), SSH_V4], V6: []}
    state = State(active=True, entries=old, ipv6=False)
    assert plan(state, _request([], controller=None)).steps == []
    assert plan(state, _request([], controller="192.168.0.5")).steps[-1][:1] == ["delete"]


def test_a_network_is_denied_before_ssh_is_allowed():
    result = plan(
        State(active=True, ipv6=False, entries={V4: [_foreign("allow", "1"), SSH_V4], V6: []}),
        _request([{"port": "22", "source": "10.0.0.0/8", "action": "deny"}]),
    )
    assert result.steps[0][:3] == ["insert", "2", "deny"]
    assert [entry.action for entry in result.after.entries[V4]] == ["allow", "deny", "allow"]


def test_ssh_never_moves():
    denied = _foreign("deny", "22", "10.0.0.0/8", comment="constellation.edge")
    state = State(active=True, ipv6=False, entries={V4: [SSH_V4, denied], V6: []})
    result = plan(state, _request([{"port": "22", "source": "10.0.0.0/8", "action": "deny"}]))
    assert [words[0] for words in result.steps] == ["delete", "insert"]
    assert "deny" in result.steps[0]
    assert result.after.entries[V4] == [denied, SSH_V4]


def test_a_changed_action_is_updated_in_place():
    state = State(
        active=True, ipv6=False, entries={V4: [_foreign("allow", "80", comment="constellation.edge")], V6: []}
    )
    result = plan(state, _request([{"port": "80", "action": "limit"}], ssh_ports=()))
    assert [words[0] for words in result.steps] == ["limit"]
    assert len(result.after.entries[V4]) == 1


def test_only_a_different_policy_is_set():
    state = State(active=True, incoming="allow", outgoing="allow")
    assert plan(state, _request([], ssh_ports=())).steps == [["default", "deny", "incoming"]]


def test_a_rule_that_closes_ssh_is_refused():
    with pytest.raises(UfwError, match=r"rules\[0\].*closes port 2222, which SSH uses"):
        plan(State(), _request([{"port": "2000:3000", "action": "deny"}], ssh_ports=(2222,)))


def test_ipv6_switched_off_is_said_and_never_locks_out():
    request = _request([{"port": "80", "source": "2001:db8::/32"}])
    result = plan(State(ipv6=False), request)
    assert any("IPV6=no" in text for text in result.warnings)
    assert any("left out" in text for text in result.warnings)
    with pytest.raises(UfwError, match="came over IPv6"):
        plan(State(ipv6=False), _request([], controller="2001:db8::1"))


@pytest.mark.parametrize(
    ("text", "normal"),
    [("443", "443"), ("443, 80", "80,443"), ("5000:5010,22", "22,5000:5010"), ("80:80", "80")],
)
def test_ports_are_written_as_ufw_stores_them(text, normal):
    assert normal_ports(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [("any", "any"), ("192.168.3.4/24", "192.168.3.0/24"), ("10.0.0.1/32", "10.0.0.1"), ("2001:DB8::1", "2001:db8::1")],
)
def test_sources_are_written_as_ufw_stores_them(text, normal):
    assert normal_source(text) == normal


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"port": "https"}, r"rules\[0\]: port 'https' is not a number"),
        ({"port": "70000"}, "between 1 and 65535"),
        ({"port": "90:80"}, "runs backwards: write 80:90"),
        ({"port": "80,70:90"}, "name each port once"),
        ({"port": ",".join(str(n) for n in range(1, 17))}, "use several rules"),
        ({"port": "80", "source": "router.lan"}, "names are not looked up"),
        ({"port": "80", "source": "10.0.0.0/33"}, "neither 'any' nor an address"),
        ({"port": "80", "comment": "it's"}, "a quote or a control character"),
        ({"port": "80", "comment": "a\nb"}, "a quote or a control character"),
    ],
)
def test_a_mistake_names_the_rule_and_the_remedy(rule, words):
    with pytest.raises(UfwError, match=words):
        wanted_rules([rule])


def test_two_rules_that_contradict_each_other_are_refused():
    with pytest.raises(UfwError, match=r"rules\[1\].*contradicts rules\[0\]"):
        wanted_rules([{"port": "80"}, {"port": "80", "action": "deny"}])


def test_several_ports_of_any_protocol_become_two_rules():
    assert [(rule.proto, rule.port) for rule in wanted_rules([{"port": "1,2", "proto": "any"}])] == [
        ("tcp", "1,2"),
        ("udp", "1,2"),
    ]


def test_reads_the_defaults_file():
    text = '# IPV6=no\nIPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n'
    assert parse_defaults(text) == {"IPV6": "yes", "DEFAULT_INPUT_POLICY": "DROP"}


def test_ports_that_docker_publishes_on_loopback_alone_are_no_concern():
    rules = (
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n"
        "-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 9 -j DNAT --to-destination 172.17.0.2:9\n"
    )
    assert published_ports(rules) == {"8080/tcp": "-p 127.0.0.1:8080:80"}


def _fake_ufw(monkeypatch, answers):
    calls = []
    module = "ansible_collections.constellation.edge.plugins.module_utils._ufw.host"
    monkeypatch.setattr(f"{module}.find", lambda name: name)

    def call(words):
        calls.append(list(words))
        return answers(words)

    return call, calls


def test_a_command_that_fails_stops_before_the_firewall_is_enabled(monkeypatch, tmp_path):
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "ufw").write_text("IPV6=yes\nDEFAULT_INPUT_POLICY=DROP\nDEFAULT_OUTPUT_POLICY=ACCEPT\n")
    answer = {"status": Answer(0, "Status: inactive\n", "")}
    call, calls = _fake_ufw(monkeypatch, lambda words: answer.get(words[1], Answer(1, "", "ERROR: no room")))
    with pytest.raises(UfwError, match="no room"):
        reconcile(_request(), etc=tmp_path, call=call)
    assert ["ufw", "--force", "enable"] not in calls


def test_commands_that_change_nothing_are_noticed(monkeypatch, tmp_path):
    call, _calls = _fake_ufw(monkeypatch, lambda words: Answer(0, "Status: inactive\n", ""))
    with pytest.raises(UfwError, match="not as wanted; still missing: ufw allow"):
        reconcile(_request(), etc=tmp_path, call=call)


def test_check_mode_runs_no_changing_command(monkeypatch, tmp_path):
    call, calls = _fake_ufw(monkeypatch, lambda words: Answer(0, "Status: inactive\n", ""))
    outcome = reconcile(_request(), check=True, etc=tmp_path, call=call)
    assert outcome.changed
    assert calls == [["ufw", "status"], ["systemctl", "is-enabled", "ufw.service"]]


def test_the_way_in_is_told_in_the_run_that_opens_it(monkeypatch, tmp_path):
    call, _calls = _fake_ufw(monkeypatch, lambda words: Answer(0, "Status: inactive\n", ""))
    (note,) = reconcile(_request(), check=True, etc=tmp_path, call=call).notes
    assert note.startswith("the firewall lets SSH in on port 22: before you move sshd to another port, open that one")
    (tmp_path / "ufw").mkdir()
    rule = f"### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment={SSH_COMMENT.encode().hex()}\n"
    (tmp_path / "ufw" / "user.rules").write_text(rule)
    assert reconcile(_request(), check=True, etc=tmp_path, call=call).notes == []
    (note,) = reconcile(_request(ssh_ports=(22, 2222)), check=True, etc=tmp_path, call=call).notes
    assert note.startswith("the firewall lets SSH in on port 2222: ")


def test_what_the_firewall_closes_is_named():
    there = [
        (22, "tcp", "sshd"),
        (53, "tcp", "pihole-FTL"),
        (53, "udp", "pihole-FTL"),
        (68, "udp", "dhclient"),
        (443, "tcp", "nginx"),
        (445, "tcp", "smbd"),
        (5353, "udp", "avahi-daemon"),
        (9000, "tcp", "docker-proxy"),
        (40000, "udp", "avahi-daemon"),
        (51820, "udp", ""),
    ]
    entries = {V4: [_foreign("allow", "22"), _foreign("allow", "443"), _foreign("allow", "53", "10.0.0.0/8", "udp")]}
    state = State(entries={**entries, V6: [_foreign("deny", "445", "::/0")]})
    assert closed_by(state, there) == ["53/tcp (pihole-FTL)", "445/tcp (smbd)", "51820/udp"]


def test_a_firewall_that_would_not_start_with_the_host_is_enabled(monkeypatch, tmp_path):
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "ufw").write_text("IPV6=no\nDEFAULT_INPUT_POLICY=DROP\nDEFAULT_OUTPUT_POLICY=ACCEPT\n")
    said = ["disabled"]

    def answers(words):
        if words == ["systemctl", "enable", "ufw.service"]:
            said[0] = "enabled"
        return Answer(0, said[0] if words[1] == "is-enabled" else "Status: active\n", "")

    call, calls = _fake_ufw(monkeypatch, answers)
    wanted = _request([], ssh_ports=())
    outcome = reconcile(wanted, check=True, etc=tmp_path, call=call)
    assert (outcome.commands, outcome.changed) == ([["systemctl", "enable", "ufw.service"]], True)
    assert "not started with the host" in outcome.before.text()
    assert "not started with the host" not in outcome.after.text()
    assert reconcile(wanted, etc=tmp_path, call=call).changed
    assert not reconcile(wanted, etc=tmp_path, call=call).changed
    assert calls.count(["systemctl", "enable", "ufw.service"]) == 1


CLOSING = [
    ([_foreign("deny", "22", proto="any")], "ufw delete deny in from 0.0.0.0/0 to any port 22"),
    ([_foreign("reject", "1:1000")], "ufw delete reject in proto tcp from 0.0.0.0/0 to any port 1:1000"),
    ([_foreign("deny", "21,22,80")], "ufw delete deny in proto tcp from 0.0.0.0/0 to any port 21,22,80"),
    ([_foreign("deny", "any", proto="any")], "ufw delete deny in from 0.0.0.0/0 to any`"),
    ([_foreign("deny", "22")], "ufw delete deny in proto tcp from 0.0.0.0/0 to any port 22"),
    ([_foreign("deny", "22", proto="any"), SSH_V4], "ufw delete deny in from 0.0.0.0/0 to any port 22"),
    (
        [Entry(V4, "deny", "tcp", "22", "0.0.0.0/0", dst="0.0.0.0/0", dapp="OpenSSH")],
        "ufw delete deny in from 0.0.0.0/0 to any app OpenSSH",
    ),
    ([_foreign("deny", "22", "::/0", proto="any")], "ufw delete deny in from ::/0 to any port 22"),
    (
        [_foreign("deny", "22", proto="any"), _foreign("deny", "22", "::/0", proto="any")],
        "remove it with `ufw delete deny in from any to any port 22`, or",
    ),
]


@pytest.mark.parametrize(("entries", "remedy"), CLOSING)
@pytest.mark.parametrize("controller", [None, "192.168.0.5"])
def test_an_owners_rule_that_would_close_ssh_is_refused_with_the_remedy(entries, remedy, controller):
    lists = {family: [entry for entry in entries if entry.family == family] for family in (V4, V6)}
    with pytest.raises(UfwError, match="closes port 22, which SSH uses") as refused:
        plan(State(entries=lists), _request([], controller=controller))
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    "entries",
    [
        [_foreign("deny", "22", "10.0.0.0/8")],
        [_foreign("deny", "22", proto="udp")],
        [_foreign("deny", "23:80")],
        [SSH_V4, _foreign("deny", "22", proto="any")],
        [_foreign("limit", "22"), _foreign("deny", "22", proto="any")],
        [Entry(V4, "deny", "tcp", "22", "0.0.0.0/0", direction="out")],
        [Entry(V4, "deny", "tcp", "22", "0.0.0.0/0", forward=True)],
    ],
)
def test_an_owners_rule_that_leaves_ssh_open_is_no_reason_to_refuse(entries):
    assert plan(State(entries={V4: entries, V6: []}), _request([])).steps[-1] == ["--force", "enable"]


def test_ipv6_rules_do_not_count_where_ufw_has_ipv6_switched_off():
    entries = {V4: [], V6: [_foreign("deny", "22", "::/0", proto="any")]}
    assert plan(State(ipv6=False, entries=entries), _request([])).after.active


def test_what_the_owner_has_closed_already_stays_and_is_said():
    closed = {V4: [_foreign("allow", "22", "10.0.0.0/8"), _foreign("deny", "22", proto="any")], V6: []}
    result = plan(State(active=True, ipv6=False, entries=closed), _request([]))
    assert any("keeps SSH closed" in text for text in result.warnings)


def test_an_active_firewall_is_not_closed_by_taking_our_rule_away():
    ours = _foreign("allow", "2000:3000", comment="constellation.edge")
    entries = {V4: [ours, _foreign("deny", "2222", proto="any")], V6: []}
    state = State(active=True, ipv6=False, entries=entries)
    with pytest.raises(UfwError, match="closes port 2222"):
        plan(state, _request([], ssh_ports=(2222,)))


@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0", "1.2.3.4/0", "any"])
@pytest.mark.parametrize("proto", ["tcp", "any"])
def test_a_rule_for_all_of_a_family_that_closes_ssh_is_refused(source, proto):
    with pytest.raises(UfwError, match=r"rules\[0\].*closes port 22, which SSH uses"):
        plan(State(), _request([{"port": "1:1000", "source": source, "proto": proto, "action": "deny"}]))


@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0"])
def test_all_of_a_family_contradicts_from_anywhere(source):
    with pytest.raises(UfwError, match=r"rules\[1\].*contradicts rules\[0\]"):
        wanted_rules([{"port": "80"}, {"port": "80", "source": source, "action": "deny"}])
    with pytest.raises(UfwError, match=r"rules\[1\].*contradicts rules\[0\]"):
        wanted_rules([{"port": "80", "source": source, "action": "deny"}, {"port": "80"}])


@pytest.mark.parametrize(
    "raw",
    [
        [{"port": "80"}, {"port": "80", "source": "0.0.0.0/0", "comment": "again"}],
        [{"port": "80", "source": "0.0.0.0/0", "comment": "first"}, {"port": "80"}],
        [{"port": "80", "source": "::/0"}, {"port": "80", "source": "0.0.0.0/0"}, {"port": "80", "comment": "both"}],
        [{"port": "22", "source": "0.0.0.0/0", "comment": "own"}],
        [{"port": "22", "source": "192.168.0.5", "comment": "own"}],
        [{"port": "22", "source": "192.168.0.5", "action": "deny"}],
        [{"port": "22", "action": "limit", "source": "::/0"}],
    ],
)
@pytest.mark.parametrize("ipv6", [True, False])
def test_rules_that_are_one_to_ufw_do_not_change_to_and_fro(raw, ipv6):
    request = _request(raw, controller="192.168.0.5")
    after = plan(State(ipv6=ipv6), request).after
    assert plan(after, request).steps == []
    for family in (V4, V6) if ipv6 else (V4,):
        assert any(entry.decides_for_all(22) and entry.action != "deny" for entry in after.entries[family])


def test_messages_use_the_names_that_are_given():
    with pytest.raises(UfwError, match=r"^mine: .*contradicts the web rule, "):
        wanted_rules([{"port": "80"}, {"port": "80", "action": "deny"}], ["the web rule", "mine"])


def test_a_rule_against_this_runs_own_address_is_left_out_and_said():
    request = _request([{"port": "22", "source": "192.168.0.5", "action": "deny"}], controller="192.168.0.5")
    result = plan(State(), request)
    assert any("is left out, because this run came from that address" in text for text in result.warnings)
    assert not any("deny" in words for words in result.steps)


def _added(*entries, raw=None):
    """Return what is added for HTTP and HTTPS, by family, beside rules of the owner's."""
    state = State(active=True)
    for entry in (SSH_V4, Entry(V6, "allow", "tcp", "22", "::/0", SSH_COMMENT), *entries):
        state.entries[entry.family].append(entry)
    after = plan(state, _request(raw)).after
    new = {family: [each for each in after.entries[family] if each not in state.entries[family]] for family in (V4, V6)}
    return [each.dport for each in new[V4]], [each.dport for each in new[V6]]


@pytest.mark.parametrize(
    "entry",
    [
        _foreign("allow", "80,443"),
        _foreign("allow", "any", proto="any"),
        _foreign("allow", "80:443", proto="any"),
        Entry(V4, "allow", "tcp", "80,443", "0.0.0.0/0", dapp="Nginx%20Full"),
    ],
)
def test_what_an_owner_has_opened_is_not_opened_twice(entry):
    assert _added(entry) == ([], ["80", "443"])


@pytest.mark.parametrize(
    "entries",
    [
        [_foreign("allow", "80,443", "10.0.0.0/8")],
        [_foreign("allow", "80,443", proto="udp")],
        [_foreign("deny", "443", "10.0.0.0/8"), _foreign("allow", "80,443")],
        [Entry(V4, "allow", "tcp", "80,443", "0.0.0.0/0", direction="in_eth0")],
        [Entry(V4, "allow", "tcp", "80,443", "0.0.0.0/0", sport="1024:65535")],
        [Entry(V4, "allow", "tcp", "80,443", "0.0.0.0/0", dst="10.0.0.1")],
    ],
)
def test_what_is_open_to_some_or_behind_a_refusal_is_opened(entries):
    added = _added(*entries)[0]
    assert "443" in added


def test_ssh_has_a_rule_of_our_own_in_any_case():
    state = State(active=True, entries={V4: [_foreign("allow", "any", proto="any")], V6: []})
    assert ["allow", "proto", "tcp", "from", "any", "to", "any", "port", "22", "comment", SSH_COMMENT] in (
        plan(state, _request()).steps
    )
