# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directives of nginx that an owner writes himself: nothing breaks out, and nothing is said twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import (
    NO_SERVER,
    LocalServer,
)
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.repeated import repeated_problems

HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}


def written(raw: Any, **route: Any) -> list[dict[str, Any]]:
    """Return `edge_sites` with a route that says this."""
    routes = [{"path": "/", "upstream": "http://192.168.0.10", "raw": raw, **route}]
    return [{"server_name": "a.example.org", "routes": routes}]


def read(raw: Any, **route: Any) -> list[Site]:
    """Return the site."""
    return read_sites(written(raw, **route), {"generic": {}})


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("limit_rate 1m;", "limit_rate 1m;\n"),
        ("# why\nlimit_rate 1m;\n", "# why\nlimit_rate 1m;\n"),
        ({"limit_rate": "1m", "if ($slow)": {"return": 429}}, "limit_rate 1m;\nif ($slow) {return 429;}\n"),
        ({"expires": ["1h", "off"], "gunzip": True}, "expires 1h;\nexpires off;\ngunzip on;\n"),
        ({"charset": "\u00e9"}, "charset \u00e9;\n"),
    ],
)
def test_it_becomes_a_file_that_the_location_includes(raw: Any, text: str) -> None:
    (_common, site) = edge_plan(read(raw), HOST)["nginx_sites"]
    ((name, content),) = site["files"].items()
    assert content.partition("\n")[2] == text
    assert site["servers"][1]["locations"][0]["marked"] == {"include": [f"/etc/nginx/constellation-edge/{name}"]}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("limit_rate 1m", "raw: line 1, column 14 of the text"),
        ("limit_rate 1m; }", "raw: line 1, column 16 of the text"),
        ("} location /x { deny all;", "raw: line 1, column 1 of the text"),
        ("if ($a) { return 403;", "raw: line 1, column 22 of the text"),
        ({"limit_rate": "1m; } location /x {"}, "raw: limit_rate: "),
        ({"limit_rate 1m; deny": "all"}, "raw: "),
        ("limit_rate 1m;\0", "holds a zero byte"),
        ("# nothing", "raw has no directive: write one, such as `limit_rate 1m;`, or take it out"),
        (
            ["limit_rate 1m;"],
            "raw must be directives of nginx, such as `limit_rate 1m;`, as a text or a mapping, not a",
        ),
        ("add_header X-A b;", "raw: 'add_header': write it as `headers: {NAME: VALUE}`"),
        ('"add_header" X-A b;', "raw: 'add_header': write it as `headers: {NAME: VALUE}`"),
        ("if ($arg_x) { add_header X-A b; }", "raw: 'add_header': write it as `headers: {NAME: VALUE}`"),
        ("limit_rate 1m; # deny all;", "raw has a comment that goes to the end of its only line: write `raw: |`"),
        ("proxy_set_header X-A b;", "write it as `request_headers: {NAME: VALUE}`"),
        ("location ~ a { deny all; }", "raw: 'location': write it as a route of its own"),
    ],
)
def test_what_is_not_whole_or_has_a_key_is_refused(raw: Any, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read(raw)
    (problem,) = caught.value.problems
    assert problem.place == "site a.example.org, route /"
    assert reason in problem.text


def repeated(raw: str, **route: Any) -> list[str]:
    """Return what is said of a route that says something twice."""
    entries = written(raw, **route)
    return [each.text for each in repeated_problems(entries, read(raw, **route), HOST, NO_SERVER)]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            "proxy_read_timeout 5s;",
            "raw: 'proxy_read_timeout' is set by the route itself: write it with `read_timeout`",
        ),
        (
            "client_max_body_size 1m;",
            "raw: 'client_max_body_size' is set by the route itself: write it with `max_body_size`",
        ),
        (
            "proxy_pass http://192.168.0.11;",
            "raw: 'proxy_pass' is set by the route itself: write it with `prefix`, `upstream`",
        ),
        ("proxy_buffers 8 4k;", "raw: 'proxy_buffers' is set by every route: take it out"),
    ],
)
def test_what_the_route_sets_is_refused_with_its_key(raw: str, text: str) -> None:
    (said,) = repeated(raw)
    assert said.startswith(text)


def test_what_may_stand_there_several_times_is_not_refused() -> None:
    assert repeated("set $a b; if ($a) { return 403; } allow 10.0.0.0/8; deny all; limit_rate 1m;") == []
    assert repeated("proxy_request_buffering off;") == []
    assert repeated("proxy_request_buffering off;", request_buffering=False) != []


def test_what_is_kept_for_the_lan_later_is_asked_before_what_raw_says() -> None:
    sites = read("break;", path="/constellation/", upstream="http://127.0.0.1:8088", app="generic")
    text: str | None = None
    for server in (NO_SERVER, LocalServer(ports=frozenset({8088}), folders=("/WebConsole",))):
        (site,) = _declaration.sites([edge_plan(sites, HOST, server)["nginx_sites"][1]])
        text = edit_site(text, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)
    assert text
    assert 0 < text.index("if ($constellation_edge_kept)") < text.index("/constellation-edge/raw-")
