# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an older nginx is given to refuse, and a newer one refuses by itself; scenario `hostile` asks real ones."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites import older

OLD, NEW = (Platform(version, (3, 0), True) for version in ((1, 18, 0), (1, 22, 1)))
SITES = read_sites(
    [{"server_name": ["a.example.org", "www.example.org"], "routes": [{"path": "/", "upstream": "http://10.0.0.1"}]}],
    {"generic": {}},
)
ERROR = "/.constellation-edge/error"
# The source of a map, and what it is to say.
ASTRAY = {
    "on:a.example.org:a.example.org:/": "0",
    "on:a.example.org:WWW.example.org:/x": "0",
    "on:a.example.org::/": "1",
    "on:a.example.org:b.example.org:/": "1",
    "on:a.example.org:aXexample.org:/": "1",
    # Without TLS nginx answers 400, by a page of ours.
    f":a.example.org::{ERROR}": "0",
    f"on:a.example.org::{ERROR}": "0",
    f"on:a.example.org::/x:{ERROR}": "1",
}
LENGTHS = {
    "::/": "0",
    "5::/": "0",
    ":chunked:/": "0",
    "5:chunked:/": "1",
    f"5:chunked:{ERROR}": "0",
    f"5:chunked:/x:{ERROR}": "1",
}


def value(text: str, source: str) -> str:
    """Return what nginx makes of a map without plain texts: the first expression that fits."""
    default, *entries = re.findall(r'(?:"(~\*?)([^"]+)"|(default)) (\d);', text)
    for sign, expression, _default, found in entries:
        if re.search(expression, source, re.IGNORECASE if sign == "~*" else 0):
            return found
    return default[3]


def test_a_newer_nginx_needs_nothing():
    assert older.maps(SITES, NEW, rejects=True) == ""
    assert older.refusals(NEW, rejects=True) == {}
    assert {f"{each} {{}}" for each in older.refusals(OLD, rejects=False)} == set(older.REFUSALS)


def test_a_newer_one_refuses_other_names_where_its_handshake_does_not():
    assert older.maps(SITES, NEW, rejects=False) == older.maps(SITES, OLD, rejects=False).splitlines()[0]
    assert f"{next(iter(older.refusals(NEW, rejects=False)))} {{}}" == older.REFUSALS[0]


@pytest.mark.parametrize(("number", "cases"), [(0, ASTRAY), (1, LENGTHS)])
def test_an_older_one_refuses(number, cases):
    text = older.maps(SITES, OLD, rejects=False).splitlines()[number]
    assert {source: value(text, source) for source in cases} == cases
