# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's presets, and an owner's folder beside them."""

from __future__ import annotations

import fnmatch
import os

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.preset_file import KEYS
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import (
    OURS,
    Presets,
    read_presets,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.refused import REFUSES
from places import ROOT

FILES = sorted((ROOT / "presets").iterdir())
ours = read_presets(OURS)


def said(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return [str(problem) for problem in read_presets(str(folder)).problems]


def test_ours_are_found_beside_the_plugins_and_are_right():
    assert os.path.samefile(OURS, ROOT / "presets")
    assert ours.problems == ()
    assert list(ours.found) == sorted(path.stem for path in FILES)
    assert {path.suffix for path in FILES} == {".yml"}


def test_ours_are_shipped():
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["build_ignore"]
    names = ["presets", *(f"presets/{path.name}" for path in FILES)]
    assert [name for name in names for pattern in ignored if fnmatch.fnmatch(name, pattern)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_read_is_what_yaml_says(path):
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    route = {name: value for name, value in ours.found[path.stem].items() if name != REFUSES}
    assert route == written["route"]
    refused = [(fact["says"], fact[REFUSES]) for fact in written.get("facts", []) if REFUSES in fact]
    assert [(each["says"], {each["key"]: each["value"]}) for each in ours.found[path.stem].get(REFUSES, [])] == refused


@pytest.mark.parametrize("path", [path for path in FILES if path.stem != "generic"], ids=lambda path: path.stem)
def test_each_of_ours_says_who_says_so(path):
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))["facts"]
    assert facts
    assert all("2015" < fact["date"].isoformat() <= "2026-12" for fact in facts)


def test_a_file_of_the_owners_replaces_ours_as_a_whole(tmp_path):
    (tmp_path / "syncthing.yml").write_text("route: {port: 8385}\n", encoding="utf-8")
    (tmp_path / "my_app-2.yml").write_text("route: {prefix: strip}\n", encoding="utf-8")
    found = ours.replaced_by(read_presets(str(tmp_path))).found
    assert found == {**ours.found, "syncthing": {"port": 8385}, "my_app-2": {"prefix": "strip"}}


def test_what_is_no_preset_is_left_alone(tmp_path, monkeypatch):
    for name in ("README.md", "mine.yml~", ".mine.yml.swp", ".hidden.yml"):
        (tmp_path / name).write_text("nothing: of ours\n", encoding="utf-8")
    assert read_presets(str(tmp_path)) == Presets({})


@pytest.mark.parametrize("name", ["mine.yaml", "mine.json"])
def test_another_ending_is_told_instead_of_passed_over(name, tmp_path, monkeypatch):
    (tmp_path / name).write_text("route: {}\n", encoding="utf-8")
    assert said(tmp_path, monkeypatch) == [f"{name}: a preset's file ends in .yml: rename it to mine.yml"]


@pytest.mark.parametrize("name", ["My App", "Mine", "été", "-x"])
def test_a_name_that_no_route_should_need_is_told(name, tmp_path, monkeypatch):
    (tmp_path / f"{name}.yml").write_text("route: {}\n", encoding="utf-8")
    (text,) = said(tmp_path, monkeypatch)
    assert text.endswith(f"is named as `app` says it: small letters, digits, _ and -, and not '{name}'")


def test_every_mistake_of_every_file_is_told_with_its_line(tmp_path, monkeypatch):
    (tmp_path / "a.yml").write_text("---\nroute:\n  port: 0\n  hots: a\n", encoding="utf-8")
    (tmp_path / "b.yml").write_text("route: {port: 1\n", encoding="utf-8")
    (tmp_path / "c.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "d.yml").mkdir()
    assert said(tmp_path, monkeypatch) == [
        "a.yml:3: port 0 must be a number from 1 to 65535",
        f"a.yml:4: unknown key 'hots'; did you mean 'host'? known: {', '.join(sorted(KEYS))}",
        "b.yml:1: no YAML, column 8: a bracket that opens here is never closed, or lacks a comma",
        "c.yml: cannot be read: it is not UTF-8",
        "d.yml: cannot be read: Is a directory",
    ]


def test_there_is_nothing_in_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("gone", "file"):
        assert read_presets(str(tmp_path / name)) == Presets({})
