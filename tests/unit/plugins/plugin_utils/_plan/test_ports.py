# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ports the web gets, and which ones are expected to be closed."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State, WantedRules, plan
from ansible_collections.constellation.edge.plugins.module_utils._ufw.rule import wanted_rules
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.ports import closed_ports, with_web


def test_who_is_denied_a_web_port_is_denied_it_before_everybody_is_let_in():
    denied = {"port": "443", "source": "203.0.113.0/24", "action": "deny"}
    wanted = plan(State(), WantedRules(tuple(wanted_rules(with_web([denied]))), enforced=True)).after.entries[4]
    assert [(entry.action, entry.src) for entry in wanted if entry.dport == "443"] == [
        ("deny", "203.0.113.0/24"),
        ("allow", "0.0.0.0/0"),
    ]


@pytest.mark.parametrize(
    ("rule", "closed"),
    [
        ({"port": "8096", "source": "192.168.0.0/24"}, [8088]),
        ({"port": "8000:8090,9000", "proto": "any"}, [8096]),
        ({"port": "8096", "action": "limit"}, [8088]),
        ({"port": "8096", "proto": "udp"}, [8088, 8096]),
        ({"port": "8096", "action": "deny"}, [8088, 8096]),
    ],
)
def test_a_port_that_the_owner_opens_is_not_expected_to_be_closed(rule, closed):
    assert closed_ports([8088, 8096], [rule]) == closed
