# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dpkg knows of configuration files."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _packaged


class TestPackaged:
    """What dpkg knows of the distribution's own site."""

    PATH = "/etc/nginx/sites-available/default"
    CONFFILES = f" /etc/nginx/nginx.conf 11\n {PATH} 22\n /etc/nginx/gone 33 obsolete\n"

    @pytest.fixture(autouse=True)
    def _dpkg(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = {"-S": Answer(0, f"nginx-common: {self.PATH}\n", ""), "-W": Answer(0, self.CONFFILES, "")}
        monkeypatch.setattr(_packaged, "run", lambda command: self.answers[command[1]])

    def test_the_checksum_is_the_package_s(self) -> None:
        assert _packaged.packaged_md5(self.PATH) == "22"

    def test_a_file_of_no_package_has_none(self) -> None:
        self.answers["-S"] = Answer(1, "", "no path found matching pattern")
        assert _packaged.packaged_md5(self.PATH) is None

    def test_a_file_that_its_package_does_not_look_after_has_none(self) -> None:
        assert _packaged.packaged_md5("/etc/nginx/other") is None
