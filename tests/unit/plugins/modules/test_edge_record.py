# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the record of what a host was is made, read, and taken away."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._found.leaving import Left
from ansible_collections.constellation.edge.plugins.module_utils._found.now import Here
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from module_runs import done, module, refused


class Host:
    """A host before its first run, and what is done to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for everything that is read and written."""
        self.due, self.unmarked, self.newer, self.problem = True, True, "", ""
        self.record: dict[str, Any] = {}
        self.here, self.left = Here(), Left()
        self.done: list[str] = []
        self.places: dict[str, Any] = {}
        ours = module("edge_record")
        monkeypatch.setattr(ours, "read", lambda: self.record)
        monkeypatch.setattr(ours, "too_new", lambda: self.newer)
        monkeypatch.setattr(ours, "is_due", lambda: self.due)
        monkeypatch.setattr(ours, "is_unmarked", lambda: self.unmarked)
        monkeypatch.setattr(ours, "host_lock", nullcontext)
        monkeypatch.setattr(ours, "keep", self.keep)
        monkeypatch.setattr(ours, "keep_older_off", lambda: self.done.append("mark"))
        monkeypatch.setattr(ours, "here_now", lambda _record, _places: self.here)
        monkeypatch.setattr(ours, "finish", self.finish)

    def keep(self, places: dict[str, Any]) -> dict[str, Any]:
        self.places = places
        self.done.append("record")
        return {"made": 1}

    def finish(self, *, check_mode: bool) -> Left:
        if self.problem:
            raise EdgeError(self.problem)
        self.done.append(f"finish, check mode {check_mode}")
        return self.left


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_the_record_is_made_once(host: Host) -> None:
    answer = done("edge_record", state="present", server_path="/opt/server")
    assert (answer["changed"], answer["found"], host.done) == (True, {"made": 1}, ["record", "mark"])
    assert host.places["server_path"] == "/opt/server"
    assert host.places["sentinel_program"] == "constellation-sentinel"
    host.due = host.unmarked = False
    assert done("edge_record", state="present")["changed"] is False
    assert host.done == ["record", "mark"]


def test_a_host_with_a_record_is_only_marked(host: Host) -> None:
    host.due, host.record = False, {"made": 7}
    answer = done("edge_record", state="present")
    assert (answer["changed"], answer["found"], host.done) == (True, {"made": 7}, ["mark"])


def test_check_mode_tells_that_it_is_due_and_makes_none(host: Host) -> None:
    answer = done("edge_record", check=True, state="present")
    assert (answer["changed"], answer["found"], host.done) == (True, {}, [])


def test_reading_tells_what_is_here_and_changes_nothing(host: Host) -> None:
    host.here = Here(["nginx"], ["the sentinel calls b, and before the first run a"], "say which")
    answer = done("edge_record", state="read")
    assert (answer["changed"], answer["installed"], answer["undecided"]) == (False, ["nginx"], "say which")
    assert (answer["notes"], host.done) == (host.here.notes, [])


@pytest.mark.parametrize("check", [False, True])
def test_what_goes_and_what_remains_is_told(host: Host, check: bool) -> None:
    host.left = Left(["/var/lib/constellation-edge"], ["/etc/a: changed"], ["packages stay"])
    answer = done("edge_record", check=check, state="absent")
    assert (answer["changed"], answer["remains"], answer["notes"]) == (True, ["/etc/a: changed"], ["packages stay"])
    assert host.done == [f"finish, check mode {check}"]
    host.left = Left()
    assert done("edge_record", check=check, state="absent")["changed"] is False


def test_what_is_in_the_way_is_refused(host: Host) -> None:
    host.problem = "/etc/nginx/a: still there"
    assert refused("edge_record", state="absent")["msg"] == host.problem


def test_a_host_of_a_newer_version_is_refused(host: Host) -> None:
    host.newer = "a newer version manages this host"
    assert refused("edge_record", state="absent")["msg"] == "a newer version manages this host. Nothing was changed"
    assert host.done == []
