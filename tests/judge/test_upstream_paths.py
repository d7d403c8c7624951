# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service with a path of its own gets, through nginx, and where its redirects lead."""

from __future__ import annotations

from typing import Any

import pytest

from judge.nginx import Judge
from judge.test_upstreams import RAW, RESTS, asked, forms, url_of

NAME = "public.example.org"
# The public path, the service's own one.
PATHS = [("/desk/", "/guacamole/"), ("/d.e+k/", "/a/b~c/"), ("/", "/guacamole/")]
# What the service says, what a client is told below `/desk/` and at the root.
REDIRECTS = [
    ("/guacamole/login", "/desk/login", "/login"),
    ("/guacamole/", "/desk/", "/"),
    ("/guacamole", "/desk/", "/"),
    ("/guacamole?a=1", "/desk/?a=1", "/?a=1"),
    ("/guacamole/x?a=/guacamole/", "/desk/x?a=/guacamole/", "/x?a=/guacamole/"),
    (f"http://{NAME}/guacamole/a", "/desk/a", "/a"),
    (f"https://{NAME}:8088/guacamole/a", "/desk/a", "/a"),
    ("UPSTREAM/guacamole/a", "/desk/a", "/a"),
    # What would be another host to a browser.
    ("/guacamole//id.example.net/a", "/desk/id.example.net/a", "/id.example.net/a"),
    (r"/guacamole/\id.example.net/a", "/desk/id.example.net/a", "/id.example.net/a"),
    # Beside its path, and elsewhere.
    ("/guacamoles/a", "/guacamoles/a", "/guacamoles/a"),
    ("/other", "/other", "/other"),
    ("https://id.example.net/guacamole/", "https://id.example.net/guacamole/", "https://id.example.net/guacamole/"),
    ("next", "next", "next"),
]


def routes(form: str) -> list[dict[str, Any]]:
    return [{"path": path, "upstream": f"{url_of(form)}{own}"} for path, own in PATHS]


@pytest.fixture
def spoken(judge: Judge) -> list[str]:
    """Return the forms in which this nginx can be told of a back end with a path."""
    return ["address", *(form for form in forms(judge) if form != "socket")]


@pytest.mark.parametrize("adopt", [False, True])
def test_it_gets_what_the_client_wrote_below_its_own_path(judge: Judge, spoken: list[str], adopt: bool) -> None:
    rests = [rest for rest in (*RESTS, *RAW) if not rest.startswith(("a/..", "%2e%2e/")) and "%00" not in rest]
    targets = [(f"{path}{rest}", f"{own}{rest}") for path, own in PATHS[:2] for rest in rests]
    targets += [("//desk/a", "/guacamole/a"), ("/x%2Fy?z", "/guacamole/x%2Fy?z"), ("/", "/guacamole/")]
    for form in spoken:
        found = asked(judge, form, [(target, None) for target, _right in targets], routes(form), adopt=adopt)
        for (target, right), each in zip(targets, found, strict=True):
            assert (each["got"] or "").split("\r\n")[0] == f"GET {right} HTTP/1.1", (form, target, each)


def test_a_path_with_two_dots_reaches_nothing(judge: Judge, spoken: list[str]) -> None:
    targets = ["/desk/../secret", "/desk/%2e%2e/secret", "/desk/..%2fsecret", "/desk/a/..;/../secret"]
    for each in asked(judge, spoken[0], [(target, None) for target in targets], routes(spoken[0])):
        assert each["got"] is None
        assert (each["status"] or "").split()[1] == "400"


def test_redirects_lead_below_the_public_path(judge: Judge, spoken: list[str]) -> None:
    for form in spoken:
        said = [location.replace("UPSTREAM", url_of(form)) for location, *_told in REDIRECTS]
        for number, path in ((1, "/desk/x"), (2, "/x")):
            found = asked(judge, form, [(path, location) for location in said], routes(form))
            told = [(each["location"] or "").removeprefix("Location: ") for each in found]
            host = f"http://{NAME}:8080"
            assert [each.removeprefix(host) for each in told] == [each[number] for each in REDIRECTS], form
