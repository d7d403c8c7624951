# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second run, by SSH and as a user whom sudo asks for a password, as the first; comes before everything else."""

from __future__ import annotations

import pytest
import runs


@pytest.fixture(scope="session")
def wrong(tmp_path_factory) -> runs.Run:
    """Return a run with a wrong password."""
    file = tmp_path_factory.mktemp("become") / "password"
    file.write_text("wrong", encoding="utf-8")
    return runs.site(runs.INVENTORY, "--become-password-file", str(file))


@pytest.fixture(scope="session")
def second() -> runs.Run:
    """Return the second run with the right one."""
    return runs.site()


def test_a_wrong_password_is_called_wrong(wrong, homes):
    assert all(wrong.count(home.name, "failed") == 1 for home in homes), wrong.tail
    assert wrong.text.count("Incorrect sudo password") >= len(homes), wrong.tail


def test_a_second_run_changes_nothing(home, second):
    assert second.rc == 0, second.tail
    assert second.count(home.name, "changed") == 0, second.tail
