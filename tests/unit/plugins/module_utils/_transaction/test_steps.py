# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several steps as one change: their order, the pause at which the next one follows, and the way back of all."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.errors import EdgeError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Change, Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places, recover
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import (
    Pausing,
    Planned,
    RunOptions,
    Step,
    carry_out,
)
from struck import struck

OLD, NEW = b"old\n", b"new\n"


class Program(Step):
    """A file and what reads it; `fails` names the method in which it fails, and may say behind its pause."""

    def __init__(self, name: str, folder: Path, calls: list[str], fails: str = "", *, writes: bool = True) -> None:
        """Name the file, where it lies, the common list of calls, and what fails."""
        self.path = folder / name
        self.calls = calls
        self.due = False
        self._name = name
        self._fails = fails
        self._writes = writes

    def _do(self, what: str) -> None:
        self.calls.append(f"{self._name} {what}")
        if what == self._fails:
            raise EdgeError(f"{self._name} fails in {what}")

    def plan(self, held: ExitStack) -> Planned:
        self._do("plan")
        changes: list[Change] = [Write(str(self.path), NEW)] if self._writes else []
        return Planned(changes, [{"after": self._name}], [f"{self._name} warns"], due=self.due)

    def predict(self) -> None:
        self._do("predict")

    @contextlib.contextmanager
    def prepare(self) -> Iterator[None]:
        self._do("prepare")
        try:
            yield
        except Exception:
            self.calls.append(f"{self._name} withdraw")
            raise

    def follow(self) -> Pausing:
        try:
            self._do("follow")
            yield
            self._do("prove")
        finally:
            self.calls.append(f"{self._name} leaves")

    def undo(self) -> Pausing:
        self._do("undo")
        yield
        self._do("undone")

    def settle(self) -> None:
        self._do("settle")


@pytest.fixture
def host(tmp_path: Path) -> Places:
    return Places(str(tmp_path / "state"), str(tmp_path / "lock"))


def pair(tmp_path: Path, fails: tuple[str, str] = ("", ""), *, writes: bool = True) -> tuple[list[str], list[Program]]:
    calls: list[str] = []
    made = [
        Program(name, tmp_path, calls, where, writes=writes)
        for name, where in zip(("server", "sites"), fails, strict=True)
    ]
    for each in made:
        each.path.write_bytes(OLD)
    return calls, made


def run(steps: list[Program], host: Places, *, check_mode: bool = False) -> tuple[bool, list[str], list[str]]:
    done = carry_out(steps, RunOptions(validate=False, check_mode=check_mode), host=host)
    return done.changed, [part["after"] for part in done.diff], done.warnings


def test_each_method_of_all_steps_comes_before_the_next_one(tmp_path: Path, host: Places) -> None:
    calls, steps = pair(tmp_path)
    assert run(steps, host) == (True, ["server", "sites"], ["server warns", "sites warns"])
    # Who may have to wait for others plans first.
    assert calls[:2] == ["sites plan", "server plan"]
    assert calls[2:6] == [f"{name} {what}" for what in ("prepare", "follow") for name in ("server", "sites")]
    assert calls[6:] == [
        "server prove",
        "server leaves",
        "sites prove",
        "sites leaves",
        "server settle",
        "sites settle",
    ]
    assert [each.path.read_bytes() for each in steps] == [NEW, NEW]


def test_nothing_to_write_is_followed_and_no_change(tmp_path: Path, host: Places) -> None:
    calls, steps = pair(tmp_path, writes=False)
    assert run(steps, host)[0] is False
    assert "server follow" in calls
    steps[1].due = True
    assert run(steps, host)[0] is True


def test_what_fails_although_nothing_is_to_be_written_takes_no_file_back(tmp_path: Path, host: Places) -> None:
    calls, steps = pair(tmp_path, ("", "prove"), writes=False)
    with pytest.raises(EdgeError, match=r"fails in prove; no file had been changed$"):
        run(steps, host)
    assert not any("undo" in call or "settle" in call for call in calls)
    assert calls[-2:] == ["sites withdraw", "server withdraw"]


ALONE = f"""
import sys
from {carry_out.__module__} import Places, RunOptions, carry_out
carry_out([], RunOptions(), host=Places(*sys.argv[1:]))
print([name for name in sys.modules if name.endswith("._transaction.transaction")])
"""


def test_a_run_that_writes_nothing_does_not_load_what_writes(host: Places) -> None:
    command = [sys.executable, "-c", ALONE, *host[:2]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == "[]\n"


def test_check_mode_plans_and_predicts_without_a_lock(tmp_path: Path, host: Places) -> None:
    calls, steps = pair(tmp_path)
    assert run(steps, host, check_mode=True)[0] is True
    assert calls == ["sites plan", "server plan", "server predict", "sites predict"]
    assert steps[0].path.read_bytes() == OLD
    assert not os.path.exists(host.lock)


@pytest.mark.parametrize("where", ["plan", "prepare"])
@pytest.mark.parametrize("at", [0, 1])
def test_what_fails_before_the_files_leaves_them(tmp_path: Path, host: Places, where: str, at: int) -> None:
    calls, steps = pair(tmp_path, ("", where) if at else (where, ""))
    with pytest.raises(EdgeError, match=f"fails in {where}$"):
        run(steps, host)
    assert [each.path.read_bytes() for each in steps] == [OLD, OLD]
    assert not any("follow" in call or "undo" in call for call in calls)
    assert ("server withdraw" in calls) is (where == "prepare" and at == 1)


@pytest.mark.parametrize("where", ["follow", "prove"])
@pytest.mark.parametrize("at", [0, 1])
def test_what_fails_behind_the_files_takes_all_steps_back(tmp_path: Path, host: Places, where: str, at: int) -> None:
    calls, steps = pair(tmp_path, ("", where) if at else (where, ""))
    with pytest.raises(EdgeError, match=f"fails in {where}; every file was put back"):
        run(steps, host)
    assert [each.path.read_bytes() for each in steps] == [OLD, OLD]
    # Both undo, the second while the first has still to prove itself; none is left in the middle of its `follow`.
    assert [call for call in calls if "undo" in call] == ["server undo", "sites undo", "server undone", "sites undone"]
    begun = [call for call in calls if "follow" in call]
    assert [call.replace("follow", "leaves") for call in begun] == sorted(call for call in calls if "leaves" in call)
    assert calls.index("server undo") > max(calls.index(call) for call in calls if "leaves" in call)
    assert calls[-2:] == ["sites withdraw", "server withdraw"]
    assert not any("settle" in call for call in calls)


def test_a_step_that_cannot_undo_keeps_no_other_from_it(tmp_path: Path, host: Places) -> None:
    calls: list[str] = []
    steps = [Failing("server", tmp_path, calls, "undo"), Program("sites", tmp_path, calls, "prove")]
    for each in steps:
        each.path.write_bytes(OLD)
    with pytest.raises(EdgeError, match=r"fails in prove; every file .*; the step after putting back failed: server"):
        run(steps, host)
    assert calls[-3:] == ["sites undone", "sites withdraw", "server withdraw"]


class Failing(Program):
    """Fails in its own undoing, and has a last word."""

    def afterword(self) -> str:
        return "See the log of server"


def test_the_last_words_of_the_steps_end_the_message(tmp_path: Path, host: Places) -> None:
    with pytest.raises(EdgeError, match=r"^server fails in plan\. See the log of server$"):
        run([Failing("server", tmp_path, [], "plan")], host)


def test_killed_at_any_call_the_next_run_does_it_all(tmp_path: Path) -> None:
    at = 1
    finished = False
    while not finished:
        folder = tmp_path / str(at)
        folder.mkdir()
        host = Places(str(folder / "state"), str(folder / "lock"))
        calls, steps = pair(folder)
        finished = not struck(lambda steps=steps, host=host: run(steps, host), at)  # type: ignore[misc]
        recover(host=host)
        states = {each.path.read_bytes() for each in steps}
        assert len(states) == 1, "both files, or none"
        calls.clear()
        run(steps, host)
        assert calls[-1] == "sites settle"
        assert {each.path.read_bytes() for each in steps} == {NEW}
        at += 1
    assert at > 20
