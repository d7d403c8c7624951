# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner of a trial's host finds every way in which what he wrote can get lost."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from chaos.owner import Owner

SITE = "site.test"
PATH = f"/etc/nginx/sites-available/{SITE}"
OURS = b"server {\n    listen 443 ssl;\n    server_name site.test;\n}\n"


class World:
    """A host of files alone."""

    def __init__(self) -> None:
        """Have the one file that is ours."""
        self.files = {PATH: OURS}
        self.modes: dict[str, str] = {}
        self.lab = SimpleNamespace(read=lambda _name, path: self.files[path])

    def put(self, _name: str, files: dict[str, bytes]) -> None:
        self.files |= files

    def sh(self, _name: str, command: str) -> Any:
        return SimpleNamespace(out=self.modes.get(command.split()[-1], "644"))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def owner(world) -> Owner:
    owner = Owner(world, "host")
    chance = random.Random(1)  # noqa: S311 - the same each time
    for _edit in range(9):
        owner.edit(chance, [SITE])
    assert owner.files
    assert owner.lines
    return owner


def test_nothing_is_lost_as_long_as_nobody_touches_it(owner):
    assert owner.lost() == []


def test_other_lines_may_change(owner, world):
    world.files[PATH] = world.files[PATH].replace(b"server_name site.test;", b"server_name other.test;")
    assert owner.lost() == []


@pytest.mark.parametrize(
    "change", [lambda lines: lines[1:], lambda lines: lines[::-1], lambda lines: [*lines, lines[0]]]
)
def test_a_line_that_went_moved_or_came_twice(owner, world, change):
    lines = owner.lines[PATH]
    others = [line for line in world.files[PATH].splitlines(keepends=True) if line not in lines]
    world.files[PATH] = b"".join([*others, *change(lines)])
    assert len(owner.lost()) == 1


def test_a_line_with_other_blanks(owner, world):
    world.files[PATH] = world.files[PATH].replace(b"\tlocation   = /owner", b"    location = /owner", 1)
    assert len(owner.lost()) == 1


def test_an_own_file_with_other_bytes_or_another_mode(owner, world):
    path = next(iter(owner.files))
    world.modes[path] = "600"
    assert owner.lost() == [f"{path}: the owner's own file changed"]
    world.modes.clear()
    world.files[path] += b"\n"
    assert owner.lost() == [f"{path}: the owner's own file changed"]


def test_what_he_wrote_is_asked_for(owner):
    assert all(url.startswith(("http://owner-", f"https://{SITE}/owner-")) for url in owner.urls())
    assert len(owner.urls()) == owner.count
