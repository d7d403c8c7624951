# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx says about a candidate, and how the staged test is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._transaction import staging
from ansible_collections.constellation.edge.plugins.module_utils._transaction.staging import Verdict, copy_tree


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        (
            'nginx: [warn] "listen ... http2" is deprecated in /etc/nginx/a:1\n'
            'nginx: [emerg] unknown directive "foo" in /etc/nginx/sites-enabled/a b.conf:12\n'
            "nginx: configuration file /etc/nginx/nginx.conf test failed",
            'unknown directive "foo" in /etc/nginx/sites-enabled/a b.conf:12',
            ("/etc/nginx/sites-enabled/a b.conf", 12),
        ),
        (
            '2026/11/23 22:24:41 [emerg] 12#12: host not found in upstream "x" in /etc/nginx/conf.d/u.conf:3',
            'host not found in upstream "x" in /etc/nginx/conf.d/u.conf:3',
            ("/etc/nginx/conf.d/u.conf", 3),
        ),
        (
            'nginx: [emerg] cannot load certificate "/x.pem": BIO_new_file() failed (SSL: error:80000002)',
            'cannot load certificate "/x.pem": BIO_new_file() failed (SSL: error:80000002)',
            None,
        ),
        ("nginx: not found", "nginx: not found", None),
    ],
)
def test_reading_of_the_message(text: str, problem: str, place: tuple[str, int] | None) -> None:
    verdict = Verdict(False, text)
    assert verdict.problem == problem
    assert verdict.place == place


def test_copy_keeps_links_and_leaves_pipes_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "file").write_bytes(b"x")
    (root / "link").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    copy_tree(str(root), str(tmp_path / "copy"))
    assert sorted(path.name for path in (tmp_path / "copy").rglob("*")) == ["file", "link", "sub"]
    assert os.readlink(tmp_path / "copy" / "link") == "nowhere"


def test_no_judgement_when_the_namespace_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Answer(1, "", "unshare: unshare failed: Operation not permitted")
    monkeypatch.setattr(staging, "run", lambda *_: refused)
    assert staging.test_staged("/usr/sbin/nginx", [(str(tmp_path), str(tmp_path))], str(tmp_path)) is None


def test_nginx_that_cannot_be_run_is_a_refusal(tmp_path: Path) -> None:
    assert not staging.test_live(str(tmp_path / "nginx")).accepted


def test_nobody_else_may_read_a_candidate(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/users").write_bytes(b"anna:hash")
    copy_tree(str(tmp_path / "root"), str(tmp_path / "copy"))
    staging.write_staged(str(tmp_path / "copy/new"), b"anna:hash")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copy").iterdir()} == {0o600}
