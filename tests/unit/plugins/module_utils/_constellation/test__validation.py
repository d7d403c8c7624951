# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner's command judges a candidate, and its verdict counts."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import files
from ansible_collections.constellation.edge.plugins.module_utils._constellation._validation import check_candidate
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places


@dataclass
class Plan:
    """The least that a plan is."""

    content: bytes


@pytest.fixture
def target(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "app.exe.config"
    path.write_bytes(b"old")
    return path


def rewritten(target: pathlib.Path, command: str, content: bytes = b"new", *, check: bool = False) -> bool:
    host = Places(state=str(target.parent / "state"), lock=str(target.parent / "lock"))
    return files.rewrite(str(target), lambda _: Plan(content), backup=False, check=check, validate=command, host=host)[
        1
    ]


def test_what_is_accepted_is_written(target: pathlib.Path) -> None:
    assert rewritten(target, "grep -q new %s")
    assert target.read_bytes() == b"new"


def test_what_is_refused_is_not_written(target: pathlib.Path) -> None:
    with pytest.raises(DotnetError, match=r"app\.exe\.config.*exit code 1.*nothing was changed"):
        rewritten(target, "grep -q other %s")
    assert target.read_bytes() == b"old"


def test_what_the_command_says_is_told_with_the_files_own_path(target: pathlib.Path) -> None:
    with pytest.raises(DotnetError) as error:
        check_candidate(str(target), b"x", "sh -c 'echo bad: $0; exit 3' %s")
    assert str(error.value).endswith(f"(exit code 3), nothing was changed: bad: {target}")


def test_the_copy_has_the_files_name_and_is_private(target: pathlib.Path) -> None:
    with pytest.raises(DotnetError) as error:
        check_candidate(str(target), b"x", """sh -c 'basename "$0"; stat -c %a "$(dirname "$0")"; exit 1' %s""")
    assert str(error.value).rpartition(": ")[2].split() == ["app.exe.config", "700"]


@pytest.mark.parametrize(
    ("command", "words"),
    [("true", "must name the file"), ("sh -c '%s", "cannot be read"), ("no-such-program %s", "no-such-program")],
)
def test_a_command_that_cannot_judge_is_refused(target: pathlib.Path, command: str, words: str) -> None:
    with pytest.raises(DotnetError, match=words):
        rewritten(target, command)
    assert target.read_bytes() == b"old"


def test_it_is_not_run_for_what_would_be_or_already_is(target: pathlib.Path) -> None:
    assert rewritten(target, "false %s", check=True)
    assert not rewritten(target, "false %s", b"old")
