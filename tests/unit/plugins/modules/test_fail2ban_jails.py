# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which jails are wished for, and what is told of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.host import JailStatus, WantedJails
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.step import JailsOutcome
from ansible_collections.constellation.edge.plugins.module_utils._host.ssh import Connection
from module_runs import done, module, refused

SSHD = {"name": "sshd", "backend": "systemd"}


class Host:
    """A host on which everything succeeds, and what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for fail2ban, for SSH and for the record."""
        self.controller: Connection | None = Connection("192.0.2.7", 2222)
        self.outcome = JailsOutcome(True, "a\n", "b\n", True, "the file changes")
        self.request: WantedJails | None = None
        self.checked: list[bool] = []
        self.left: dict[str, Any] = {}
        ours = module("fail2ban_jails")
        monkeypatch.setattr(ours, "connection", lambda: self.controller)
        monkeypatch.setattr(ours, "ports_in_use", lambda current: [current.port if current else 22])
        monkeypatch.setattr(ours, "read", lambda: {"services": {"fail2ban": {"active": True}}})
        monkeypatch.setattr(ours, "reconcile", self.reconcile)
        monkeypatch.setattr(ours, "leave", self.leave)

    def reconcile(self, request: WantedJails, *, check: bool) -> JailsOutcome:
        self.request = request
        self.checked.append(check)
        return self.outcome

    def leave(self, known: dict[str, Any], *, check: bool, path: str) -> JailsOutcome:
        self.left = {"known": known, "path": path}
        self.checked.append(check)
        return self.outcome


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_check_mode_is_handed_on_and_both_texts_are_told(host: Host) -> None:
    answer = done("fail2ban_jails", check=True, jails=[SSHD], path="/jails")
    assert host.checked == [True]
    assert (answer["changed"], answer["restarted"], answer["reason"]) == (True, True, "the file changes")
    assert (answer["diff"][0]["before_header"], answer["diff"][0]["after"]) == ("/jails", "b\n")
    assert answer["jails"] == {}


def test_the_port_in_use_and_who_runs_this_are_in_the_request(host: Host) -> None:
    answer = done("fail2ban_jails", jails=[SSHD], defaults={"ignoreip": ["192.0.2.0/24"]})
    assert host.request is not None
    assert [jail.name for jail in host.request.jails] == ["sshd"]
    assert "2222" in str(host.request.jails[0])
    assert (host.request.ignored, host.request.controller) == (("192.0.2.0/24",), "192.0.2.7")
    assert answer["controller"] == "192.0.2.7"


def test_without_ssh_nobody_is_the_controller_and_the_host_itself_is_never_banned(host: Host) -> None:
    host.controller = None
    assert done("fail2ban_jails", jails=[SSHD])["controller"] == ""
    assert host.request is not None
    assert (host.request.controller, host.request.ignored) == (None, ("127.0.0.1/8", "::1"))


def test_each_jail_is_told_with_whom_it_bans(host: Host) -> None:
    status = JailStatus(("nftables",), 3, ("/var/log/auth.log",))
    host.outcome = JailsOutcome(False, "", "", False, "", {"sshd": status}, ["look there"], ["remember"])
    answer = done("fail2ban_jails", jails=[SSHD])
    expected = {"alive": True, "actions": ["nftables"], "banned": 3, "watching": ["/var/log/auth.log"]}
    assert answer["jails"] == {"sshd": expected}
    assert (answer["warnings"], answer["notes"]) == (["look there"], ["remember"])


def test_leaving_has_the_service_as_it_was(host: Host) -> None:
    done("fail2ban_jails", state="absent", path="/jails")
    assert host.left == {"known": {"active": True}, "path": "/jails"}
    assert host.checked == [False]


def test_a_name_that_is_none_is_refused(host: Host) -> None:
    message = refused("fail2ban_jails", jails=[{"name": "ss hd"}])["msg"]
    assert message.startswith("jails[0].name: 'ss hd' is not a jail name")
    assert host.checked == []
