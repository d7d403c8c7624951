# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is put into a webroot for a question goes with it, also when the run that asked was killed."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._certbot.offered import offered, withdraw_left
from struck import struck


def ask(folder: Path, state: Path) -> None:
    path = folder / "web" / "a" / "b" / "token"
    with offered(str(path), b"x", state=str(state)):
        assert path.read_bytes() == b"x"
        assert path.stat().st_mode & 0o777 == 0o644


def test_a_file_goes_with_the_question_and_with_the_folders_that_were_made(tmp_path: Path) -> None:
    (tmp_path / "web" / "a").mkdir(parents=True)
    ask(tmp_path, tmp_path / "state")
    assert list((tmp_path / "web" / "a").iterdir()) == []
    assert not (tmp_path / "state").exists(), "a host that is only looked at stays as it is"
    (tmp_path / "state").mkdir()
    ask(tmp_path, tmp_path / "state")
    assert list((tmp_path / "state").iterdir()) == []


def test_killed_at_any_call_the_next_run_takes_it_away(tmp_path: Path) -> None:
    at = 1
    while True:
        folder = tmp_path / str(at)
        (folder / "web").mkdir(parents=True)
        state = folder / "state"
        was_struck = struck(lambda folder=folder, state=state: ask(folder, state), at)  # type: ignore[misc]
        withdraw_left(state=str(state))
        assert list((folder / "web").iterdir()) == []
        assert not [name for name in (os.listdir(state) if state.exists() else []) if name.endswith(".json")]
        if not was_struck:
            break
        at += 1
    assert at > 8


def test_what_a_running_question_has_offered_stays(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with offered(str(path), b"x", state=str(tmp_path / "state")):
        withdraw_left(state=str(tmp_path / "state"))
        assert path.exists()


def test_what_others_have_put_there_meanwhile_stays(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with offered(str(folder / "token"), b"x", state=str(tmp_path / "state")):
        (folder / "other").touch()
    assert [each.name for each in folder.iterdir()] == ["other"]
