# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which listenUris are the owner's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation._owner_uris import (
    others,
    read_ours,
    write_ours,
)
from ansible_collections.constellation.edge.plugins.module_utils._dotnet.errors import DotnetError

WANTED = ["http://+:8088/constellation"]


@pytest.mark.parametrize(
    ("there", "ours", "expected"),
    [
        (["http://+:8088/", "http://+:8088/x"], [], []),
        (["http://+:9000/"], [], ["http://+:9000/"]),
        (["http://+:9000"], ["http://+:9000/"], []),
        (["http://+:9000/", "http://+:8088/"], ["http://+:9001/"], ["http://+:9000/"]),
        (["not one", "http://+:99999/"], [], []),
    ],
)
def test_the_port_and_the_record_decide(there: list[str], ours: list[str], expected: list[str]) -> None:
    assert others(there, WANTED, ours) == expected


def test_each_file_has_its_own_record(tmp_path: Path) -> None:
    assert read_ours("/a", str(tmp_path)) == []
    write_ours("/a", WANTED, str(tmp_path))
    write_ours("/b", ["http://+:1/"], str(tmp_path))
    assert read_ours("/a", str(tmp_path)) == WANTED
    written = (tmp_path / "listen-uris.json").stat().st_mtime_ns
    write_ours("/a", WANTED, str(tmp_path))
    assert (tmp_path / "listen-uris.json").stat().st_mtime_ns == written


def test_a_record_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DotnetError, match="cannot be noted"):
        write_ours("/a", WANTED, str(tmp_path / "file"))
