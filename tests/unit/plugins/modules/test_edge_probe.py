# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked over the network, and when an answer is an error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import ProbeError
from ansible_collections.constellation.edge.plugins.module_utils._probe.route import Conditions, ProbedRoute
from ansible_collections.constellation.edge.plugins.module_utils._probe.run import Ports
from module_runs import done, module, refused

URL = "https://home.example.org/zm/"


class Network:
    """Keeps what was asked; answers with these problems."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the network."""
        self.problems: list[str] = []
        self.error = ""
        self.asked: list[Any] = []
        monkeypatch.setattr(module("edge_probe"), "probe", self.probe)

    def probe(self, routes: list[ProbedRoute], ports: Ports, conditions: Conditions) -> dict[str, Any]:
        if self.error:
            raise ProbeError(self.error)
        self.asked = [routes, ports, conditions]
        return {"results": [], "ports": [], "ok": not self.problems, "problems": self.problems}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def test_what_is_asked_is_what_was_given_in_check_mode_too(network: Network) -> None:
    given = {
        "routes": [{"url": URL, "status": [200]}],
        "address": "[2001:db8::1]",
        "closed_ports": [8088],
        "timeout": 3,
    }
    answer = done("edge_probe", check=True, **given)
    [route], ports, conditions = network.asked
    assert (route.url, route.status, route.redirect) == (URL, (200,), True)
    assert ports == Ports((8088,), (), True)
    assert conditions == Conditions("2001:db8::1", "", True, 3.0)
    assert (answer["ok"], answer["changed"]) == (True, False)


def test_an_answer_that_was_not_expected_is_an_error_unless_it_is_not_wished(network: Network) -> None:
    network.problems = [f"{URL}: answers 502", "8088: open"]
    assert refused("edge_probe")["msg"] == f"not as expected: {URL}: answers 502; 8088: open"
    assert done("edge_probe", fail=False)["problems"] == network.problems


def test_a_wrong_question_is_refused(network: Network) -> None:
    assert refused("edge_probe", timeout=0)["msg"] == "timeout is 0: give 1 second or more"
    network.error = "port 0: a port is a number from 1 to 65535"
    assert refused("edge_probe", open_ports=[0])["msg"] == network.error
