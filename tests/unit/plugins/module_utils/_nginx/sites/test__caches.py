# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories of caches: those that nothing names go, others stay; and the disk has room for them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _caches, step
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._caches import (
    remove,
    shortage,
    texts_after,
    unused,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan, SitesStep
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Change, Remove, Write
from ansible_collections.constellation.edge.plugins.module_utils._transaction.steps import RunOptions, carry_out
from ansible_collections.constellation.edge.plugins.module_utils._transaction.transaction import Places


class Usage(NamedTuple):
    """What the disk has."""

    free: int


@pytest.fixture
def caches(tmp_path: Path) -> str:
    """Return how our directories begin; two are there, and others that are not ours."""
    for name in ("edge-a-1", "edge-b-2", "edge", "nginx"):
        (tmp_path / "cache" / name / "0/1f").mkdir(parents=True)
        (tmp_path / "cache" / name / "0/1f/key").write_text("answer")
    (tmp_path / "cache/edge-file").write_text("somebody's")
    (tmp_path / "cache/edge-link").symlink_to(tmp_path / "cache/nginx")
    return str(tmp_path / "cache/edge-")


def line(caches: str, name: str, size: str = "1g") -> str:
    """Return the directive of a cache."""
    return f"proxy_cache_path {caches}{name} levels=1:2 keys_zone=z:10m max_size={size};\n"


def test_what_nothing_names_goes_and_nothing_else(caches: str, tmp_path: Path) -> None:
    paths = unused([line(caches, "a-1"), line(caches, "b-23")], caches)
    assert paths == [f"{caches}b-2"]
    assert remove(paths, caches) == []
    assert sorted(os.listdir(tmp_path / "cache")) == ["edge", "edge-a-1", "edge-file", "edge-link", "nginx"]
    assert (tmp_path / "cache/nginx/0/1f/key").exists()


def test_one_whose_removal_was_cut_off_goes_with_the_next_run(
    caches: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise OSError(39, "Directory not empty", path)

    monkeypatch.setattr(_caches.shutil, "rmtree", refuse)
    (told,) = remove([f"{caches}b-2"], caches)
    assert told.startswith(f"{caches}going-b-2: Directory not empty")
    assert not os.path.exists(f"{caches}b-2")
    monkeypatch.undo()
    assert unused([line(caches, "a-1")], caches) == [f"{caches}going-b-2"]
    assert remove(unused([line(caches, "a-1")], caches), caches) == []
    assert not os.path.exists(f"{caches}going-b-2")


def test_a_disk_without_room_is_told(caches: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [line(caches, "a-1", "2g") + line("/var/cache/theirs-", "x", "900g"), line(caches, "b-2", "512m")]
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage((2 << 30) + (512 << 20)))
    assert shortage(texts, caches) == []
    # What they hold already is room that they have.
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage((2 << 30) + (512 << 20) - 4096))
    assert shortage(texts, caches) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 30))
    (told,) = shortage(texts, caches)
    assert "may take 2.5 GiB below" in told
    assert "has 1.0 GiB for it" in told


def test_without_a_cache_the_disk_is_not_asked(caches: str) -> None:
    assert shortage([line("/var/cache/theirs-", "x", "900g")], "/not/there/edge-") == []


def test_what_nginx_reads_after_a_change(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("http { include s/*; }")
    (tmp_path / "s").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "s" / name).write_text(f"# {name}\n")
    changes: list[Change] = [Write(str(tmp_path / "s/a"), b"# new\n"), Remove(str(tmp_path / "s/b"))]
    assert texts_after(str(tmp_path), changes) == ["# new\n", "http { include s/*; }", "# c\n"]
    (tmp_path / "s/c").write_text("broken {")
    assert texts_after(str(tmp_path), changes) is None


class TestARun:
    """As a step of a run, without an nginx."""

    @pytest.fixture(autouse=True)
    def _nginx(self, tmp_path: Path, caches: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(step, "find", lambda _name: None)
        (tmp_path / "root").mkdir()
        (tmp_path / "root/nginx.conf").write_text(line(caches, "a-1"))

    def run(self, tmp_path: Path, caches: str, *, check_mode: bool = False) -> tuple[bool, list[str]]:
        """Run once; returns whether something changed, and which directories are there."""
        options = RunOptions(str(tmp_path / "root"), validate=False, check_mode=check_mode)
        sites = SitesStep(options, SitePlan, reload=False, caches=caches)
        host = Places(state=str(tmp_path / "state"), lock=str(tmp_path / "lock"))
        done = carry_out([sites], options, host=host)
        return done.changed, sorted(name for name in os.listdir(tmp_path / "cache") if "edge-" in name)

    def test_it_goes_once(self, tmp_path: Path, caches: str) -> None:
        there = ["edge-a-1", "edge-b-2", "edge-file", "edge-link"]
        assert self.run(tmp_path, caches, check_mode=True) == (True, there)
        there.remove("edge-b-2")
        assert self.run(tmp_path, caches) == (True, there)
        assert self.run(tmp_path, caches) == (False, there)

    def test_it_stays_while_an_nginx_that_is_not_reloaded_may_use_it(
        self, tmp_path: Path, caches: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(step, "find", lambda _name: "/usr/sbin/nginx")
        assert self.run(tmp_path, caches)[0] is False
        assert os.path.isdir(f"{caches}b-2")
