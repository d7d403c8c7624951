# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom nginx saw stands in its logs."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._access_table.logs import clients, tail


def test_the_line_with_a_marker_begins_with_the_address(tmp_path: Path) -> None:
    (tmp_path / "a.access.log").write_text(
        '192.0.2.1 - - [x] "GET / HTTP/1.1" 200 1 "-" "other"\n'
        '192.0.2.7 - - [x] "GET / HTTP/1.1" 200 1 "-" "probe one"\n'
        '::ffff:192.0.2.9 - - [x] "GET / HTTP/1.1" 200 1 "-" "probe two"\n'
    )
    (tmp_path / "b.log").write_text('a.example.org 192.0.2.8 "probe three"\n')
    found = clients(["one", "two", "three", "four"], tmp_path, patience=0)
    assert found == {"one": "192.0.2.7", "two": "192.0.2.9"}


def test_a_marker_may_stand_in_several_lines_of_which_one_begins_with_the_address(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('a.example.org 192.0.2.8 "one"\n192.0.2.8 - - "one"\n192.0.2.8 - - "one"\n')
    assert clients(["one"], tmp_path, patience=0) == {"one": "192.0.2.8"}


def test_a_line_is_waited_for(tmp_path: Path) -> None:
    assert clients(["one"], tmp_path, patience=0.3) == {}
    assert clients([], tmp_path) == {}


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert tail(tmp_path) == tail(tmp_path / "none.log") == ""
