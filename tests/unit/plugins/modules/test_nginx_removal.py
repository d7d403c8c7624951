# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of ours goes out of nginx's files, in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot._lock import kept_out
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import step
from module_runs import done, module, refused

OURS = "server { # constellation.edge\n    listen 80;\n    server_name a;\n}\n"
OWN = "server {\n    listen 80;\n    server_name own;\n}\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return nginx's folder with a site of ours."""
    ours = module("nginx_removal")
    monkeypatch.setattr(step, "find", lambda _name: None)
    monkeypatch.setattr(ours, "read", dict)
    monkeypatch.setattr(ours, "traces", list)
    for name in ("sites-available", "sites-enabled"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{ include {tmp_path}/sites-enabled/*; }}\n")
    (tmp_path / "sites-available" / "a").write_text(OURS)
    (tmp_path / "sites-enabled" / "a").symlink_to(tmp_path / "sites-available" / "a")
    return tmp_path


def leave(root: Path) -> dict[str, Any]:
    return done("nginx_removal", check=True, root=str(root), validate=False)


def test_check_mode_shows_what_goes_and_takes_nothing(root: Path) -> None:
    answer = leave(root)
    assert (answer["changed"], answer["reloaded"]) == (True, False)
    assert "placeholders" not in answer
    gone = [part["before_header"] for part in answer["diff"] if not part["after"]]
    assert {f"{root}/sites-available/a", f"{root}/sites-enabled/a"} <= set(gone)
    assert (root / "sites-available" / "a").read_text() == OURS


def test_what_is_its_owners_stays_and_is_served_on(root: Path) -> None:
    (root / "sites-available" / "a").write_text(OWN)
    answer = leave(root)
    assert (answer["changed"], answer["serves"]) == (False, True)


def test_a_file_that_nobody_can_read_is_refused(root: Path) -> None:
    (root / "sites-available" / "a").write_text(OURS + "server {\n")
    message = refused("nginx_removal", check=True, root=str(root), validate=False)["msg"]
    assert f"{root}/sites-available/a" in message or f"{root}/sites-enabled/a" in message


def test_check_mode_waits_for_no_certbot_and_tells_that_it_is_at_work(root: Path) -> None:
    with kept_out(str(root), 0.0, "the test has to be alone"):
        answer = leave(root)
    assert answer["changed"] is True
    [warning] = answer["warnings"]
    assert warning.startswith(f"certbot is at work now: what is in {root}")
