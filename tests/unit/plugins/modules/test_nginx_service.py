# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of nginx's service: a sandbox that has gaps, or is not there yet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.service.service import WantedService
from module_runs import done, module, refused

ANSWER = {"changed": True, "diff": [], "restrictions": [], "omitted": {}, "trial": "", "pending_restart": False}


class Host:
    """A host that answers so, and what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for systemd."""
        self.answer: dict[str, Any] = dict(ANSWER)
        self.problem = ""
        self.asked: list[tuple[WantedService, bool]] = []
        monkeypatch.setattr(module("nginx_service"), "bring", self.bring)

    def bring(self, wanted: WantedService, *, check_mode: bool) -> dict[str, Any]:
        self.asked.append((wanted, check_mode))
        if self.problem:
            raise EdgeError(self.problem)
        return self.answer


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_check_mode_and_the_wish_are_handed_on(host: Host) -> None:
    answer = done("nginx_service", check=True, omit=["ProtectHome"])
    assert (answer["changed"], answer["notes"], answer["warnings"]) == (True, [], [])
    done("nginx_service", state="absent", sandbox=False)
    assert host.asked == [
        (WantedService(True, True, ["ProtectHome"]), True),
        (WantedService(False, False, []), False),
    ]


@pytest.mark.parametrize("changed", [False, True])
def test_a_restriction_that_nginx_does_not_bear_is_told_and_warned_of_when_something_changes(
    host: Host, changed: bool
) -> None:
    omitted = {"ProtectHome": "root /home/a", "PrivateTmp": "asked for", "NoNewPrivileges": "not wanted"}
    host.answer |= {"changed": changed, "omitted": omitted}
    answer = done("nginx_service")
    said = "nginx's sandbox goes without ProtectHome, which its configuration does not bear: root /home/a"
    assert answer["notes"] == [said]
    assert answer["warnings"] == ([said] if changed else [])


def test_a_trial_that_cannot_be_made_is_told_alone(host: Host) -> None:
    host.answer |= {"trial": "the trial cannot be made: no space", "omitted": {"ProtectHome": "unknown"}}
    expected = "nginx runs without a sandbox: the trial cannot be made: no space. Correct that and run again"
    assert done("nginx_service")["notes"] == [expected]


def test_what_holds_only_from_the_next_start_is_told(host: Host) -> None:
    host.answer["pending_restart"] = True
    [note] = done("nginx_service")["notes"]
    assert note == "nginx runs on as it was started; the new settings of its service hold from its next start"


def test_a_host_without_systemd_is_refused(host: Host) -> None:
    host.problem = "systemd does not run here"
    assert refused("nginx_service")["msg"] == "systemd does not run here"


def test_a_restriction_that_is_none_is_refused(host: Host) -> None:
    assert "PrivateThings" in refused("nginx_service", omit=["PrivateThings"])["msg"]
    assert host.asked == []
