# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A back end gets the same, and its redirects become the same, however nginx is told where it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_upstreams import BACK_END, HOST, PROXY, SOCKET
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_upstreams.py")
NAME = "nas.lan"
RESOLVES, ASKS_AT_START = (1, 28, 3), (1, 26, 3)
IN_DNS = {NAME: {"full_name": NAME, "servers": [HOST], "in_dns": True, "fresh": True, "address": "", "now": HOST}}
HOST_ALONE = {NAME: {"full_name": NAME, "servers": [HOST], "in_dns": False, "fresh": False, "address": HOST}}
# How nginx is told: the upstream, what is known of the name, the version that the text is made for.
FORMS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "address": (HOST, {}, ASKS_AT_START),
    "host alone": (NAME, HOST_ALONE, ASKS_AT_START),
    "variable": (NAME, IN_DNS, ASKS_AT_START),
    "resolve": (NAME, IN_DNS, RESOLVES),
    "socket": (f"unix:{SOCKET}", {}, ASKS_AT_START),
}
PREFIXES = ("/strip/", "/s.t+r/", "/keep/")
RESTS = (
    *("", "a/b", "a/b?x=1&y=%20%2F+", "?", "?x", "a%20b", "a%2Fb", "a%0Ab", "%0A", "a%0A", "%0Ab", "/x", "x//y", "%2F"),
    *("%3Fq", "%3Fq?z=%3F", "a%25b", "%2525", "a/../b", "./a", "%2e%2e/keep/", "%C3%A9", "%E9", "a+b", "a;b", "a%3Bb"),
    *(
        "a%7Cb",
        "%22%7B%7D%5C%5E%60",
        "$1",
        "$host",
        "%241",
        "~a",
        "a:b@c",
        "(a)",
        "a'b",
        "a%23b",
        "a%00b",
        "a,b=c",
        "%7F",
    ),
)
# What no client may send like this and many do: the same once decoded.
RAW = ("\xc3\xa9", "a|b", 'a"b', "a{b}", "a\\b", "a^b")
LOCATIONS = ("/x", "/x?y=/strip/", "x", "https://other.example.org/x", "https://public.example.org/x", "//x", "")


def configuration(form: str, routes: Sequence[dict[str, Any]] = (), *, adopt: bool = False) -> bytes:
    """Return a whole configuration with the locations that site.yml would make, without TLS.

    With `adopt` they are as site.yml would make an owner's.
    """
    _host, names, version = FORMS[form]
    url = url_of(form)
    routes = routes or [
        {"path": "/strip/", "prefix": "strip", "upstream": url},
        {"path": "/s.t+r/", "prefix": "strip", "upstream": url},
        {"path": "/keep/", "upstream": url},
        {"path": "/", "upstream": url},
    ]
    sites = read_sites([{"server_name": "public.example.org", "routes": [*routes], "adopt": adopt}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform(version, (3, 5), False), names))
    https = site["servers"][1]
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": [*map(_theirs, https["locations"])]}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    assert text is not None
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off;\n{common['directives']}\n{text}}}\n".encode("latin-1")


def url_of(form: str) -> str:
    """Return the upstream of a form."""
    host = FORMS[form][0]
    return host if host.startswith("unix:") else f"http://{host}:{BACK_END}"


def _theirs(location: dict[str, Any]) -> dict[str, Any]:
    """Return a location with what is put into one of an owner's, where it is for one."""
    adopted = location.get("adopted")
    more = {"marked": adopted["marked"]} if adopted and "marked" in adopted else {}
    return {**location, **({"directives": adopted["directives"], "adopted": None, **more} if adopted else {})}


def asked(
    judge: Judge,
    form: str,
    requests: Sequence[tuple[str, str | None]],
    routes: Sequence[dict[str, Any]] = (),
    *,
    adopt: bool = False,
) -> list[dict[str, str | None]]:
    """Return what the back end got and what nginx answered."""
    files = {"upstreams.conf": configuration(form, routes, adopt=adopt), "requests.json": json.dumps(requests).encode()}
    found: list[dict[str, str | None]] = judge.run(PROGRAM, files, FOLDER)
    return found


def forms(judge: Judge) -> list[str]:
    """Return the forms beside the first that the nginx of a system knows."""
    return [form for form in FORMS if form != "address" and (form != "resolve" or judge.system == "ubuntu2604")]


def test_a_back_end_gets_the_same(judge: Judge) -> None:
    targets = [f"{prefix}{rest}" for prefix in (*PREFIXES, "/") for rest in RESTS]
    targets += ["/strip", "/strip?x=1", "/keep", "//strip/a", "/keep/../strip/%20", "/%73trip/a%2Fb"]
    requests = [(target, None) for target in targets]
    expected = asked(judge, "address", requests)
    assert sum(each["got"] is not None for each in expected) > len(targets) // 2
    for form in forms(judge):
        for target, right, found in zip(targets, expected, asked(judge, form, requests), strict=True):
            assert found == right, (form, target)


def test_bytes_that_should_have_been_escaped_mean_the_same(judge: Judge) -> None:
    targets = [f"{prefix}{rest}" for prefix in PREFIXES for rest in RAW]
    requests = [(target, None) for target in targets]
    expected = asked(judge, "address", requests)
    for form in forms(judge):
        for target, right, found in zip(targets, expected, asked(judge, form, requests), strict=True):
            if target.startswith("/keep/"):
                assert found["got"] == right["got"], (form, target)
            assert decoded(found["got"]) == decoded(right["got"]), (form, target)


def decoded(got: str | None) -> bytes:
    """Return a request line without its escapes."""
    assert got is not None
    return unquote_to_bytes(got.split("\r\n")[0].encode("latin-1"))


def test_redirects_become_the_same(judge: Judge) -> None:
    requests = [(f"{prefix}a", location) for prefix in PREFIXES for location in (*LOCATIONS, "UPSTREAM/x", "UPSTREAM")]
    answers = {}
    for form in ("address", *forms(judge)):
        # A service on a socket knows the site's name alone, and may say a port of its container.
        url = url_of(form) if form != "socket" else "http://public.example.org:9000"
        own = [(target, location.replace("UPSTREAM", url)) for target, location in requests]
        answers[form] = [(each["location"] or "").replace(url, "UPSTREAM") for each in asked(judge, form, own)]
    assert any(answer.endswith("/strip/x") for answer in answers["address"])
    for form in forms(judge):
        for request, right, found in zip(requests, answers["address"], answers[form], strict=True):
            assert found == right, (form, request)
