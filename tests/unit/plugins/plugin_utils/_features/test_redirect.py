# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirects that no client gets out of are refused; those that it does are not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites

PROXIED = {"path": "/zm/", "upstream": "http://192.168.0.10"}


def said(*routes: dict[str, Any], **more: Any) -> list[str]:
    """Return what is wrong with a site of these routes, and with another site beside it."""
    sites = [
        {"server_name": ["Home.example.org", "two.example.org"], "aliases": ["www.example.org"], "routes": [*routes]}
    ]
    sites += [{"server_name": name, **site} for name, site in more.items()]
    try:
        read_sites(sites, {"generic": {}})
    except SchemaError as error:
        return [f"{each.place}: {each.text}" for each in error.problems]
    return []


def to(path: str, where: Any) -> dict[str, Any]:
    return {"path": path, "redirect": where}


@pytest.mark.parametrize(
    "where",
    [
        "/old/",
        "/old",
        "/old/below",
        "/old/below/",
        {"to": "/old/", "path": "drop"},
        "https://home.example.org/old/",
        "http://two.example.org/old/x",
        "https://www.example.org:443/old/",
        "/old/?again=1",
    ],
)
def test_one_that_leads_to_itself_is_refused(where: Any) -> None:
    (text,) = said(PROXIED, to("/old/", where))
    assert text == (
        "site Home.example.org, route /old/: redirect leads back to home.example.org/old/, where it began: no client "
        "ever gets an answer. Give it another destination"
    )


@pytest.mark.parametrize(
    "where", ["/zm/", "/zm", "/other/", "/", "https://home.example.org:8443/old/", "https://far.example.org/old/"]
)
def test_one_that_leads_elsewhere_is_not(where: str) -> None:
    assert said(PROXIED, to("/old/", where)) == []


def test_the_root_may_lead_to_a_route() -> None:
    assert said(PROXIED, to("/", "/zm/")) == []
    assert len(said(PROXIED, to("/", "/zmx/"))) == 1


def test_two_that_lead_to_one_another_are_told_both() -> None:
    first, second = said(to("/a/", "/b/x"), to("/b/", "https://two.example.org/a/"))
    assert first.startswith(
        "site Home.example.org, route /a/: redirect leads to home.example.org/b/, and from there back to "
        "home.example.org/a/: no client gets an answer"
    )
    assert "route /b/" in second


def test_a_chain_that_ends_in_a_loop_of_others_is_told_at_those_alone() -> None:
    texts = said(to("/a/", "/b/"), to("/b/", "/c/"), to("/c/", "/b/"))
    assert [text.partition(":")[0] for text in texts] == [
        "site Home.example.org, route /b/",
        "site Home.example.org, route /c/",
    ]


@pytest.mark.parametrize(
    ("path", "where", "is_loop"),
    [
        ("= /old", "/old", True),
        ("= /old", "/old/", False),
        ("^~ /old/", "/old/x", True),
        ("~ [.]php$", "/index.php", True),
        ("~ [.]php$", "/zm/index.html", False),
        ("~* [.]PHP$", "/zm/index.php?x", True),
    ],
)
def test_each_form_of_a_path_counts(path: str, where: str, is_loop: bool) -> None:
    assert bool(said(PROXIED, to(path, where))) is is_loop


def test_an_old_path_of_a_route_counts() -> None:
    assert len(said({**to("/new/", "/old/"), "moved_from": "/old/"})) == 1


def test_sites_that_lead_to_one_another_are_told() -> None:
    more = {"b.example.org": {"redirect": "https://home.example.org"}}
    assert said(PROXIED, **more) == []
    first, second = said(to("/", "https://b.example.org"), **more)
    assert "site Home.example.org, route /" in first
    assert second.startswith("site b.example.org: redirect leads to home.example.org/, and from there back to ")
