# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's file and its restart as a step of a run, with supervisor played by a small world."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import program
from ansible_collections.constellation.edge.plugins.module_utils._constellation._server_process import read_record
from ansible_collections.constellation.edge.plugins.module_utils._constellation.server_step import ServerStep
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import parse_listen_uri
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction import steps, transaction
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import TransactionError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import (
    Pausing,
    Planned,
    RunOptions,
    RunOutcome,
    Step,
)
from dotnet_world import World

OLD, NEW = "http://+:8088/constellation", "http://+:8088/c"


class Killed(BaseException):
    """Ends the step with no chance to tidy up, as SIGKILL does."""


class Nginx(Step):
    """Stands where nginx's sites would follow the server."""

    def __init__(self, reload: Callable[[], None]) -> None:
        """Name what a reload does."""
        self._reload = reload

    def plan(self, held: ExitStack) -> Planned:
        return Planned()

    def follow(self) -> Pausing:
        self._reload()
        yield


def step_to(world: World, *uris: str, state: str = "exact") -> ServerStep:
    return ServerStep(world.wanted(), list(uris), state)


def carry_out(world: World, *run: Step, check_mode: bool = False) -> RunOutcome:
    """Do what the module does."""
    host = Places(state=str(world.folder / "state"), lock=str(world.folder / "lock"))
    return steps.carry_out(run, RunOptions(validate=False, check_mode=check_mode), host=host)


@pytest.fixture
def moving(world: World) -> World:
    """Return a server that has been proven to run with the old URI."""
    world.write(OLD, age=100)
    world.start(OLD, age=50)
    carry_out(world, step_to(world, OLD))
    assert world.restarts == 0
    return world


def test_a_move_restarts_once_and_never_again(moving: World) -> None:
    step = step_to(moving, NEW)
    carry_out(moving, step)
    assert (moving.restarts, step.reason, step.pid) == (1, "its listenUris change", 102)
    assert moving.served == [parse_listen_uri(NEW)]
    again = step_to(moving, NEW)
    carry_out(moving, again)
    assert (moving.restarts, again.reason) == (1, "")


def test_the_restart_is_predicted(moving: World) -> None:
    before = moving.path.read_bytes()
    predicted = carry_out(moving, step_to(moving, NEW), check_mode=True)
    assert predicted.changed
    assert [part["before_header"] for part in predicted.diff] == [f"{moving.path} (listenUris)", "a"]
    assert "SECRET" not in str(predicted.diff)
    assert (moving.path.read_bytes(), moving.restarts) == (before, 0)
    assert not carry_out(moving, step_to(moving, OLD), check_mode=True).diff


def test_nginx_is_reloaded_while_the_server_has_still_to_prove_itself(moving: World) -> None:
    seen = []

    def reload() -> None:
        record = read_record("a", str(moving.folder / "state"))
        seen.append((moving.served, record.pid if record else None))

    carry_out(moving, step_to(moving, NEW), Nginx(reload))
    assert seen == [([parse_listen_uri(NEW)], 0)]


def fatal_with_the_new_one(world: World) -> None:
    if parse_listen_uri(NEW) in world.served:
        world.state = "FATAL"


def deaf_with_the_new_one(world: World) -> None:
    if parse_listen_uri(NEW) in world.served:
        world.served = []


def fails_again_and_again(world: World) -> None:
    if parse_listen_uri(NEW) in world.served:
        world.served, world.state = [], "BACKOFF"


@pytest.mark.parametrize("fails", [fatal_with_the_new_one, deaf_with_the_new_one, fails_again_and_again])
def test_a_server_that_does_not_come_up_gets_its_old_file_back(moving: World, fails: Callable[[World], None]) -> None:
    before = moving.path.read_bytes(), moving.path.stat().st_mtime_ns
    moving.fails = fails
    step = step_to(moving, NEW)
    with pytest.raises(EdgeError) as caught:
        carry_out(moving, step)
    said = str(caught.value)
    assert "put back as it was. a was restarted on its previous listenUris and answers. Correct what" in said
    assert said.endswith("fatal: port taken")
    assert "SECRET-OF-FILE" not in said
    assert (moving.path.read_bytes(), moving.path.stat().st_mtime_ns) == before
    assert (moving.restarts, moving.state, moving.served) == (2, "RUNNING", [parse_listen_uri(OLD)])
    again = step_to(moving, OLD)
    carry_out(moving, again)
    assert (moving.restarts, again.reason) == (2, "")


def test_a_server_that_does_not_come_up_at_all_is_told(moving: World) -> None:
    before = moving.path.read_bytes()
    moving.fails = lambda world: setattr(world, "state", "FATAL")
    with pytest.raises(EdgeError, match="with its previous file a was restarted but does not run") as caught:
        carry_out(moving, step_to(moving, NEW))
    assert "previous listenUris and answers" not in str(caught.value)
    assert moving.path.read_bytes() == before


def test_a_refused_reload_takes_the_server_back(moving: World) -> None:
    def reload() -> None:
        raise DotnetError("nginx refused the reload")

    before = moving.path.read_bytes()
    with pytest.raises(EdgeError, match=r"nginx refused the reload; every file was put back.*answers$"):
        carry_out(moving, step_to(moving, NEW), Nginx(reload))
    assert moving.path.read_bytes() == before
    assert moving.served == [parse_listen_uri(OLD)]


def test_a_restart_that_cannot_be_noted_is_not_begun(moving: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(program, "write_record", full)
    before = moving.path.read_bytes()
    with pytest.raises(TransactionError, match=r"what a runs on cannot be noted: .* is full: free space there"):
        carry_out(moving, step_to(moving, NEW))
    assert (moving.path.read_bytes(), moving.restarts) == (before, 0)


def test_a_port_that_is_taken_changes_nothing(moving: World) -> None:
    before = moving.path.read_bytes()
    moving.foreign = {8089: "python3 (process 7)"}
    with pytest.raises(DotnetError, match="port 8089, which python3"):
        carry_out(moving, step_to(moving, "http://+:8089/"))
    assert (moving.path.read_bytes(), moving.restarts) == (before, 0)


def test_a_port_that_is_taken_during_the_restart_takes_the_server_back(moving: World) -> None:
    moving.fails = lambda world: setattr(
        world, "foreign", {8088: "python3 (process 7)"} if parse_listen_uri(NEW) in world.served else {}
    )
    with pytest.raises(EdgeError, match=r"port 8088 is held by python3 \(process 7\)"):
        carry_out(moving, step_to(moving, NEW))
    assert moving.served == [parse_listen_uri(OLD)]


def test_an_edit_between_reading_and_writing_is_kept(moving: World) -> None:
    class Editor(Nginx):
        """Writes to the server's file while the other steps plan."""

        def plan(self, held: ExitStack) -> Planned:
            moving.path.write_bytes(edited)
            return Planned()

    edited = moving.path.read_bytes().replace(b"SECRET", b"OTHER")
    with pytest.raises(TransactionError, match="changed since it was read; nothing was written"):
        carry_out(moving, Editor(lambda: None), step_to(moving, NEW))
    assert (moving.path.read_bytes(), moving.restarts) == (edited, 0)


def test_an_edit_during_a_restart_that_fails_is_kept_and_the_uris_go_back(moving: World) -> None:
    before = moving.path.read_bytes()

    def saves_and_dies(world: World) -> None:
        if parse_listen_uri(NEW) in world.served:
            world.path.write_bytes(world.path.read_bytes().replace(b"SECRET", b"OTHER"))
            world.state = "FATAL"

    moving.fails = saves_and_dies
    with pytest.raises(EdgeError, match="except those that somebody else changed meanwhile"):
        carry_out(moving, step_to(moving, NEW))
    assert moving.path.read_bytes() == before.replace(b"SECRET", b"OTHER")
    assert moving.served == [parse_listen_uri(OLD)]
    assert [name for name in os.listdir(moving.folder) if name.startswith(".")] == []


def test_uris_that_somebody_else_chose_meanwhile_stay(moving: World) -> None:
    def decides(world: World) -> None:
        if parse_listen_uri(NEW) in world.served:
            world.write("http://+:9000/")
            world.state = "FATAL"

    moving.fails = decides
    with pytest.raises(EdgeError):
        carry_out(moving, step_to(moving, NEW))
    assert b"http://+:9000/" in moving.path.read_bytes()
    assert moving.served == [parse_listen_uri("http://+:9000/")]


def cut_off(world: World, *uris: str) -> None:
    """Restart the server on new URIs and die before nginx is reloaded; what a killed process leaves on disk stays."""

    def dies() -> None:
        raise Killed

    kept = transaction.Journal.undo
    transaction.Journal.undo = lambda _journal: ([], [])  # type: ignore[method-assign]
    try:
        with pytest.raises(Killed):
            carry_out(world, step_to(world, *uris), Nginx(dies))
    finally:
        transaction.Journal.undo = kept  # type: ignore[method-assign]


def test_a_killed_move_is_finished_by_the_next_run(moving: World) -> None:
    cut_off(moving, NEW)
    assert (moving.restarts, moving.served) == (1, [parse_listen_uri(NEW)])
    step = step_to(moving, NEW)
    carry_out(moving, step)
    assert moving.served == [parse_listen_uri(NEW)]
    assert NEW.encode() in moving.path.read_bytes()
    again = step_to(moving, NEW)
    carry_out(moving, again)
    assert again.reason == ""


def test_a_killed_move_that_is_no_longer_wanted_goes_back(moving: World) -> None:
    """Asking could not tell: the process answers on the old URI, too."""
    cut_off(moving, OLD, NEW)
    step = step_to(moving, OLD)
    carry_out(moving, step)
    assert "cut off" in step.reason
    assert moving.served == [parse_listen_uri(OLD)]


def test_a_process_that_is_proven_to_have_read_the_file_is_not_restarted(moving: World) -> None:
    """Killed between the proof and the end: the file went back, the process need not."""
    old = moving.path.read_bytes()
    carry_out(moving, step_to(moving, NEW))
    moving.path.write_bytes(old)
    step = step_to(moving, NEW)
    carry_out(moving, step)
    assert (moving.restarts, step.reason) == (1, "")


def test_wrong_uris_and_a_wrong_file_are_refused_with_the_path(moving: World) -> None:
    with pytest.raises(DotnetError, match=r"a\.exe\.config: listenUri '8088'"):
        carry_out(moving, step_to(moving, "8088"))
    moving.path.write_text("<a/>")
    with pytest.raises(DotnetError, match=r"a\.exe\.config: line 1"):
        carry_out(moving, step_to(moving, NEW))


OWNERS = "http://+:9000/other"


def test_what_the_owner_added_on_another_port_stays_when_asked(world: World) -> None:
    world.write("http://+:8088/", OWNERS, age=100)
    world.start("http://+:8088/", OWNERS, age=50)
    step = ServerStep(world.wanted(), [NEW], "exact", keep_others=True)
    carry_out(world, step)
    assert step.result.uris == [NEW, OWNERS]
    step = step_to(world, NEW)
    carry_out(world, step)
    assert step.result.uris == [NEW]


def test_what_an_earlier_call_set_on_another_port_goes(world: World) -> None:
    moved = "http://+:8089/c"
    world.write(OLD, OWNERS, age=100)
    world.start(OLD, OWNERS, age=50)
    for uri in (NEW, moved):
        step = ServerStep(world.wanted(), [uri], "exact", keep_others=True)
        carry_out(world, step)
        assert step.result.uris == [uri, OWNERS]
    again = ServerStep(world.wanted(), [moved], "exact", keep_others=True)
    assert not carry_out(world, again, check_mode=True).changed
