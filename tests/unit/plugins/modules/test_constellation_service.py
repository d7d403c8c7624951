# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program is restarted when it does not run as its file says, and only then."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from dotnet_world import World, play
from module_runs import done, module, refused

URI, NEW = "http://+:8088/", "http://+:8088/constellation"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a server that runs as its file says."""
    made, ours = play(tmp_path, monkeypatch), module("constellation_service")
    monkeypatch.setattr(ours, "find_program", lambda name: {} if name == "a" else None)
    monkeypatch.setattr(ours, "WantedProgram", partial(ours.WantedProgram, state_folder=str(tmp_path / "state")))
    made.write(URI, age=100)
    made.start(URI, age=50)
    return made


def test_one_in_line_is_left_alone(world: World) -> None:
    answer = done("constellation_service", program="a", config=str(world.path), settle=0.02)
    assert (answer["changed"], answer["restarted"], answer["uris"], answer["pid"]) == (False, False, [URI], 101)
    assert answer["diff"][0]["before"] == answer["diff"][0]["after"] == f"a: runs as {world.path} says\n"


def test_check_mode_tells_the_reason_and_restarts_nothing(world: World) -> None:
    world.write(NEW)
    answer = done("constellation_service", check=True, program="a", config=str(world.path))
    assert (answer["changed"], answer["restarted"], world.restarts) == (True, True, 0)
    assert answer["diff"][0]["before"] == f"a: {answer['reason']}\n"
    assert answer["diff"][0]["after"] == f"a: runs as {world.path} says\n"


def test_a_file_that_nobody_can_read_is_refused(world: World) -> None:
    world.path.write_text("<configuration>")
    assert str(world.path) in refused("constellation_service", program="a", config=str(world.path))["msg"]


def test_a_program_that_supervisor_does_not_have_is_refused_or_skipped(world: World) -> None:
    said = "supervisor's configuration has no [program:constellation-sentinel]"
    answer = refused("constellation_service", kind="sentinel")
    assert answer["msg"] == f"{said}: give the program's name, or add it to supervisor"
    skipped = done("constellation_service", kind="sentinel", missing="skip")
    assert (skipped["changed"], skipped["skipped_reason"]) == (False, said)
