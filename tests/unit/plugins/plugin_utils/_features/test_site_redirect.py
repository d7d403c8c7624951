# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that leads elsewhere is one with a redirect at its root, and has no routes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

HOST = Host(Platform((1, 28, 3), (3, 5, 5), True))
OLD = {"server_name": "old.example.org", "redirect": "https://home.example.org"}


def written(site: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = nginx_sites(read_sites([site], {"generic": {}}), HOST)[1]
    return found


def test_it_is_written_as_a_route_at_the_root() -> None:
    route = {"path": "/", "redirect": OLD["redirect"]}
    assert written(OLD) == written({"server_name": OLD["server_name"], "routes": [route]})
    (root, _error) = written(OLD)["servers"][1]["locations"]
    (_climbs, condition, answer) = root["directives"].items()
    assert condition[1] == {"return": "308 https://home.example.org/$constellation_edge_behind"}
    assert answer == ("return", "400")
    assert "Strict-Transport-Security" in str(written(OLD)["servers"][1]["directives"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"routes": [{"path": "/", "upstream": "http://10.0.0.1"}]},
            "has `redirect` and `routes`: take one of the two",
        ),
        ({"redirect": "//evil"}, "begins with two slashes"),
        ({"redirect": None}, "redirect must be a URL"),
        ({"redirect": "/x/"}, "redirect leads back to old.example.org/, where it began"),
        ({"redirect": "https://OLD.example.org/x"}, "redirect leads back to old.example.org/"),
    ],
)
def test_what_is_wrong_is_told_once(more: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemaError) as error:
        read_sites([OLD | more], {"generic": {}})
    (problem,) = error.value.problems
    assert problem.place == "site old.example.org"
    assert said in problem.text


def test_a_site_without_both_is_told_of_both() -> None:
    with pytest.raises(SchemaError, match=r"needs `routes:`, a list .*, or `redirect: https://NAME` where all of it"):
        read_sites([{"server_name": "old.example.org"}], {"generic": {}})
