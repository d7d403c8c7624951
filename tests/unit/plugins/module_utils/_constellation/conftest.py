# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that the tests of this folder run."""

from __future__ import annotations

import pathlib

import pytest
from dotnet_world import World, play


@pytest.fixture
def world(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a program in a folder of its own."""
    return play(tmp_path, monkeypatch)
