# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C14: an owner's rule with which nothing is closed is told, with the command that deletes it."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._proof import host
from ansible_collections.constellation.edge.plugins.module_utils._proof.host import prove_firewall
from ansible_collections.constellation.edge.plugins.module_utils._ufw import host as ufw_host
from ansible_collections.constellation.edge.plugins.module_utils._ufw._stored import parse_stored
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State, WantedRules, plan
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import V4, V6, UfwError, wanted_rules
from ansible_collections.constellation.edge.plugins.module_utils._ufw.wide_open import opening_everything, told

ALL_V4, ALL_V6 = "allow any any 0.0.0.0/0 any 0.0.0.0/0 in", "allow any any ::/0 any ::/0 in"
OURS = " comment=636f6e7374656c6c6174696f6e2e65646765"


def stored(*rules: str, family: int = V4) -> State:
    text = "".join(f"### tuple ### {rule}\n" for rule in rules)
    found = parse_stored(text, family)
    return State(entries={V4: [], V6: [], family: found.entries}, skipped=found.skipped)


def opening(*rules: str, family: int = V4) -> int:
    return len(opening_everything(stored(*rules, family=family).entries))


@pytest.mark.parametrize(
    "rules",
    [
        (ALL_V4,),
        ("allow tcp 1:65535 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow udp 1:65535 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow tcp 1024:65535 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow tcp any 0.0.0.0/0 any 0.0.0.0/0",),
        ("limit any any 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow_log any any 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow any any 0.0.0.0/0 any 0.0.0.0/0.0.0.0 in",),
        ("allow any any 192.168.0.5 any 0.0.0.0/0 in",),
        ("allow any any 0.0.0.0/0 53 0.0.0.0/0 in",),
        ("deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in", ALL_V4),
        ("deny any any 0.0.0.0/0 any 10.0.0.0/8 in", ALL_V4),
    ],
)
def test_c14_one_rule_that_opens_everything(rules):
    assert opening(*rules) == 1


def test_c14_rules_that_open_everything_together():
    assert opening("allow tcp 1:9000 any any any in", "allow tcp 9001:65535 any any any in") == 2
    assert opening("allow tcp 1:9000 any any any in", "allow tcp 19001:65535 any any any in") == 0
    assert opening("allow tcp 1:9000 any any any in", "allow udp 9001:65535 any any any in") == 0


def test_c14_both_families_are_one_command():
    state = stored(ALL_V4)
    state.entries[V6] = stored(ALL_V6, family=V6).entries[V6]
    text = told(state.managed)[0]
    assert "the owner's rule 'allow in any from any (v4)' and 'allow in any from any (v6)' lets everybody in" in text
    assert text.endswith("delete it with `ufw delete allow in from any to any`")
    state.ipv6 = False
    assert "(v6)" not in told(state.managed)[0]


def test_c14_rules_for_two_addresses_are_two_commands():
    text = told(stored("allow any any 192.168.0.5 any any in", "allow any any 192.168.0.6 any any in").managed)[0]
    assert "`ufw delete allow in from 0.0.0.0/0 to 192.168.0.5`" in text
    assert "`ufw delete allow in from 0.0.0.0/0 to 192.168.0.6`" in text


@pytest.mark.parametrize(
    "rules",
    [
        ("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow any any 0.0.0.0/0 any 10.0.0.0/8 in",),
        ("allow any any 0.0.0.0/0 any 0.0.0.0/0 in_wg0",),
        ("allow any any 0.0.0.0/0 any 0.0.0.0/0 out",),
        ("route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in",),
        ("allow any any 224.0.0.251 any 0.0.0.0/0 in",),
        ("allow esp any 0.0.0.0/0 any 0.0.0.0/0 in",),
        (ALL_V4 + OURS,),
        ("deny any any 0.0.0.0/0 any 0.0.0.0/0 in", ALL_V4),
        ("deny any any 0.0.0.0/0 any 0.0.0.0/0 in",),
    ],
)
def test_what_leaves_something_closed_or_is_the_inventorys_is_not_told(rules):
    assert opening(*rules) == 0


def planned(state: State, **values) -> list[str]:
    request = {"enforced": True, "ssh_ports": (22,), **values}
    return plan(state, WantedRules(rules=tuple(wanted_rules([{"port": "443"}])), **request)).warnings


def test_c14_the_run_warns_once_and_only_where_it_closes():
    assert any("with it nothing is closed" in text for text in planned(stored(ALL_V4)))
    assert planned(stored(ALL_V4), enforced=False) == []
    assert not any("nothing is closed" in text for text in planned(stored(ALL_V4), incoming="allow"))


@pytest.mark.parametrize(("rule", "proven"), [(ALL_V4, False), ("allow tcp 22 any any any in", True)])
def test_c14_verify_fails_on_it(tmp_path, monkeypatch, rule, proven):
    (tmp_path / "ufw").mkdir()
    (tmp_path / "ufw" / "user.rules").write_text(f"### tuple ### {rule}\n")
    monkeypatch.setattr(ufw_host, "find", lambda name: name)

    def call(_command):
        return Answer(0, "Status: active\n", "")

    monkeypatch.setattr(host, "read_state", lambda call: ufw_host.read_state(tmp_path, call))
    proofs = {proof.subject: proof for proof in prove_firewall(call)}
    assert proofs["ufw rules"].ok is proven


def test_c15_what_ufw_skips_is_skipped_and_told():
    state = stored("allow tcp 99999 any any any in", "allow tcp 22 any any any in")
    assert [entry.dport for entry in state.entries[V4]] == ["22"]
    assert state.skipped == ["/etc/ufw/user.rules:1"]
    assert any(text.startswith("ufw cannot read /etc/ufw/user.rules:1, and drops them") for text in planned(state))


def test_c15_an_odd_comment_is_cut_as_ufw_cuts_it():
    assert stored("allow tcp 22 any any any in comment=4a6").entries[V4][0].comment == "J"


@pytest.mark.parametrize("comment", ["comment=ssh", "comment=4z", "comment=41 comment=41", "comment=é0"])
def test_c15_a_comment_that_ufw_dies_of_is_named_with_its_place(comment):
    with pytest.raises(UfwError, match=r"^/etc/ufw/user6.rules:2: ufw fails at .* and run again$"):
        stored("allow tcp 22 any any any in", f"allow tcp 23 any any any in {comment}", family=V6)


@pytest.mark.parametrize("comment", ["4a6", "e9e9"])
@pytest.mark.parametrize(("version", "dies"), [("ufw 0.36.1\n", True), ("ufw 0.36.2\n", False), ("", False)])
def test_c15_an_older_ufw_dies_of_more(tmp_path, monkeypatch, comment, version, dies):
    (tmp_path / "ufw").mkdir()
    (tmp_path / "ufw" / "user.rules").write_text(f"### tuple ### allow tcp 22 any any any in comment={comment}\n")
    monkeypatch.setattr(ufw_host, "find", lambda name: name)

    def call(command):
        return Answer(0, version if command[-1] == "--version" else "Status: inactive\n", "")

    if dies:
        with pytest.raises(UfwError, match=r"^/etc/ufw/user.rules:1: ufw fails at the comment"):
            ufw_host.read_state(tmp_path, call)
    else:
        assert len(ufw_host.read_state(tmp_path, call).entries[V4]) == 1
