# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lineage serves a site that has none of its own name."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ansible_collections.constellation.edge.plugins.module_utils._certbot.covering import covering, covers
from ansible_collections.constellation.edge.plugins.module_utils._host.x509 import Certificate

NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


def certificate(days: int, *names: str) -> Certificate:
    return Certificate(names, "CA", NOW + timedelta(days=days), "ecdsa", "1")


def test_a_wildcard_covers_one_label() -> None:
    assert covers(["*.example.org"], "a.example.org")
    assert not covers(["*.example.org"], "example.org")
    assert not covers(["*.example.org"], "b.a.example.org")


def test_the_one_that_lives_longest_is_chosen_then_the_first_by_name() -> None:
    found = {"d": certificate(9, "a", "b"), "c": certificate(9, "b", "a"), "b": certificate(8, "a", "b")}
    assert covering(["a", "B"], found, NOW) == "c"
    assert covering(["a"], {**found, "z": certificate(10, "a")}, NOW) == "z"


def test_all_names_have_to_be_covered_by_one_that_has_not_ended() -> None:
    assert covering(["a", "c"], {"x": certificate(9, "a", "b")}, NOW) == ""
    assert covering(["a"], {"x": certificate(0, "a")}, NOW) == ""
    assert covering([], {"x": certificate(9, "a")}, NOW) == ""
