# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of what a host was: when it is made, and what is said of `/etc` by it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._found import leaving
from ansible_collections.constellation.edge.plugins.module_utils._found._etc import differences, explained, snapshot
from ansible_collections.constellation.edge.plugins.module_utils._host import found as host_found
from ansible_collections.constellation.edge.plugins.module_utils._host import records
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._host.found import is_due, read, traces
from ansible_collections.constellation.edge.plugins.module_utils._host.names import (
    ARCHIVE_PATH,
    JAIL_PATH,
    LIMIT_PATH,
    LIMIT_UNIT_PATH,
    RECOVERY_PATH,
    TRACES,
)

RECORD = {"format": 1, "packages": ["nginx"]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a folder of records on a host that nothing has changed."""
    monkeypatch.setattr(host_found, "TRACES", (str(tmp_path / "trace"),))
    monkeypatch.setattr(host_found, "COMMON_SITE_PATH", str(tmp_path / "common"))
    return str(tmp_path / "state")


def test_the_traces_are_what_other_modules_write():
    for path in (LIMIT_PATH, LIMIT_UNIT_PATH, ARCHIVE_PATH, JAIL_PATH, RECOVERY_PATH):
        assert any(path == each or path.startswith(f"{each}/") for each in TRACES), path


def test_a_record_is_made_once_before_anything_changes(folder):
    assert is_due(folder)
    records.write("found", {**RECORD, "made": int(time.time())}, folder)
    assert not is_due(folder)
    assert traces(folder) == []


def test_a_record_of_a_refused_run_is_made_anew_after_a_day(folder):
    records.write("found", {**RECORD, "made": int(time.time()) - 90000}, folder)
    assert is_due(folder)


def test_a_question_that_was_killed_is_no_trace(folder):
    records.write("offered-4711", {"file": "/var/www/html/x"}, folder)
    assert traces(folder) == []
    assert is_due(folder)


def test_a_host_that_a_run_has_changed_gets_no_record(folder, tmp_path):
    (tmp_path / "trace").write_text("")
    assert not is_due(folder)
    (tmp_path / "trace").unlink()
    records.write("loaded", {}, folder)
    assert not is_due(folder)
    assert traces(folder) == [f"{folder}/loaded.json"]


def test_a_common_file_that_is_its_owners_by_now_is_no_trace(folder, tmp_path):
    common = tmp_path / "common"
    common.write_text("map $a $b { # constellation.edge\n}\n")
    assert traces(folder) == [str(common)]
    common.write_text("server { listen 81; }\n")
    assert traces(folder) == []


def test_a_record_of_another_format_is_none(folder):
    records.write("found", {"format": 99}, folder)
    assert read(folder) == {}


def test_what_differs_below_etc_has_a_reason_each(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("kept", "changed", "gone"):
        (etc / name).write_text(name)
    (etc / "link").symlink_to("kept")
    before = snapshot(str(etc))
    (etc / "changed").write_text("now")
    (etc / "gone").unlink()
    (etc / "new").write_text("")
    found = differences(before, snapshot(str(etc)))
    assert {Path(path).name: what for path, what in found.items()} == {
        "changed": "changed",
        "gone": "gone",
        "new": "new",
    }
    lines = explained(
        {"/etc/x": "changed", "/etc/ufw/user.rules": "changed", "/etc/cron.d/certbot": "new", "/etc/passwd": "changed"},
        lambda words: Answer(0, "certbot: /etc/cron.d/certbot\n", ""),
    )
    assert lines == [
        "changed by you or another program since the first run: /etc/x (changed)",
        "of the package certbot, which stays: /etc/cron.d/certbot (new)",
        "ufw's own files, which it wrote anew with its rules and settings: /etc/ufw/user.rules (changed)",
        "what packages brought with them: /etc/passwd (changed)",
    ]


@pytest.fixture
def settings(folder, tmp_path, monkeypatch) -> str:
    """Return the folder of settings of a host that all else has left."""
    path = tmp_path / "settings"
    path.mkdir()
    monkeypatch.setattr(leaving, "find", lambda name: None)
    monkeypatch.setattr(leaving, "_LATER", (str(tmp_path),))
    monkeypatch.setattr(leaving, "snapshot", lambda: {"/etc/x": "2"})
    monkeypatch.setattr(leaving, "LOCK_PATH", str(tmp_path / "lock"))
    return str(path)


def folders(folder, settings):
    return leaving.Folders(folder, settings, f"{settings}-of-sites")


def not_installed(words):
    return Answer(1, "", "")


def test_the_record_goes_last_and_with_all_else(folder, settings):
    records.write("found", {**RECORD, "made": 1}, folder)
    records.write("found-etc", {"/etc/x": "1"}, folder)
    dry = leaving.finish(True, folders(folder, settings), not_installed)
    assert dry.removed == [settings, folder]
    left = leaving.finish(False, folders(folder, settings), not_installed)
    assert left.remains == ["changed by you or another program since the first run: /etc/x (changed)"]
    assert not Path(folder).exists()
    assert not Path(settings).exists()
    again = leaving.finish(False, folders(folder, settings), not_installed)
    assert (again.removed, again.notes) == ([], ["nothing of constellation.edge is on this host"])


def test_what_is_not_known_is_said(folder, settings, tmp_path):
    records.write("loaded", {}, folder)
    left = leaving.finish(False, folders(folder, settings), not_installed)
    assert left.notes[0].startswith("no record of the time before the first run is on this host")


def test_while_something_of_ours_is_active_the_record_stays(folder, settings, tmp_path, monkeypatch):
    records.write("found", {**RECORD, "made": 1}, folder)
    monkeypatch.setattr(leaving, "_LATER", (folder, settings))
    (tmp_path / "trace").write_text("")
    with pytest.raises(leaving.LeavingError, match="so the record of the first run stays"):
        leaving.finish(False, folders(folder, settings), not_installed)
    assert read(folder)


def test_an_empty_folder_of_a_run_that_was_killed_behind_the_record_goes(folder, settings):
    Path(folder).mkdir()
    Path(settings).rmdir()
    foreseen = leaving.finish(True, folders(folder, settings), not_installed)
    assert (foreseen.removed, Path(folder).exists()) == ([folder], True)
    left = leaving.finish(False, folders(folder, settings), not_installed)
    assert (left.removed, left.notes) == ([folder], ["nothing of constellation.edge is on this host"])
    assert not Path(folder).exists()
