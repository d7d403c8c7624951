# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit of an owner's server or of all servers that a limit of ours would put out of force."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._overridden import http_level, overridden
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.inclusion import nothing_included
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import HOST, THEIRS, sites, written

AT = "/etc/nginx/sites-available/theirs"
SERVER = THEIRS.replace(
    "    location /zm/", "    limit_req zone=theirs;\n    limit_conn theirs 5;\n\n    location /zm/"
)
OWN = "        limit_req zone=own;\n        limit_conn own 5;\n        proxy_pass"


def said(before: str, route: dict[str, object], http: str = "") -> list[str]:
    """Return what is said of a route in an owner's server."""
    text = written(before, route, adopt=True)
    (wanted,) = _declaration.sites(nginx_sites(sites(route, adopt=True), HOST)[1:])
    outside = http_level(parse(f"http {{ {http} }}"), nothing_included)
    return list(overridden(wanted, parse(text), AT, outside, nothing_included))


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [("rate_limit", "1r/s", "limit_req zone=theirs"), ("connection_limit", 2, "limit_conn theirs 5")],
)
def test_a_limit_that_would_not_count_any_more_is_told_with_its_place(key: str, value: object, line: str) -> None:
    (text,) = said(SERVER, {key: value})
    assert re.match(rf"{AT}:[0-9]+: {line} would not count in location /zm/", text)
    assert text.endswith(f"Take it out of the file, or take `{key}` out of the inventory there")
    (text,) = said(THEIRS, {key: value}, f"{line};")
    assert text.startswith(f"nginx.conf: {line} would not count")


def test_without_a_limit_of_ours_or_with_one_of_his_in_the_location_nothing_is_lost() -> None:
    assert said(SERVER, {}) == []
    limits = {"rate_limit": "1r/s", "connection_limit": 2}
    assert said(THEIRS, limits) == []
    assert said(SERVER.replace("        proxy_pass", OWN), limits) == []
