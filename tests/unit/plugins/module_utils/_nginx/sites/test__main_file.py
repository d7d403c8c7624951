# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of the main context: in a file of ours, and gone with the declaration."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import MAIN_FILE
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._main_file import main_file_changes
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Remove, Write

PATTERNS = ["modules-enabled/*.conf"]
WANTED = {"worker_shutdown_timeout": "10s"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "modules-enabled").mkdir()
    return tmp_path / "modules-enabled" / MAIN_FILE


def carried_out(path: Path, given: object) -> str | None:
    for change in main_file_changes(given, str(path.parent.parent), PATTERNS, []):
        if isinstance(change, Write):
            path.write_bytes(change.content)
        else:
            assert change == Remove(str(path))
            path.unlink()
    return path.read_text() if path.exists() else None


def test_it_comes_changes_and_goes(path: Path) -> None:
    assert "worker_shutdown_timeout 10s; # constellation.edge\n" in (carried_out(path, WANTED) or "")
    assert main_file_changes(WANTED, str(path.parent.parent), PATTERNS, []) == []
    assert "10s" not in (carried_out(path, {"worker_shutdown_timeout": "1m"}) or "10s")
    assert carried_out(path, {}) is None
    assert carried_out(path, {}) is None


def test_what_its_owner_wrote_into_it_stays(path: Path) -> None:
    path.write_text("worker_rlimit_nofile 8192; # mine\n")
    assert "worker_rlimit_nofile 8192; # mine\n" in (carried_out(path, WANTED) or "")
    assert carried_out(path, {}) == "worker_rlimit_nofile 8192; # mine\n"


def test_a_main_file_that_does_not_read_it_is_an_error_before_anything_is_written(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nginx.conf: includes nothing that reads .*, so main_directives"):
        main_file_changes(WANTED, str(path.parent.parent), ["conf.d/*.conf"], [])
    assert main_file_changes({}, str(path.parent.parent), ["conf.d/*.conf"], []) == []
