# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which part of the questions a call asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._access_table.ask import Trust
from ansible_collections.constellation.edge.plugins.module_utils._access_table.door import Door
from hostile_site import make_certificate
from module_runs import done, module, refused

URL = "https://a.example.org/"
GREETINGS, CLIENTS, ROWS = [{"marker": "x"}], [{"seen": "192.0.2.7"}], [{"url": URL}]


class Network:
    """Keeps what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the network and the host."""
        self.asked: list[Any] = []
        answers = {"greet": GREETINGS, "whom": CLIENTS, "ask": ROWS}
        for name, answer in answers.items():
            monkeypatch.setattr(module("edge_access_probe"), name, self._kept(name, answer))
        own = frozenset(("192.0.2.1", "::1", "fe80::1", "2001:db8::1"))
        monkeypatch.setattr(module("edge_access_probe"), "own_addresses", lambda: own)

    def _kept(self, name: str, answer: Any) -> Any:
        def call(*given: Any) -> Any:
            self.asked.append((name, *given))
            return answer

        return call


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    return Network(monkeypatch)


def test_the_host_does_all_of_it(network: Network) -> None:
    place = {"url": URL, "file": "users", "realm": "Login", "spellings": ["//"], "listens": ["192.0.2.1"]}
    logins = {"users": {"anna": "secret words"}}
    found = done(
        "edge_access_probe", part="host", places=[place], addresses=["[::1]", "::1"], logins=logins, check=True
    )
    assert (found["greetings"], found["clients"], found["rows"], found["ipv6"]) == (
        *(GREETINGS, CLIENTS, ROWS, ["2001:db8::1"]),
    )
    assert found["changed"] is False
    door = Door(URL, "users", "Login", spellings=("//",), addresses=("192.0.2.1",), listens=("192.0.2.1",))
    assert network.asked == [
        ("greet", [door], ["::1"]),
        ("whom", GREETINGS),
        ("ask", [door], ["::1"], logins, CLIENTS, Trust(is_host=True)),
    ]


@pytest.mark.parametrize(("part", "key"), [("greet", "greetings"), ("find", "clients"), ("ask", "rows")])
def test_elsewhere_each_part_is_a_call(network: Network, part: str, key: str) -> None:
    found = done("edge_access_probe", part=part, greetings=GREETINGS, clients=CLIENTS)
    assert {*found} == {key, "changed", "warnings"}
    assert len(network.asked) == 1


def test_the_controller_trusts_a_root_besides_its_own(network: Network, tmp_path: Path) -> None:
    root = make_certificate(tmp_path) / "cert.pem"
    done("edge_access_probe", part="ask", ca_file=str(root))
    assert network.asked == [("ask", [], [], {}, [], Trust(str(root)))]
    said = refused("edge_access_probe", part="ask", ca_file=str(tmp_path / "none.pem"))
    assert said["msg"] == f"ca_file {tmp_path}/none.pem: No such file or directory"


def test_other_urls_are_refused(network: Network) -> None:
    said = refused("edge_access_probe", part="ask", places=[{"url": "http://a/"}])
    assert said["msg"] == "'http://a/' is no HTTPS URL"
