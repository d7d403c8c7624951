# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locations in a file of its owner's; check mode shows them and writes none."""

from __future__ import annotations

from pathlib import Path

import pytest
from module_runs import done, refused

TEXT = "server {\n    listen 80;\n    server_name a;\n}\n"
LOCATION = {"location": "/x/", "directives": {"return": "404"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "site"
    path.write_text(TEXT)
    return path


def test_check_mode_shows_the_location_and_writes_none(file: Path) -> None:
    answer = done("nginx_location", check=True, path=str(file), validate=False, locations=[LOCATION])
    assert (answer["changed"], answer["diff"][0]["before"]) == (True, TEXT)
    assert "    location /x/ { # constellation.edge\n        return 404;\n    }\n" in answer["diff"][0]["after"]
    assert file.read_text() == TEXT


def test_what_is_there_already_changes_nothing(file: Path) -> None:
    file.write_text(TEXT.replace("}\n", "    location /x/ { return 404; }\n}\n"))
    answer = done("nginx_location", check=True, path=str(file), validate=False, adopt=True, locations=[LOCATION])
    assert (answer["changed"], answer["diff"]) == (False, [])


def test_a_server_that_is_not_in_the_file_is_refused(file: Path) -> None:
    given = {"path": str(file), "server": {"server_name": "b"}, "locations": [LOCATION]}
    message = refused("nginx_location", check=True, **given)["msg"]
    assert message.startswith(f"{file}: 0 servers fit server_name='b'")


def test_a_location_of_ours_with_something_of_its_owner_stays_and_is_told(file: Path) -> None:
    ours = "    location /x/ { # constellation.edge\n        # the old camera\n        return 404;\n    }\n"
    file.write_text(TEXT.replace("}\n", f"{ours}}}\n"))
    answer = done("nginx_location", check=True, path=str(file), validate=False, purge=True, locations=[])
    assert (answer["changed"], answer["diff"]) == (False, [])
    [warning] = answer["warnings"]
    assert warning.startswith(f"{file}:4: this location is not listed any more but stays")
