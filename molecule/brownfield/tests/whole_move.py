# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The move of all owners of the scenario, in one run as in a fleet, while a client asks every old URL."""

from __future__ import annotations

import os

import pytest
import runs
from conftest import Home, side_by_side
from moving import Move, look, owner_of, prepare, watch, written_inventory


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, of the tests that are for some owners, those that no host of the scenario has."""
    here = set(os.environ["SCENARIO_OWNERS"].replace("_", "-").split())
    theirs = {item: set(mark.args) for item in items for mark in item.iter_markers("owners")}
    left_out = [item for item, owners in theirs.items() if not owners & here]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def prepared(lab, homes) -> list[Home]:
    """Return all hosts, as their owners have them."""
    side_by_side(homes, lambda home: prepare(lab, home))
    return homes


@pytest.fixture(scope="session")
def movers(prepared) -> list[Home]:
    """Return the hosts that can be adopted."""
    return [home for home in prepared if owner_of(home).moves]


@pytest.fixture(scope="session")
def moved(movers, client, tmp_path_factory) -> Move:
    """Try without `adopt`, look first, move, and move again, while a client asks."""
    before = {home.name: look(home) for home in movers}
    folder = tmp_path_factory.mktemp("inventory")
    without = written_inventory(movers, folder / "without.yml", adopt=False)
    path = written_inventory(movers, folder / "hosts.yml")
    refused = runs.site(without)
    seen = {home.name: watch(client, home, owner_of(home).answers) for home in movers}
    try:
        checked = runs.site(path, "--check", "--diff")
        unchanged = {home.name: look(home) for home in movers}
        done = runs.site(path, "--diff")
        again = runs.site(path)
    finally:
        for each in seen.values():
            each.end()
    return Move(before, refused, checked, unchanged, done, again, seen, path)
