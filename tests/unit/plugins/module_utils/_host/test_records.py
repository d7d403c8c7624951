# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records from one run to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host import records


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert records.read("a", str(folder)) == {}
    records.write("a", {"pid": 1, "names": ["é"]}, str(folder))
    assert records.read("a", str(folder)) == {"pid": 1, "names": ["é"]}
    assert (folder / "a.json").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in folder.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"a": ', b"\x00\xff"])
def test_unreadable_record_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert records.read("a", str(tmp_path)) == {}
