# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `test_2_cache` has left, once another file has run the playbook without its route."""

from __future__ import annotations

from conftest import Home
from test_2_cache import CACHES


def test_a_cache_goes_with_its_key(homes: list[Home]) -> None:
    for home in homes:
        sites = "grep -rl proxy_cache_path /etc/nginx/sites-available"
        assert home.host.run(sites).stdout == "", "run after other files of this folder, each of which has a run"
        assert home.host.run(f"ls -d {CACHES}").stdout == ""
