# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which spellings of a path are those of one that asks who comes. `tests/judge/test_access.py` asks nginx."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features._spellings import (
    disguised,
    disguises,
    spellings,
)
from routes import sites

ADMIN = {"path": "/admin/", "access": "lan"}


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/app/admin/", True),
        ("/APP/Admin", True),
        ("/app;v=1/admin;x/y", True),
        (r"/app\admin", True),
        ("/;/app/.;x/admin/", True),
        ("/app/admins/", False),
        ("/app/x/admin/", False),
        ("/apps/admin/", False),
    ],
)
def test_a_spelling_is_known(path: str, is_one: bool) -> None:
    assert bool(re.match(f"^{spellings('/app/admin/')}", path, re.IGNORECASE)) is is_one


def test_no_path_takes_long_to_be_compared() -> None:
    expression = re.compile(f"^{spellings('/app/admin/')}", re.IGNORECASE)
    begin = time.process_time()
    short = [bool(expression.match(sign * 200 + "/app")) for sign in ("\\", "\\.", "/.;", ";", "/;a")]
    first = time.process_time() - begin
    long = [bool(expression.match(sign * 2000 + "/app")) for sign in ("\\", "\\.", "/.;", ";", "/;a")]
    # Ten times as long: linear is 10, quadratic 100, and what tries each way to part it never ends.
    assert time.process_time() - begin - first < max(first, 0.001) * 1000
    assert short == long == [False] * 5


@pytest.mark.parametrize(
    ("route", "site", "kept"),
    [
        ({"locations": [ADMIN]}, {}, True),
        ({"locations": [{**ADMIN, "path": "= /admin"}]}, {}, True),
        ({"locations": [ADMIN]}, {"access": "lan"}, False),
        ({"locations": [{**ADMIN, "access": "public"}]}, {"access": "lan"}, False),
        ({"locations": [{"path": "/admin/", "access": "login"}]}, {"access": "lan"}, True),
        ({"locations": [{"path": "~ /admin", "access": "lan"}]}, {}, False),
        ({}, {}, False),
    ],
)
def test_only_what_asks_less_is_asked_for_spellings(route: dict[str, Any], site: dict[str, Any], kept: bool) -> None:
    (read,) = sites(route, **site)
    assert disguises(read, read.routes[0]) is kept
    assert bool(disguised([read])) is kept
    assert not any(disguises(read, part) for part in read.routes[0].locations)
