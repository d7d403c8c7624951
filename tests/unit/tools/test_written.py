# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is planned for two hundred inventories is compared between commits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import ROUTE_KEYS, SITE_KEYS
from tools import inventories, written
from tools.checkout import ROOT

GIVEN = inventories.inventories(written.presets())


@pytest.fixture(scope="module")
def found() -> list[written.Planned]:
    return written.planned(written.HERE, GIVEN)


def test_there_are_two_hundred_and_none_is_refused(found: list[written.Planned]) -> None:
    assert len(GIVEN) == len({each["name"] for each in GIVEN}) == len(found) == 200
    assert [(each["name"], one.refused) for each, one in zip(GIVEN, found, strict=True) if one.refused] == []


def test_they_use_every_key_and_every_preset() -> None:
    sites = [site for each in GIVEN for site in each["sites"]]
    routes = [route for site in sites for route in site.get("routes", ())]
    assert {key for site in sites for key in site} == set(SITE_KEYS)
    assert {key for route in routes for key in route} == set(ROUTE_KEYS)
    assert {route.get("app", "generic") for route in routes} == set(written.presets())


def test_the_same_code_plans_the_same(found: list[written.Planned]) -> None:
    """The second process has other hashes of its texts, and so other orders of its sets."""
    again = written.planned(written.HERE, GIVEN)
    names = [each["name"] for each in GIVEN]
    assert written.compared(names, found, again) == ([], "200 of 200 inventories are written alike")


def test_other_code_is_told_with_what_it_writes_otherwise(tmp_path: Path) -> None:
    collection = tmp_path / "ansible_collections/constellation/edge"
    for name in ("plugins", "presets"):
        shutil.copytree(ROOT / name, collection / name, ignore=shutil.ignore_patterns("__pycache__"))
    feature = collection / "plugins/plugin_utils/_features/timeouts.py"
    text = feature.read_text(encoding="utf-8")
    assert "default=7200," in text
    feature.write_text(text.replace("default=7200,", "default=7201,"), encoding="utf-8")
    given = GIVEN[:1]
    names = [given[0]["name"]]
    before, after = written.planned(written.HERE, given), written.planned(tmp_path, given)
    assert written.compared(names, before, after) == ([0], "0 of 1 inventories are written alike")
    said = written.difference(names[0], *written.texts(written.HERE, given), *written.texts(tmp_path, given))
    assert said.startswith(f"{names[0]} is written otherwise:\n--- before\n+++ after\n")
    assert '-         "proxy_read_timeout": "7200s",' in said.splitlines()
    assert '+         "proxy_read_timeout": "7201s",' in said.splitlines()


def test_what_the_other_commit_does_not_know_is_counted_by_itself() -> None:
    planned, refused = written.Planned("a", ""), written.Planned("b", "site x: unknown key 'new'")
    assert written.compared(["x", "y"], [refused, planned], [planned, planned]) == (
        [],
        "1 of 1 inventories are written alike; 1 more are refused by that commit alone: x: site x: unknown key 'new'",
    )
    others, _said = written.compared(["x"], [planned], [refused])
    assert others == [0]


def test_a_commit_that_is_none_is_told(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(written, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="git has no 'nothing' to compare with: "):
        written.unpacked("nothing", tmp_path)
