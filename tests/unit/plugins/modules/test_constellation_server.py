# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sites that `constellation_server` takes are checked as `nginx_site` checks them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.modules.constellation_server import checked_sites


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({"servers": []}, "nginx, the site at place 2: missing required arguments: name found in sites"),
        ({"name": "a", "server": []}, "nginx, site 'a': unknown key sites.server"),
        ({"name": "a", "servers": [{"locatons": []}]}, r"unknown key sites\.servers\.locatons\. Supported parameters"),
        ({"name": "a", "servers": [{"locations": [{}]}]}, "missing required arguments: location"),
        ({"name": "a", "servers": [{"state": "gone"}]}, "value of state must be one of: present, exact, absent"),
    ],
)
def test_what_nginx_site_would_refuse_is_refused(site: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        checked_sites([{"name": "first"}, site])


def test_what_is_left_out_has_its_default() -> None:
    [site] = checked_sites([{"name": "a", "servers": [{"server_name": "a.example.org", "listen": [80]}]}])
    assert site["state"] == "present"
    assert site["servers"][0]["server_name"] == ["a.example.org"]
    assert site["servers"][0]["listen"] == ["80"]
