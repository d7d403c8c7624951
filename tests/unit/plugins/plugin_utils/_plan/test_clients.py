# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name without an address is told where it is written; one with its last addresses is a note."""

from __future__ import annotations

from typing import Any

from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.clients import client_notes, client_problems

UPSTREAM = "http://10.0.0.1"
LOCATION = {"path": "/c/", "deny": "anna.test"}
ROUTES: list[dict[str, Any]] = [
    {"path": "/", "upstream": UPSTREAM},
    {"path": "/b/", "upstream": UPSTREAM, "access": "lan", "allow": ["bert.test"], "locations": [LOCATION]},
]
SITES: list[dict[str, Any]] = [
    {"server_name": "a.example.org", "access": "lan", "allow": ["anna.test", "203.0.113.9"], "routes": ROUTES},
    {"server_name": "b.example.org", "redirect": "https://c.d"},
]
NOBODY = {"addresses": [], "problem": "DNS knows no address of it"}
SOMEBODY = {"addresses": ["203.0.113.7"], "problem": ""}


def problems(**found: dict[str, Any]) -> list[tuple[str, str, object]]:
    known = {f"{name}.test": each for name, each in found.items()}
    several = client_problems(SITES, read_sites(SITES, {"generic": {}}), known)
    return [
        (each.place, each.text.partition(":")[0] + each.text.partition(":")[2][:10], each.value) for each in several
    ]


def test_each_place_is_named() -> None:
    assert problems(anna=NOBODY, bert=NOBODY) == [
        ("site a.example.org", "allow anna.test", SITES[0]["allow"]),
        ("site a.example.org, route /b/", "allow bert.test", ROUTES[1]["allow"]),
        ("site a.example.org, route /b/c/", "deny anna.test", "anna.test"),
    ]


def test_what_is_known_says_nothing() -> None:
    assert problems(anna=SOMEBODY, bert=SOMEBODY) == []
    assert problems() == []


def test_last_addresses_are_a_note() -> None:
    late = SOMEBODY | {"problem": "no DNS server answers for it"}
    assert client_notes({"anna.test": late, "bert.test": SOMEBODY, "carl.test": NOBODY}) == [
        "allow and deny: anna.test counts as 203.0.113.7: no DNS server answers for it"
    ]
