# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of the host: their answers, and what happens to those that give none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import command as host_command
from ansible_collections.constellation.edge.plugins.module_utils._host.command import (
    LATE,
    MISSING,
    REFUSED,
    Answer,
    find,
    run,
)


def test_answer() -> None:
    answer = run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert answer == Answer(3, "out\n", "err\n")
    assert (answer.text, answer.unanswered) == ("out\nerr", False)
    assert run(["sh", "-c", "echo out; echo err >&2; echo end"], merge=True) == Answer(0, "out\nerr\nend\n", "")


def test_environment() -> None:
    assert run(["sh", "-c", "echo $LC_ALL; pwd; cat"]).out == "C\n/\n"
    assert run(["sh", "-c", "echo $LC_ALL"], locale="C.UTF-8").out == "C.UTF-8\n"


def test_bytes_that_are_not_text() -> None:
    command = ["printf", "\\351"]
    assert run(command).out == "\ufffd"
    assert run(command, errors="surrogateescape").out == "\udce9"


def test_program_that_is_missing(tmp_path: Path) -> None:
    name = str(tmp_path / "absent")
    assert find(name) is None
    assert run([name]) == Answer(MISSING, "", f"{name}: not installed")
    assert run([name]).unanswered


def test_program_that_cannot_be_started(tmp_path: Path) -> None:
    program = tmp_path / "broken"
    program.write_text("#!/nowhere/interpreter\n")
    program.chmod(0o755)
    answer = run([str(program)])
    assert (answer.rc, answer.unanswered) == (REFUSED, True)


def test_folders_of_administration_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find("sh") is not None
    assert "/sbin" in run(["sh", "-c", "echo $PATH"]).out


@pytest.mark.parametrize("command", ["echo begun; sleep 60 & sleep 60", "trap '' TERM; echo begun; sleep 60"])
def test_command_without_end_is_stopped_with_its_children(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(host_command, "_GRACE_SECONDS", 0.5)
    start = time.monotonic()
    answer = run(["sh", "-c", command], timeout=0.5)
    assert time.monotonic() - start < 40
    assert (answer.rc, answer.out) == (LATE, "begun\n")
    assert "it was stopped" in answer.err
    assert answer.unanswered


def test_what_is_given_is_the_input_and_a_late_command_with_one_is_stopped() -> None:
    assert run(["cat"], given=b"secret\n") == Answer(0, "secret\n", "")
    assert run(["cat"], given=b"") == Answer(0, "", "")
    assert run(["true"], given=b"x" * 1_000_000).rc == 0
    assert run(["sleep", "60"], timeout=0.2, given=b"x").rc == LATE
