# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of images follow from what is in them."""

from __future__ import annotations

import re

import pytest
from lab import recipes


def test_tags_are_distinct_and_stable():
    """Each image of each system has a name of its own, the same at every call."""
    first, second = recipes.current_tags(), recipes.current_tags()
    assert first == second
    assert len(first) == 2 + 5 * len(recipes.SYSTEMS) + len(recipes.CONTROLLERS)
    assert all(re.fullmatch(rf"{recipes.REPOSITORY}/[a-z0-9-]+:[0-9a-f]{{12}}", tag) for tag in first)


def test_a_package_changes_every_image_above(monkeypatch):
    """A change of the base's package list renames the base and all that stands on it."""
    before = recipes.current_tags()
    monkeypatch.setattr(recipes, "BASE_PACKAGES", (*recipes.BASE_PACKAGES, "less"))
    assert not before & recipes.current_tags()


def test_a_source_changes_the_homes_alone(monkeypatch, tmp_path):
    """A change of the stand-in renames the home servers, not what they are built from."""
    before = recipes.current_tags()
    source = tmp_path / "Server.cs"
    source.write_text("changed")
    monkeypatch.setattr(recipes, "constellation_sources", lambda: [source])
    gone = before - recipes.current_tags()
    assert gone
    assert {tag.partition("/")[2].partition("-")[0] for tag in gone} == {"home", "ready"}


@pytest.mark.parametrize("name", recipes.SYSTEMS)
def test_bootstrap_names_no_archive(name):
    """The tool knows the archives itself; signatures are never switched off, and the keys do not hang on the host."""
    system = recipes.SYSTEMS[name]
    command = recipes.bootstrap_command(system, "out.tar")
    assert f"--keyring=/usr/share/keyrings/{system.family}-archive-keyring.gpg" in command
    assert command[-2:] == [recipes.SYSTEMS[name].suite, "out.tar"]
    assert not any("://" in part or "trusted" in part or "Insecure" in part for part in command)
