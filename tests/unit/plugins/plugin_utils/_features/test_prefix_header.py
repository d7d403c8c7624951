# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The header by which a service learns the path of its route."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform

PRESETS = read_presets(OURS).found
HOST = Host(Platform((1, 26, 3), (3, 5, 0), ipv6=True))
USUAL = {"path": "/a/", "upstream": "http://192.168.0.10", "prefix_header": "X-Script-Name"}


def place(**route: Any) -> Place:
    """Return the place of a route."""
    (site,) = read_sites([{"server_name": "a.example.org", "routes": [{**USUAL, **route}]}], PRESETS)
    return Place(site.routes[0], site, HOST)


def said(at: Place) -> list[str]:
    """Return what is said in the header, the empty text by which no client says it included."""
    both = registry.location(at)["proxy_set_header"] + registry.marked(at).get("proxy_set_header", [])
    return [line for line in both if line.lower().startswith("x-script-name")]


@pytest.mark.parametrize("prefix", ["header", "strip"])
def test_the_service_is_told_and_nobody_else_says_it(prefix: str) -> None:
    assert said(place(prefix=prefix)) == ["X-Script-Name /a"]
    assert said(place(prefix=prefix, path="/a/b/")) == ["X-Script-Name /a/b"]
    assert said(place(prefix=prefix, path="/")) == ['X-Script-Name ""']


def test_a_header_that_is_not_told_is_kept_from_clients() -> None:
    for route in ({"path": "/", "prefix": "strip"}, {"app": "mine", "prefix_header": None, "prefix": "keep"}):
        own = {name: value for name, value in {**USUAL, "prefix_header": "X-Base-Url", **route}.items() if value}
        presets = {**PRESETS, "mine": {"prefix": "header", "prefix_header": "X-Base-Url"}}
        (site,) = read_sites([{"server_name": "a.example.org", "routes": [own]}], presets)
        lines = registry.marked(Place(site.routes[0], site, HOST))["proxy_set_header"]
        assert lines == ['X-Base-Url ""']


def test_a_header_that_the_route_says_itself_is_as_it_says() -> None:
    assert said(place(prefix="header", request_headers={"x-script-name": "/b"})) == ['x-script-name "/b"']


def test_a_preset_knows_the_header() -> None:
    at = place(app="octoprint", prefix_header="X-Script-Name")
    assert (at.route.prefix, said(at)) == ("strip", ["X-Script-Name /a"])
    # A service at the root of a site is told nothing, whatever its preset says.
    assert said(place(app="octoprint", path="/")) == ['X-Script-Name ""']


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ({"path": "/a/", "upstream": "http://h", "prefix": "header"}, "prefix: header needs the name of the header"),
        ({**USUAL}, "prefix_header does nothing with `prefix: keep`: write `prefix: header`, or take it out"),
        (
            {**USUAL, "prefix": "header", "prefix_header": "Host"},
            "prefix_header must be a header such as X-Script-Name",
        ),
        (
            {**USUAL, "prefix": "header", "prefix_header": "X-Remote-User"},
            "'X-Remote-User' says something else than a path",
        ),
        ({**USUAL, "prefix": "header", "prefix_header": "x-real-ip"}, "'x-real-ip' says something else than a path"),
        ({**USUAL, "prefix": "header", "path": "~ a"}, "prefix: header is for a prefix, and path '~ a' is a regular"),
    ],
)
def test_what_tells_nothing_or_too_much_is_refused(route: dict[str, Any], text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_sites([{"server_name": "a.example.org", "routes": [route]}], PRESETS)
    assert text in caught.value.problems[0].text
