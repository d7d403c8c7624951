# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that nginx would ignore because of a change ends it; other warnings are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._transaction import _candidate
from ansible_collections.constellation.edge.plugins.module_utils._transaction._nginx_warnings import conflicts, remarks
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import TransactionError, Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.recovery import Places
from ansible_collections.constellation.edge.plugins.module_utils._transaction.staging import Verdict
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import apply, check

LOST = 'conflicting server name "new.example.org" on 0.0.0.0:443, ignored'
OTHER = 'conflicting server name "old.example.org" on [::]:80, ignored'
NOBODYS = 'conflicting server name "_" on 0.0.0.0:80, ignored'
OLD_WORD = 'the "listen ... http2" directive is deprecated, use the "http2" directive instead'


def test_warnings_are_read_as_both_nginx_print_them() -> None:
    text = (
        f"nginx: [warn] {LOST}\n2026/11/29 10:27:11 [warn] 15#15: {OLD_WORD} in /etc/nginx/conf.d/a.conf:3\n"
        "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
    )
    assert Verdict(True, text).warnings == [LOST, OLD_WORD]


def test_a_server_that_is_ignored_because_of_the_change_is_a_conflict() -> None:
    told = conflicts([LOST, OTHER], [OTHER])
    assert "new.example.org on 0.0.0.0:443" in told
    assert "old.example.org" not in told
    assert conflicts([LOST, LOST], [LOST])


def test_what_was_ignored_before_and_what_nobody_asks_for_is_none() -> None:
    assert conflicts([LOST, NOBODYS, OLD_WORD], [LOST]) == ""
    assert [each.rpartition(": ")[2] for each in remarks([LOST, NOBODYS, OLD_WORD], [LOST])] == [OLD_WORD, LOST]


@pytest.fixture(params=["staged", "live"])
def host(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give a host whose nginx warns once for each file below `etc`, after the first, that holds the word `same`."""
    nginx, root = tmp_path / "nginx", tmp_path / "etc"
    root.mkdir()
    nginx.write_text(
        f"#!/bin/sh\ngrep -rl --exclude='.*' same {root} | tail -n +2 | sed 's/.*/nginx: [warn] {LOST}/' >&2\n"
    )
    nginx.chmod(0o755)
    if request.param == "live":
        monkeypatch.setattr(_candidate, "test_staged", lambda *_: None)
    return Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"), nginx=str(nginx))


def test_nothing_is_changed_where_nginx_would_ignore_a_server(tmp_path: Path, host: Places) -> None:
    root = tmp_path / "etc"
    (root / "old.conf").write_text("same")
    changes = [Write(f"{root}/new.conf", b"same")]
    with pytest.raises(TransactionError, match=r"nginx would ignore a server .*new\.example\.org on 0\.0\.0\.0:443"):
        apply(changes, root=str(root), notes=[], host=host)
    assert [each.name for each in root.iterdir()] == ["old.conf"]
    apply(changes, root=str(root), host=host)


def test_a_server_that_was_ignored_before_is_a_note(tmp_path: Path, host: Places) -> None:
    root = tmp_path / "etc"
    for name in ("old.conf", "older.conf"):
        (root / name).write_text("same")
    notes: list[str] = []
    apply([Write(f"{root}/new.conf", b"other")], root=str(root), notes=notes, host=host)
    assert notes == [f"nginx ignores a server, as it did before this change: {LOST}"]


def test_a_prediction_tells_the_same(tmp_path: Path, host: Places) -> None:
    root = tmp_path / "etc"
    (root / "old.conf").write_text("same")
    # In between nginx may ignore a server; where nothing can be staged, nothing is said.
    if not check([Write(f"{root}/new.conf", b"same")], root=str(root), host=host):
        return
    with pytest.raises(TransactionError, match="nginx would ignore a server"):
        check([Write(f"{root}/new.conf", b"same")], root=str(root), notes=[], host=host)
