# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a redirect may lead, and what a client has no say in."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.destinations import Destination, Redirect

KIND = Redirect()


@pytest.mark.parametrize(
    ("given", "host", "path", "keeps"),
    [
        ("https://other.example.org", "https://other.example.org", "/", True),
        ("HTTPS://Other.Example.org:8443/x/", "https://other.example.org:8443", "/x/", True),
        ("http://nas", "http://nas", "/", True),
        ("http://192.168.0.9:81", "http://192.168.0.9:81", "/", True),
        ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443", "/", True),
        ("https://a.example.org/x", "https://a.example.org", "/x", False),
        ("https://a.example.org?q=1/", "https://a.example.org", "/?q=1/", False),
        ("/there/", "", "/there/", True),
        ("/there", "", "/there", False),
        ({"to": "/there/", "path": "drop"}, "", "/there/", False),
    ],
)
def test_path_and_query_come_along_to_what_ends_in_a_slash(given: Any, host: str, path: str, keeps: bool) -> None:
    assert KIND.read("redirect", given) == (Destination(host, path, 308, keeps), [])


def test_another_status_is_said_in_a_mapping() -> None:
    assert KIND.read("redirect", {"to": "/x", "code": 302})[0].code == 302


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "//evil.example.net/",
            "begins with two slashes, which leads to another host: write https://evil.example.net/",
        ),
        ("/\\evil.example.net", "has a backslash, which browsers take for a slash"),
        ("https:\\\\evil.example.net", "has a backslash"),
        ("https://a.example.org/$host", "'$host' is no variable here: take it out; to a destination that ends in /"),
        ("https://a.example.org/5$", "has a `$`, which nginx would take for a variable: write %24"),
        ("https://a.example.org/\r\nSet-Cookie:a=b", "has a sign that no URL has"),
        ("https://a.example.org/a b", "such as %20 for a blank"),
        ("https://a.example.org/é", "has a sign that no URL has"),
        ("https://a.example.org/%zz", "has a sign that no URL has"),
        ("https://a.example.org/{x}", "'{x}' is no variable here: take it out"),
        ("https://a.example.org/{", "has a sign that no URL has"),
        ("https://user:pw@a.example.org/", "has a user in it"),
        ("https:///x", "names no host"),
        ("https://a.example.org:0/", "names no host"),
        ("https://a.example.org:99999/", "a port is a number from 1 to 65535"),
        ("https://*.example.org/", "is a wildcard"),
        ("other.example.org", "is no destination: write https://other.example.org, or /PATH/ for this site"),
        ("javascript:alert(1)", "is no destination"),
        ("", "is no destination"),
        (True, "must be a URL, a path of this site or a mapping"),
        (f"/{'a' * 2000}", "is longer than nginx takes"),
        ({}, "needs `to: https://NAME/`"),
        ({"to": "/x/", "code": 200}, "code 200 is no status of a redirect: write one of 301, 302"),
        ({"to": "/x/", "code": True}, "code True is no status"),
        ({"to": "/x/", "pat": "keep"}, "unknown key 'pat'; did you mean 'path'?"),
        ({"to": "/x", "path": "keep"}, "the destination ends in `/`, and '/x' does not: write /x/"),
        ({"to": "/?x", "path": "keep"}, "has a query or a fragment, behind which no path can come"),
        ({"to": 7}, "redirect 7 is no destination"),
    ],
)
def test_what_leads_nowhere_or_to_anybody_is_refused(given: Any, said: str) -> None:
    value, mistakes = KIND.read("redirect", given)
    assert value is None
    assert said in mistakes[0].text


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example.org/", "a.example.org"),
        ("http://a.example.org:80/", "a.example.org"),
        ("https://a.example.org:8443/", ""),
        ("/x/", ""),
    ],
)
def test_by_its_own_port_a_host_may_be_one_of_ours(url: str, name: str) -> None:
    assert KIND.convert(url).name == name
