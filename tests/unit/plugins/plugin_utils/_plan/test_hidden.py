# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes that a location of their owner's would hide, in an adopted server or in one of ours."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.hidden import hidden_problems


def told(paths: list[str], *locations: tuple[str, bool], **more: Any) -> list[str]:
    """Return what is said of routes in a server with locations, which are its owner's or ours."""
    routes = [{"path": path, "upstream": "http://192.168.0.10"} for path in paths]
    raw = [{"server_name": "a.example.org", "routes": routes, "adopt": True}]
    found = [{"location": text, "line": line, "ours": ours} for line, (text, ours) in enumerate(locations, 3)]
    server = {"file": "/etc/nginx/conf.d/a.conf", "names": ["a.example.org"], "listens": ["*:443"], "locations": found}
    return [
        f"{each.place}: {each.text}"
        for each in hidden_problems(raw, read_sites(raw, {"generic": {}}), [{**server, **more}])
    ]


def test_a_route_that_its_owner_hides_is_told_with_file_and_line() -> None:
    assert told(["/zm/"], ("/", False), ("~ ^/zm/", False)) == [
        "site a.example.org, route /zm/: no request would get here, since nginx takes other locations first: "
        "https://a.example.org/zm/ goes to /etc/nginx/conf.d/a.conf:4 (location ~ ^/zm/); write `path: ^~ /zm/`, or "
        "take that location out, or narrow it"
    ]
    (text,) = told(["/", "~ ^/zm/"], ("^~/zm/", False))
    assert text.endswith("goes to /etc/nginx/conf.d/a.conf:3 (location ^~ /zm/); take that location out, or narrow it")


@pytest.mark.parametrize(
    ("paths", "locations"),
    [
        (["^~ /zm/"], [("~ ^/zm/", False)]),
        (["/zm/"], [(r"~ ^/zm/.*\.php$", False)]),
        # What no route leads to any more goes, and the owner's own location is the route's.
        (["/zm/"], [("~ ^/zm/", True)]),
        (["/zm/", "~ ^/zm/x"], [("/zm/", False), ("~ ^/zm/x", False)]),
        (["/zm/"], [("@zm", False), ("= /zm/", False)]),
        # Of two expressions the one that stands in front.
        (["~ ^/zm/"], [("~ ^/zm/", False), ("~ ^/z", False)]),
    ],
)
def test_a_route_that_is_reached_is_not_told(paths: list[str], locations: list[tuple[str, bool]]) -> None:
    assert told(paths, *locations) == []


def test_servers_of_other_names_and_of_port_80_hide_nothing() -> None:
    assert told(["/zm/"], ("~ ^/zm/", False), names=["b.example.org"]) == []
    assert told(["/zm/"], ("~ ^/zm/", False), listens=["*:80"]) == []
