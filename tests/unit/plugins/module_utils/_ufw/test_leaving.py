# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall as it was before the first run."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._ufw import leaving
from ansible_collections.constellation.edge.plugins.module_utils._ufw.leaving import UNKNOWN, leave
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import SSH_COMMENT, State
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import EVERYWHERE, V4, V6, Entry

OFF = {"active": False, "boots": True, "incoming": "deny", "outgoing": "allow"}
ON = {**OFF, "active": True}


def both(port: str, comment: str) -> dict[int, list[Entry]]:
    return {family: [Entry(family, "allow", "tcp", port, EVERYWHERE[family], comment)] for family in (V4, V6)}


def merged(*parts: dict[int, list[Entry]]) -> dict[int, list[Entry]]:
    return {family: [entry for part in parts for entry in part[family]] for family in (V4, V6)}


OURS = merged(both("22", SSH_COMMENT), both("80", "constellation.edge: http"))


@pytest.fixture
def ufw(monkeypatch: pytest.MonkeyPatch):
    """Return what leaves a rule set, with the commands that it called."""

    def run(state: State, found: dict, check: bool = False, traces: tuple[str, ...] = ()):
        calls: list[str] = []
        monkeypatch.setattr(leaving, "read_state", lambda etc, call: state)
        monkeypatch.setattr(leaving, "traces", lambda folder: traces)

        def call(words):
            calls.append(" ".join(words))
            return Answer(0, "", "")

        return leave(found, [22], check, call=call), calls

    return run


def test_it_is_switched_off_first_where_it_was_off(ufw):
    outcome, calls = ufw(State(active=True, entries=OURS), OFF)
    assert calls == [
        "ufw disable",
        "ufw delete allow in proto tcp from any to any port 22",
        "ufw delete allow in proto tcp from any to any port 80",
    ]
    assert not outcome.after.active
    assert outcome.after.entries == {V4: [], V6: []}


def test_it_stays_on_with_the_owners_rules_where_it_was_on(ufw):
    own = both("22", "")
    outcome, calls = ufw(State(active=True, entries=merged(own, both("80", "constellation.edge: http"))), ON)
    assert calls == ["ufw delete allow in proto tcp from any to any port 80"]
    assert outcome.after.entries == own
    assert outcome.notes == []


def test_a_way_in_by_ssh_is_never_taken_away(ufw):
    outcome, calls = ufw(State(active=True, entries=OURS), ON)
    assert calls[0] == "ufw allow proto tcp from any to any port 22 comment ssh"
    assert calls[1:] == ["ufw delete allow in proto tcp from any to any port 80"]
    assert [entry.comment for entry in outcome.after.entries[V4]] == ["ssh"]
    assert "lets SSH in on port 22" in outcome.notes[0]


def test_policies_are_put_back(ufw):
    found = {**ON, "incoming": "reject", "outgoing": "deny"}
    _outcome, calls = ufw(State(active=True, entries=both("22", "")), found)
    assert calls == ["ufw default reject incoming", "ufw default deny outgoing"]


def test_nothing_is_changed_where_nothing_is_known(ufw):
    outcome, calls = ufw(State(active=True, entries=OURS), {})
    assert (outcome.changed, calls, outcome.notes) == (False, [], [UNKNOWN])
    outcome, calls = ufw(State(active=True, entries=both("22", "")), {})
    assert (outcome.changed, outcome.notes) == (False, [])


def test_a_firewall_that_is_on_without_a_rule_of_ours_is_told(ufw):
    own = State(active=True, entries=both("22", ""))
    assert ufw(own, {}, traces=("/var/lib/constellation-edge/loaded.json",))[0].notes == [leaving.UNKNOWN]
    assert ufw(own, {})[0].notes == []


def test_what_the_owner_says_counts_where_nothing_is_known(ufw):
    outcome, calls = ufw(State(active=True, entries=OURS), {"active": False})
    assert calls[0] == "ufw disable"
    assert outcome.changed


def test_check_mode_calls_nothing(ufw):
    outcome, calls = ufw(State(active=True, entries=OURS), OFF, check=True)
    assert (outcome.changed, calls) == (True, [])


def test_a_second_run_changes_nothing(ufw):
    outcome, calls = ufw(State(active=False, entries={V4: [], V6: []}), OFF)
    assert (outcome.changed, calls) == (False, [])
