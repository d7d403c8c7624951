# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules are wished for, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.ssh import Connection
from ansible_collections.constellation.edge.plugins.module_utils._ufw.host import RulesOutcome
from ansible_collections.constellation.edge.plugins.module_utils._ufw.plan import State, WantedRules
from module_runs import done, module, refused

HTTP = {"port": "80", "comment": "http"}


class Host:
    """A host on which everything succeeds, and what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for ufw, for SSH and for the record."""
        self.controller: Connection | None = Connection("192.0.2.7", 2222)
        self.record: dict[str, Any] = {}
        self.request: WantedRules | None = None
        self.left: list[Any] = []
        self.locks = 0
        ours = module("ufw_rules")
        monkeypatch.setattr(ours, "connection", lambda: self.controller)
        monkeypatch.setattr(ours, "ports_in_use", lambda current: [current.port if current else 22])
        monkeypatch.setattr(ours, "read", lambda: self.record)
        monkeypatch.setattr(ours, "host_lock", self.lock)
        monkeypatch.setattr(ours, "host_warnings", lambda: ["the firewall closes 2024/tcp"])
        monkeypatch.setattr(ours, "reconcile", self.reconcile)
        monkeypatch.setattr(ours, "leave", self.leave)

    @contextmanager
    def lock(self) -> Iterator[None]:
        self.locks += 1
        yield

    def reconcile(self, request: WantedRules, *, check: bool) -> RulesOutcome:
        self.request = request
        return self.outcome()

    def leave(self, found: dict[str, Any], ssh_ports: tuple[int, ...], *, check: bool) -> RulesOutcome:
        self.left = [found, ssh_ports, check]
        return self.outcome()

    @staticmethod
    def outcome() -> RulesOutcome:
        commands = [["ufw", "--force", "enable"]]
        return RulesOutcome(True, commands, State(), State(active=True), ["look there"], ["remember"])


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_check_mode_takes_no_lock_and_tells_everything(host: Host) -> None:
    answer = done("ufw_rules", check=True, rules=[HTTP])
    assert host.locks == 0
    assert (answer["changed"], answer["active"], answer["commands"]) == (True, True, ["ufw --force enable"])
    assert (answer["ssh_ports"], answer["controller"]) == ([2222], "192.0.2.7")
    assert answer["warnings"] == ["look there", "the firewall closes 2024/tcp"]
    assert answer["diff"][0]["before"].startswith("status: inactive\n")
    assert answer["diff"][0]["after"].startswith("status: active\n")


def test_the_wish_is_handed_on(host: Host) -> None:
    done("ufw_rules", rules=[HTTP], state="open", purge=False, default_incoming="reject")
    request = host.request
    assert request is not None
    assert ([rule.port for rule in request.rules], request.enforced, request.purge) == (["80"], False, False)
    assert (request.ssh_ports, request.controller, request.incoming) == ((2222,), "192.0.2.7", "reject")
    assert host.locks == 1


@pytest.mark.parametrize(
    ("given", "ports", "controller"),
    [({"ssh": False}, (), None), ({"keep_controller": False}, (2222,), None), ({}, (2222,), "192.0.2.7")],
)
def test_who_runs_this_is_let_in_unless_that_is_not_wished(
    host: Host, given: dict[str, bool], ports: tuple[int, ...], controller: str | None
) -> None:
    done("ufw_rules", **given)
    assert host.request is not None
    assert (host.request.ssh_ports, host.request.controller) == (ports, controller)


@pytest.mark.parametrize(
    ("record", "given", "found"),
    [
        ({"ufw": {"active": True}}, {"was_active": False}, {"active": True}),
        ({}, {"was_active": False}, {"active": False}),
        ({}, {}, {}),
    ],
)
def test_leaving_believes_the_record_first(
    host: Host, record: dict[str, Any], given: dict[str, bool], found: dict[str, bool]
) -> None:
    host.record = record
    answer = done("ufw_rules", state="absent", **given)
    assert host.left == [found, (2222,), False]
    assert answer["warnings"] == ["look there"]


def test_a_port_that_is_none_is_refused(host: Host) -> None:
    message = refused("ufw_rules", rules=[{"port": "x"}])["msg"]
    assert message.startswith("rules[0]: port 'x' is not a number from 1 to 65535")
    assert host.request is None
