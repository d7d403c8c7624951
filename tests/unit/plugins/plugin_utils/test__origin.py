# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a value was written, as ansible-core itself knows it. Fails when a new core keeps that somewhere else."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.constellation.edge.plugins.plugin_utils import _origin
from ansible_collections.constellation.edge.plugins.plugin_utils._origin import where, written

TEXT = "sites:\n  - server_name: home.example.org\n    hsts: yes # for browsers\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "inventory.yml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def loaded(file: Path) -> Any:
    return DataLoader().load_from_file(str(file), trusted_as_template=True)


def test_a_value_of_a_file_is_named_with_its_line(file: Path) -> None:
    sites = loaded(file)["sites"]
    (site,) = sites
    assert where(site["server_name"]) == "inventory.yml:2: "
    assert where(next(key for key in site if key == "hsts")) == "inventory.yml:3: "
    assert where(sites) == "inventory.yml:2: "


def test_a_value_of_our_own_has_no_place() -> None:
    assert where("text") == where(None) == where(True) == ""
    assert written("text") == written(None) == ""


def test_what_was_written_is_the_rest_of_its_line(file: Path) -> None:
    (site,) = loaded(file)["sites"]
    assert written(site["server_name"]) == "home.example.org"
    assert written(next(key for key in site if key == "hsts")) == "hsts: yes # for browsers"


@pytest.mark.parametrize("now", [None, b"sites:\n  - server_name: \xff\n", b"sites:\n"])
def test_what_was_written_is_unknown_when_the_file_is_another_one_now(file: Path, now: bytes | None) -> None:
    (site,) = loaded(file)["sites"]
    if now is None:
        file.unlink()
    else:
        file.write_bytes(now)
    assert written(site["server_name"]) == ""
    assert where(site["server_name"]) == "inventory.yml:2: "


def test_without_the_private_part_of_ansible_core_values_have_no_place(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site,) = loaded(file)["sites"]
    monkeypatch.setitem(sys.modules, "ansible._internal._datatag._tags", None)
    spec = importlib.util.find_spec(_origin.__name__)
    assert spec is not None
    assert spec.loader is not None
    # Another copy of the file: the other tests keep theirs.
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    assert (copy.where(site["server_name"]), copy.written(site["server_name"])) == ("", "")
