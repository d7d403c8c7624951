# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An older version is kept off a host by words that it reads; what it left half done is read by this one."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import found
from ansible_collections.constellation.edge.plugins.module_utils._host.older import WORDS, keep_older_off, let_older_in
from ansible_collections.constellation.edge.plugins.module_utils._host.versions import FORMAT, MARK, marked, too_new
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import TransactionError, Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places, recover
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import apply


@pytest.fixture
def host(tmp_path: Path) -> Places:
    """Return the places of a host that has a folder of records."""
    (tmp_path / "state").mkdir()
    return Places(str(tmp_path / "state"), str(tmp_path / "lock"), "no-nginx")


def old_journal(tmp_path: Path, name: str) -> Path:
    """Leave a change of a file as version 0.1.0 does that is killed; return the file, with its new content."""
    file, kept = tmp_path / "site", tmp_path / ".site.0a0a0a0a.old"
    kept.write_text("old\n")
    file.write_text("new\n")
    digests = {when: "file:" + hashlib.sha256(f"{when}\n".encode()).hexdigest() for when in ("old", "new")}
    entry = {
        "path": str(file),
        "kept": str(kept),
        "temporary": str(tmp_path / ".site.0a0a0a0a.new"),
        "before": digests["old"],
        "after": digests["new"],
    }
    (tmp_path / "state" / name).write_text(json.dumps({"entries": [entry], "folders": []}))
    return file


def test_version_0_1_0_stops_at_the_words(host):
    keep_older_off(host.state)
    content = json.loads(Path(host.state, MARK).read_text())
    # What 0.1.0 does with the journal of a transaction that is done, before its first change.
    (entry,) = content["entries"]
    assert sorted(entry) == ["after", "before", "kept", "path", "temporary"]
    assert list(content["folders"]) == []
    for name in (entry["temporary"], entry["kept"]):
        assert os.path.lexists(name)
        with pytest.raises(OSError, match=WORDS):
            os.unlink(name)


def test_the_words_fit_into_a_name_of_every_file_system():
    assert len(WORDS.encode()) <= 143  # eCryptfs has the least


def test_the_mark_is_left_once_and_made_whole(host):
    keep_older_off(host.state)
    before = os.stat(os.path.join(host.state, MARK)).st_mtime_ns
    keep_older_off(host.state)
    assert os.stat(os.path.join(host.state, MARK)).st_mtime_ns == before
    os.rmdir(os.path.join(host.state, WORDS))
    keep_older_off(host.state)
    assert sorted(os.listdir(host.state)) == sorted([MARK, WORDS])
    assert marked(host.state) == FORMAT


def test_the_mark_goes(host):
    keep_older_off(host.state)
    let_older_in(host.state)
    assert os.listdir(host.state) == []
    let_older_in(host.state)
    let_older_in(f"{host.state}/missing")


def test_changes_go_on_beside_the_mark(host, tmp_path):
    keep_older_off(host.state)
    apply([Write(str(tmp_path / "file"), b"1")], test=False, host=host)
    assert recover(host=host) == []
    assert sorted(os.listdir(host.state)) == sorted([MARK, WORDS])


def test_a_newer_mark_keeps_this_version_off(host, tmp_path):
    assert too_new(host.state) == ""
    keep_older_off(host.state)
    assert too_new(host.state) == ""
    Path(host.state, MARK).write_text(json.dumps({"format": FORMAT + 1}))
    said = rf"a newer version .* has format {FORMAT + 1}, this version knows {FORMAT}\): .*\. Nothing was changed"
    with pytest.raises(TransactionError, match=said):
        apply([Write(str(tmp_path / "file"), b"1")], test=False, host=host)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("mark", [False, True])
def test_a_change_that_version_0_1_0_was_killed_in_is_put_back(host, tmp_path, mark):
    if mark:
        keep_older_off(host.state)
    file = old_journal(tmp_path, "journal.json")
    assert recover(host=host) == [str(file)]
    assert file.read_text() == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "site", "state"]
    assert sorted(os.listdir(host.state)) == (sorted([MARK, WORDS]) if mark else [])


def test_a_change_that_version_0_1_0_was_killed_behind_stays(host, tmp_path):
    file = old_journal(tmp_path, MARK)
    assert marked(host.state) == 0
    assert recover(host=host) == []
    assert file.read_text() == "new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "site", "state"]
    assert os.listdir(host.state) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "2"}', "\x00"])
def test_what_is_no_mark_is_none(host, content):
    Path(host.state, MARK).write_text(content)
    assert marked(host.state) == 0
    recover(host=host)
    assert MARK not in os.listdir(host.state)


def test_a_host_without_an_archive_is_marked_with_its_record(host, tmp_path, monkeypatch):
    archive = tmp_path / "edge.pyz"
    monkeypatch.setattr(found, "ARCHIVE_PATH", str(archive))
    assert found.is_unmarked(host.state)
    archive.write_bytes(b"")
    assert not found.is_unmarked(host.state)
    archive.unlink()
    keep_older_off(host.state)
    assert not found.is_unmarked(host.state)
    # It is no trace of a change: a record that is old by the next run is made anew.
    monkeypatch.setattr(found, "TRACES", ())
    monkeypatch.setattr(found, "COMMON_SITE_PATH", str(tmp_path / "none"))
    assert found.is_due(host.state)
