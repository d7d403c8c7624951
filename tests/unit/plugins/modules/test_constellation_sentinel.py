# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of a sentinel that moved, that stays, and that is not there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.sentinel_step import MoveOutcome
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from module_runs import done, module, refused

PATH, NEW = "/opt/s/Sentinel.exe.config", "https://demo.example.org/constellation"


class Sentinel:
    """A sentinel of which a move has this outcome."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be there, under supervisor."""
        self.path, self.program, self.outcome = PATH, "constellation-sentinel", MoveOutcome(NEW)
        self.problem = ""
        self.asked: dict[str, Any] = {}
        ours = module("constellation_sentinel")
        monkeypatch.setattr(ours, "find_config", lambda *_arguments: self.path)
        monkeypatch.setattr(ours, "find_program", lambda name: {} if name == self.program else None)
        monkeypatch.setattr(ours, "move", self.move)

    def move(self, wanted: Any, uri: str, **how: Any) -> MoveOutcome:
        if self.problem:
            raise DotnetError(self.problem)
        self.asked = {"path": wanted.config, "kind": wanted.kind, "uri": uri, **how}
        return self.outcome


@pytest.fixture
def sentinel(monkeypatch: pytest.MonkeyPatch) -> Sentinel:
    return Sentinel(monkeypatch)


def test_check_mode_is_handed_on_and_a_move_is_told_with_both_texts(sentinel: Sentinel) -> None:
    sentinel.outcome = MoveOutcome(
        NEW, moved=True, changed=True, restarted=True, reason="its server's address changes", before="a\n", after="b\n"
    )
    answer = done("constellation_sentinel", check=True, uri=NEW, reach=False)
    assert sentinel.asked == {
        "path": PATH,
        "kind": "sentinel",
        "uri": NEW,
        "ask": None,
        "check": True,
        "backup": False,
    }
    assert (answer["changed"], answer["moved"], answer["uri"], answer["path"]) == (True, True, NEW, PATH)
    assert [(part["before"], part["after"]) for part in answer["diff"]] == [
        ("a\n", "b\n"),
        (
            "constellation-sentinel: its server's address changes\n",
            f"constellation-sentinel: runs as {PATH} says\n",
        ),
    ]
    assert answer["warnings"] == []


def test_one_that_stays_is_a_warning_with_the_remedy(sentinel: Sentinel) -> None:
    sentinel.outcome = MoveOutcome("http://home:8088/", problem="a wall", remedy="a door", backup="/copy")
    answer = done("constellation_sentinel", uri=NEW)
    assert sentinel.asked["ask"] is not None
    assert answer["warnings"] == ["constellation-sentinel keeps http://home:8088/: a wall. What to do: a door"]
    assert (answer["diff"], answer["backup_file"]) == ([], "/copy")


def test_one_that_moved_and_does_not_connect_is_a_warning_too(sentinel: Sentinel) -> None:
    sentinel.outcome = MoveOutcome(NEW, moved=True, problem="a wall", remedy="a door")
    answer = done("constellation_sentinel", uri=NEW)
    assert answer["warnings"] == [f"constellation-sentinel calls {NEW}: a wall. What to do: a door"]


def test_what_keeps_the_step_from_running_is_the_message(sentinel: Sentinel) -> None:
    sentinel.problem = "this is in the way"
    assert refused("constellation_sentinel", uri=NEW)["msg"] == "this is in the way"


def test_one_that_nobody_could_restart_is_refused(sentinel: Sentinel) -> None:
    sentinel.program = "another"
    said = "no program constellation-sentinel in supervisor's configuration"
    expected = f"{said}: nobody could restart it. Nothing was changed"
    assert refused("constellation_sentinel", uri=NEW)["msg"] == expected


def test_one_that_is_not_there_is_skipped_where_that_is_wished(sentinel: Sentinel) -> None:
    sentinel.path = ""
    answer = done("constellation_sentinel", uri=NEW, missing="skip")
    assert (answer["changed"], answer["path"], answer["diff"]) == (False, "", [])
    assert answer["skipped_reason"] == "no program constellation-sentinel in supervisor's configuration"
