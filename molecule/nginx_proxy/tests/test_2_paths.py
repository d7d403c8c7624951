# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of a path in docs/guides/routes.md: which route answers which request."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import runs
from conftest import Client, Home
from guide import BLOCKS

(PATHS,) = (
    [route["path"] for route in each["routes"]] for (each,) in BLOCKS if each["server_name"] == "php.example.org"
)
(PARTS,) = (route["locations"] for (each,) in BLOCKS for route in each.get("routes", ()) if "locations" in route)
SEVERAL = [*PATHS, "~* ^/app[0-9]{1,2}/", "~ x"]
# What answers is the same for all; each route says its number in a header.
UPSTREAM = "http://127.0.0.1:8088"
ANY = {"probe": {"status": [200, 301, 404]}}


def run(paths: list[str]) -> runs.Run:
    """Run the playbook with a route for each path."""
    routes: list[dict[str, Any]] = [{"path": "/constellation/", "app": "constellation"}]
    routes += [
        {"path": path, "upstream": UPSTREAM, "headers": {"X-Route": str(number)}, **ANY}
        for number, path in enumerate(paths)
    ]
    # The guide's locations, in front of a service that answers 404 to all that it does not know.
    parts = [part if {"redirect", "return"} & {*part} else {**part, "headers": {"X-Part": "yes"}} for part in PARTS]
    parts.append({"path": "~* /hidden$", "return": 410})
    routes.append({"path": "/cloud/", "upstream": UPSTREAM, "max_body_size": "1k", "locations": parts, **ANY})
    return runs.site(
        runs.INVENTORY,
        "-e",
        json.dumps({"edge_sites": [{"server_name": "{{ inventory_hostname }}.example.org", "routes": routes}]}),
    )


@pytest.fixture(scope="module")
def first() -> runs.Run:
    """Return the run with the paths of the guide, and others of the same form."""
    return run(SEVERAL)


def answered(client: Client, home: Home, path: str, paths: list[str]) -> str:
    """Return the path of the route that answers, else the status line."""
    head = client.curl(home, f"https://{home.domain}{path}", "-D", "-", "-o", "/dev/null").stdout
    found = re.search(r"^x-route: (.*?)\r?$", head, re.M | re.I)
    return paths[int(found.group(1))] if found else head.split("\r\n")[0]


@pytest.mark.parametrize(
    ("asked", "route"),
    [
        ("/", "/"),
        ("/status", "= /status"),
        ("/status?a=b", "= /status"),
        ("/status/", "/"),
        ("/statuses", "/"),
        ("/a/b.php", r"~ \.php$"),
        ("/a/b.PHP", "/"),
        ("/a/b%2Ephp", r"~ \.php$"),
        ("/downloads/a.php", "^~ /downloads/"),
        ("/downloads.php", r"~ \.php$"),
        ("/app1/x.php", r"~ \.php$"),
        ("/APP12/y", "~* ^/app[0-9]{1,2}/"),
        ("/CLOUD/hidden", "/"),
    ],
)
def test_each_request_gets_to_the_route_that_is_meant(
    first: runs.Run, homes: list[Home], client: Client, asked: str, route: str
) -> None:
    assert first.rc == 0, first.tail
    for home in homes:
        assert answered(client, home, asked, SEVERAL) == route


def test_a_prefix_is_found_without_its_last_slash(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        url = f"https://{home.domain}/downloads?a=b"
        answer = client.curl(home, url, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}").stdout
        assert answer == f"301 https://{home.domain}/downloads/?a=b"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("/cloud/remote.php/dav", "service yes"),
        ("/cloud/remote.php", "service yes"),
        ("/cloud/other", "service "),
        ("/cloud/.well-known/carddav", "301 https://HOME/remote.php/dav/"),
        ("/cloud/.well-known/cardda", "service "),
        ("/cloud/metrics", "404 "),
        ("/cloud/hidden", "410 "),
        ("/cloud/a/HIDDEN", "410 "),
        ("/cloud/%0A/hidden", "410 "),
    ],
)
def test_a_part_of_a_service_has_an_answer_of_its_own(
    first: runs.Run, homes: list[Home], client: Client, asked: str, said: str
) -> None:
    shown = "%{http_code} %header{x-part}%{redirect_url}"
    for home in homes:
        answer = client.curl(home, f"https://{home.domain}{asked}", "-k", "-o", "/dev/null", "-w", shown).stdout
        # The service knows none of these paths, and answers 400.
        assert answer.replace("400 ", "service ") == said.replace("HOME", home.domain)


def test_a_part_of_a_service_takes_what_the_rest_does_not(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        sent = ("-k", "--data", "x" * 2000)
        assert client.status(home, f"https://{home.domain}/cloud/other", *sent) == "413"
        assert client.status(home, f"https://{home.domain}/cloud/remote.php", *sent) != "413"


@pytest.mark.long
def test_expressions_follow_the_order_of_the_list(first: runs.Run, homes: list[Home], client: Client) -> None:
    turned = [*reversed(SEVERAL)]
    changed = run(turned)
    assert changed.rc == 0, changed.tail
    for home in homes:
        assert answered(client, home, "/app1/x.php", turned) == "~ x"
        assert answered(client, home, "/APP12/y", turned) == SEVERAL[-2]
        assert answered(client, home, "/status", turned) == "= /status"
