# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which path a service gets, through nginx: what the client wrote, or nothing where two could be read in it."""

from __future__ import annotations

import itertools

import pytest

from judge.nginx import Judge
from judge.test_upstreams import PREFIXES, RAW, RESTS, asked, forms

# Each is a part of two dots to nginx, or to a service that resolves more.
DOTS = (
    "..",
    "%2e.",
    ".%2E",
    "%2e%2e",
    "%252e%252e",
    "%25252e.",
    "%c0%ae%c0%ae",
    "%e0%80%ae%e0%80%ae",
    "%f0%80%80%ae.",
    "%u002e%u002e",
    "..;",
    "..;x=1",
    "..%3b",
)
SLASHES = ("/", "%2f", "%2F", "\\", "%5c", "%252f", "%c0%af", "%c1%9c", "%e0%80%af", "%e0%81%9c", "%u002f")
CLIMBING = [
    f"{prefix}a{before}{dots}{behind}keep/secret"
    for prefix in ("/strip/", "/keep/", "/")
    for dots, (before, behind) in itertools.product(
        DOTS, [*zip(SLASHES, SLASHES, strict=True), ("/", "%2f"), ("\\", "/")]
    )
]
CLIMBING += [
    "/echo/..%2fkeep/",
    "/strip/..%2fkeep/",
    "/strip/..",
    "/keep/..",
    "/keep/..?x",
    "/..%2f..%2f",
    "/%2e%2e/keep/",
]
# Names with dots in them, and dots where no path is.
PLAIN = ["a..b", "..a", "a..", "...", ".a", "x?y=/../z", "x?/../", "a%2e%2eb", "v1..v2/x", "%2e%2e%2e"]


@pytest.fixture
def spoken(judge: Judge) -> list[str]:
    """Return the forms in which this nginx can be told of a back end."""
    return ["address", *forms(judge)]


def test_what_is_behind_the_prefix_arrives_as_it_was_written(judge: Judge, spoken: list[str]) -> None:
    rests = [rest for rest in (*RESTS, *RAW, *PLAIN) if not rest.startswith(("a/..", "%2e%2e/")) and "%00" not in rest]
    targets = [(f"{prefix}{rest}", f"/{rest}") for prefix in PREFIXES[:2] for rest in rests]
    targets += [(f"/keep/{rest}", f"/keep/{rest}") for rest in rests]
    targets += [("//strip/a", "/a"), ("/strip//a", "//a"), ("/s%2et%2br/a%2Fb", "/a%2Fb")]
    for form in spoken:
        found = asked(judge, form, [(target, None) for target, _right in targets])
        for (target, right), each in zip(targets, found, strict=True):
            assert (each["got"] or "").split("\r\n")[0] == f"GET {right} HTTP/1.1", (form, target, each)


def test_a_path_that_can_be_read_in_two_ways_reaches_no_service(judge: Judge, spoken: list[str]) -> None:
    for form in spoken[:2]:
        for target, each in zip(CLIMBING, asked(judge, form, [(target, None) for target in CLIMBING]), strict=True):
            assert each["got"] is None, (form, target, each)
            assert (each["status"] or "").split()[1] in ("400", "404"), (form, target, each)
