# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may read a directory is asked as nginx's user, and in nginx's own view of the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight import folders as subject


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "nginx").mkdir()
    (tmp_path / "nginx/nginx.conf").write_text("user nobody;\nevents {}\n")
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_uid == os.getuid() and each != Path("/") and str(each).startswith("/tmp/"):
            each.chmod(0o755)
    return str(tmp_path / "nginx")


def test_states(tmp_path: Path, root: str) -> None:
    (tmp_path / "www/deep").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("www/deep")
    asked = [str(tmp_path / name) for name in ("www/deep", "file", "none", "link")]
    found = subject.folders(asked, root)
    assert [each["state"] for each in found.values()] == ["", "file", "missing", ""]
    assert found[asked[3]]["real"] == asked[0]
    assert found[asked[0]]["user"] == "nobody"


@pytest.mark.skipif(os.getuid() != 0, reason="asks as another user, which root alone may")
def test_the_place_that_lets_nobody_in_is_named(tmp_path: Path, root: str) -> None:
    (tmp_path / "www/deep").mkdir(parents=True)
    (tmp_path / "www").chmod(0o750)
    path = str(tmp_path / "www/deep")
    found = subject.folders([path], root)[path]
    assert (found["state"], found["at"]) == ("closed", str(tmp_path / "www"))


def test_what_the_running_nginx_has_there_is_looked_at(
    tmp_path: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "master", os.getpid)
    path = str(tmp_path / "nginx")
    assert not subject.folders([path], root)[path]["hidden"]

    def failing(place):
        raise FileNotFoundError(place)

    monkeypatch.setattr(subject.os, "stat", failing)
    assert subject._is_hidden(path, 1)


def test_without_nginx_its_packages_user_is_meant(tmp_path: Path) -> None:
    path = str(tmp_path)
    assert subject.folders([path], f"{path}/none")[path]["user"] == "www-data"
    assert subject.folders([], path) == {}
