# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""fail2ban as it was before the first run."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban import leaving
from ansible_collections.constellation.edge.plugins.module_utils._fail2ban.leaving import UNKNOWN, leave
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places


class Service:
    """What systemd says and is told of fail2ban."""

    def __init__(self, refused: str = "") -> None:
        """Have it run and start with the host; `refused` is a command that fails."""
        self.active = self.enabled = True
        self.refused = refused
        self.told: list[str] = []

    def __call__(self, words):
        verb = words[1]
        if verb == "is-active":
            return Answer(0, "active\n" if self.active else "inactive\n", "")
        if verb == "is-enabled":
            return Answer(0, "enabled\n" if self.enabled else "disabled\n", "")
        self.told.append(verb)
        if verb == self.refused:
            return Answer(1, "", "no jail")
        self.active = self.active and verb != "stop"
        self.enabled = self.enabled and verb != "disable"
        return Answer(0, "", "")


def place(jails: Path) -> Places:
    return Places(str(jails.parent), str(jails.parent / "lock"))


@pytest.fixture
def jails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(leaving, "find", lambda name: name)
    path = tmp_path / "jails.local"
    path.write_text("[sshd]\n")
    (tmp_path / "fail2ban.json").write_text("{}")
    return path


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"active": True, "enabled": True}, ["restart"]),
        ({"active": False, "enabled": False}, ["stop", "disable"]),
        ({"active": True, "enabled": False}, ["restart", "disable"]),
        ({}, ["restart"]),
    ],
)
def test_it_runs_and_starts_as_it_was_found(jails, found, told):
    service = Service()
    dry = leave(found, True, str(jails), place(jails), service)
    assert (dry.changed, service.told, jails.exists()) == (True, [], True)
    outcome = leave(found, False, str(jails), place(jails), service)
    assert (outcome.changed, service.told, jails.exists()) == (True, told, False)
    assert outcome.warnings == ([] if found else [UNKNOWN])
    assert not leave(found, False, str(jails), place(jails), service).changed


def test_one_that_was_killed_behind_the_first_step_is_restarted(jails):
    service = Service()
    jails.unlink()
    assert leave({"active": True, "enabled": True}, False, str(jails), place(jails), service).changed
    assert service.told == ["restart"]


def test_the_jails_come_back_where_fail2ban_does_not_run_without_them(jails):
    service = Service("restart")
    with pytest.raises(EdgeError, match=r"no jail\. See .*; every file was put back as it was"):
        leave({"active": True, "enabled": True}, False, str(jails), place(jails), service)
    assert jails.read_text() == "[sshd]\n"
