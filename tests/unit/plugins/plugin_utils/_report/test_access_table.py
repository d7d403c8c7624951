# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to come is what the rules say of the address that nginx saw, and of what was asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._access_table.door import (
    BARE,
    LOGIN,
    REST,
    SPELT,
    WRONG,
)
from ansible_collections.constellation.edge.plugins.module_utils._host.lan import LAN_NETWORKS
from ansible_collections.constellation.edge.plugins.plugin_utils._report.access_table import access_table

URL = "https://a.example.org/x/"
NEAR, FAR, DENIED = "192.168.0.7", "198.51.100.7", "192.168.0.66"
NAME = "phone.example.net"
LAN, EITHER, BOTH = [["lan"]], [["lan"], ["login"]], [["lan", "login"]]
PUBLIC: list[list[str]] = [[]]
NOBODY: list[list[str]] = []
ONLY_LOGIN = [["login"]]


def rule(words: list[list[str]], **more: Any) -> dict[str, Any]:
    usual = {
        "allow": [],
        "deny": [f"{DENIED}/32"],
        "proxies": [],
        "guarded": False,
        "itself": [],
        "silent": False,
    }
    return {"url": URL, "rule": words, "closed": False, **usual, **more}


def cell(kind: str, status: int, *, own: bool | None = True, why: str = "") -> dict[str, Any]:
    return {"kind": kind, "what": kind, "status": status, "own": own, "why": why}


def client(seen: str, **more: Any) -> dict[str, Any]:
    return {"host": "a.example.org", "address": "203.0.113.1", "seen": seen, "tries": 0, "why": "", **more}


def judged(said: dict[str, Any], seen: dict[str, Any], *cells: dict[str, Any], **plan: Any) -> dict[str, Any]:
    """Return the table of what came from the controller."""
    row = {"url": URL, "address": "203.0.113.1", "cells": [*cells]}
    whole = {"lan": [*LAN_NETWORKS], "rules": [said], "unasked": {}, **plan}
    return access_table(whole, {"clients": [seen], "rows": [row]}, {"clients": [], "rows": []})


def results(said: dict[str, Any], seen: str, *cells: dict[str, Any]) -> list[str]:
    return [each["result"] for each in judged(said, client(seen), *cells)["rows"][0]["cells"]]


@pytest.mark.parametrize(
    ("words", "seen", "without", "with_login"),
    [
        (PUBLIC, FAR, "in", "in"),
        (PUBLIC, DENIED, "403", "403"),
        (LAN, NEAR, "in", "in"),
        (LAN, FAR, "403", "403"),
        (LAN, DENIED, "403", "403"),
        (ONLY_LOGIN, NEAR, "401", "in"),
        (ONLY_LOGIN, DENIED, "403", "403"),
        (EITHER, NEAR, "in", "in"),
        (EITHER, FAR, "401", "in"),
        (BOTH, NEAR, "401", "in"),
        (BOTH, FAR, "403", "403"),
        (NOBODY, NEAR, "403", "403"),
    ],
)
def test_each_word_at_each_address(words: list[list[str]], seen: str, without: str, with_login: str) -> None:
    kinds = (BARE, WRONG, LOGIN)
    wanted = dict(zip(kinds, (without, without, with_login), strict=True))
    table = judged(rule(words), client(seen), *(cell(kind, 200, own=None) for kind in kinds))
    assert {each["asked"]: each["expected"] for each in table["rows"][0]["cells"]} == wanted
    for kind, expected in wanted.items():
        for status in (200, 401, 403):
            right = status == 200 if expected == "in" else str(status) == expected
            assert results(rule(words), seen, cell(kind, status)) == ["ok" if right else "failed"], (kind, status)


def test_a_refusal_of_the_service_is_its_answer() -> None:
    for status in (401, 403):
        answer = cell(BARE, status, own=False)
        assert results(rule(LAN), NEAR, answer) == ["ok"]
        assert results(rule(LAN), FAR, answer) == ["failed"]
    assert results(rule(LAN), NEAR, cell(BARE, 403, own=None)) == ["not proven"]


@pytest.mark.parametrize(
    ("status", "own", "wanted"),
    [
        *((401, True, "ok"), (403, True, "ok"), (404, True, "ok"), (400, True, "ok"), (404, False, "failed")),
        *((403, None, "not proven"), (404, None, "not proven"), (400, None, "not proven")),
        *((200, None, "failed"), (302, None, "failed"), (502, None, "failed"), (403, False, "failed")),
    ],
)
def test_a_path_that_is_spelt_otherwise_gets_no_answer_of_the_service(
    status: int, own: bool | None, wanted: str
) -> None:
    assert results(rule(LAN), FAR, cell(SPELT, status, own=own)) == [wanted]


@pytest.mark.parametrize(
    ("more", "answer", "why"),
    [
        ({"guarded": True}, cell(BARE, 403), "lines of the owner's own keep some people out here as well"),
        ({"itself": [403]}, cell(BARE, 403), "nginx answers whom it lets in likewise here"),
        ({"deny": [NAME]}, cell(BARE, 200), "a name in allow or deny may mean any address"),
        ({"closed": True}, cell(BARE, 503), "the site is in maintenance"),
        ({}, cell(BARE, 429), "it limits how often one may ask"),
        ({}, cell(BARE, 0, why="silence"), "silence"),
        ({}, cell(REST, 0, why="gone"), "gone"),
        (
            {"proxies": ["192.168.0.0/24"]},
            cell(BARE, 200),
            f"{NEAR} is one of `trusted_proxies`, which names its clients",
        ),
    ],
)
def test_what_says_nothing_of_a_rule_is_not_proven(more: dict[str, Any], answer: dict[str, Any], why: str) -> None:
    table = judged(rule(LAN, **more), client(NEAR), answer)
    (found,) = table["rows"][0]["cells"]
    assert (found["result"], found["why"]) == ("not proven", why)
    assert table["proofs"][0]["ok"] is None


@pytest.mark.parametrize(("words", "status"), [(LAN, 403), (ONLY_LOGIN, 401)])
def test_a_refusal_of_nobody_knows_whom_proves_nothing(words: list[list[str]], status: int) -> None:
    (found,) = judged(rule(words), client(FAR), cell(BARE, status, own=None))["rows"][0]["cells"]
    assert (found["result"], found["why"]) == ("not proven", "it is not known whether nginx or the service says so")
    # By nobody is it a refusal of another kind.
    assert results(rule(words), FAR, cell(BARE, 804 - status, own=None)) == ["failed"]


def test_an_owners_own_question_for_a_login_is_no_answer_of_the_service() -> None:
    for guarded, result in ((True, "not proven"), (False, "ok")):
        assert results(rule(PUBLIC, guarded=guarded), FAR, cell(BARE, 401, own=False)) == [result]
    assert results(rule(PUBLIC, guarded=True), FAR, cell(BARE, 403, own=False)) == ["ok"]


def test_where_an_owner_keeps_others_out_too_any_refusal_is_one() -> None:
    assert results(rule(ONLY_LOGIN, guarded=True), FAR, cell(BARE, 403), cell(BARE, 200)) == ["not proven", "failed"]


def test_without_the_address_only_what_does_not_ask_for_it_is_known() -> None:
    unseen = client("", why="no log tells")
    (found,) = judged(rule(LAN), unseen, cell(BARE, 200))["rows"][0]["cells"]
    assert (found["result"], found["why"]) == ("not proven", "no log tells")
    for words, status in ((PUBLIC, 200), (ONLY_LOGIN, 401), (NOBODY, 403)):
        (found,) = judged(rule(words, deny=[]), unseen, cell(BARE, status))["rows"][0]["cells"]
        assert found["result"] == "ok"


@pytest.mark.parametrize(
    ("words", "lists", "seen", "kind", "wanted"),
    [
        # Who is denied by a name is kept out of what is for everybody, and the name may be anybody's.
        (PUBLIC, {"deny": [NAME]}, FAR, BARE, {200: "not proven", 403: "not proven"}),
        (NOBODY, {"deny": [NAME]}, FAR, BARE, {200: "failed", 403: "ok"}),
        # A name lets nobody in without a login here. With one it may.
        (BOTH, {"allow": [NAME]}, FAR, BARE, {200: "failed", 401: "ok", 403: "ok", 404: "failed"}),
        (BOTH, {"allow": [NAME]}, FAR, LOGIN, {200: "not proven", 403: "not proven"}),
        (LAN, {"allow": [NAME]}, FAR, BARE, {200: "not proven", 403: "not proven"}),
        # Who is of the LAN by his address stays so, whatever another name lets in.
        (LAN, {"allow": [NAME]}, NEAR, BARE, {200: "ok", 403: "failed"}),
        (ONLY_LOGIN, {"allow": [NAME], "deny": []}, FAR, BARE, {200: "failed", 401: "ok", 403: "failed"}),
        (ONLY_LOGIN, {"deny": [NAME]}, FAR, BARE, {200: "failed", 401: "ok", 403: "ok"}),
        # Nor does one come in there whose address is not known.
        (BOTH, {}, "", BARE, {200: "failed", 401: "ok", 403: "ok"}),
        (EITHER, {"deny": []}, "", LOGIN, {200: "ok", 401: "failed"}),
    ],
)
def test_what_each_whom_a_client_may_be_is_told_is_judged(
    words: list[list[str]], lists: dict[str, Any], seen: str, kind: str, wanted: dict[int, str]
) -> None:
    said = rule(words, **lists)
    assert {status: results(said, seen, cell(kind, status))[0] for status in wanted} == wanted


def test_two_refusals_may_be_right() -> None:
    (found,) = judged(rule(BOTH, allow=[NAME]), client(FAR), cell(BARE, 200))["rows"][0]["cells"]
    assert found["expected"] == "401 or 403"


def test_a_connection_that_is_closed_on_purpose_is_an_answer() -> None:
    closed = cell(BARE, 0, own=None, why="closed")
    assert results(rule(LAN, silent=True), NEAR, cell(BARE, 0, own=None, why="reset (RST_STREAM 1)")) == ["ok"]
    assert results(rule(LAN, silent=True), NEAR, closed) == ["ok"]
    assert results(rule(LAN, silent=True), FAR, closed) == ["not proven"]
    assert results(rule(LAN), NEAR, closed) == ["not proven"]


def test_a_line_counts_what_agrees_and_writes_out_what_does_not() -> None:
    said = judged(
        rule(LAN), client(FAR), cell(BARE, 403), cell(WRONG, 200, own=None), cell(REST, 0, why="gone"), cell(SPELT, 400)
    )
    assert said["proofs"] == [
        {
            "subject": f"who comes in at {URL} from the controller, seen as {FAR}",
            "ok": False,
            "detail": "2 of 4 cells agree; wrong through 203.0.113.1: expected 403, came 200; 1 not proven: gone",
        }
    ]


def test_both_versions_of_ip_are_one_line() -> None:
    addresses = {"203.0.113.1": FAR, "2001:db8::1": "2001:db8::7"}
    rows = [{"url": URL, "address": each, "cells": [cell(BARE, 403)]} for each in addresses]
    clients = [client(seen, address=address) for address, seen in addresses.items()]
    plan = {"lan": [*LAN_NETWORKS], "rules": [rule(LAN)], "unasked": {}}
    table = access_table(plan, {"clients": clients, "rows": rows}, {"clients": [], "rows": []})
    assert [(each["subject"].partition("seen as ")[2], each["detail"]) for each in table["proofs"]] == [
        (f"{FAR} and 2001:db8::7", "2 of 2 cells agree")
    ]


@pytest.mark.parametrize("part", ["status", "what"])
def test_what_ansible_masks_is_not_proven(part: str) -> None:
    """A password may be a word or a figure of the result."""
    masked = {**cell(BARE, 403), part: "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" if part == "status" else "no ********"}
    (row,) = judged(rule(LAN), client(FAR), masked)["rows"]
    assert (row["ok"], row["cells"][0]["result"]) == (None, "not proven")
    assert "a longer one" in row["cells"][0]["why"]
    assert judged({**rule(LAN), "url": "https://b.example.org/"}, client(FAR), cell(BARE, 403))["rows"][0]["ok"] is None


@pytest.mark.parametrize("mask", ["********", "192.168.********.7"])
def test_an_address_that_ansible_masks_says_nothing(mask: str) -> None:
    """A password may be a part of an address."""
    table = judged(rule(LAN), client(mask), cell(BARE, 200))
    assert (table["rows"][0]["ok"], table["rows"][0]["seen"]) == (None, "unknown")
    greeting = {"host": "a.example.org", "address": "203.0.113.1", "here": mask, "there": mask}
    for greetings, clients in (([greeting], [client(NEAR)]), ([greeting | {"here": NEAR}], [client(mask)])):
        found = {"greetings": greetings, "clients": clients, "rows": []}
        (proof,) = access_table({"lan": [], "rules": []}, {"rows": []}, found)["proofs"]
        assert (proof["subject"], proof["ok"]) == ("the address of the host", None)
        assert "a longer one" in proof["detail"]
    unreached = client("", address=mask, why="no connection: refused")
    (proof,) = access_table({"lan": [], "rules": []}, {"rows": []}, {"clients": [unreached], "rows": []})["proofs"]
    assert "a longer one" in proof["detail"]


def test_what_is_not_asked_is_told() -> None:
    unreached = client("", why="no connection: refused")
    plan = {"lan": [], "rules": [], "unasked": {"https://a.example.org ~ x": "no path"}}
    table = access_table(plan, {"clients": [unreached], "rows": []}, {"clients": [], "rows": []})
    assert [(each["subject"], each["ok"], each["detail"]) for each in table["proofs"]] == [
        ("who comes in at https://a.example.org ~ x", None, "no path"),
        ("who comes in from the controller through 203.0.113.1", None, "no connection: refused"),
    ]


@pytest.mark.parametrize(
    ("here", "seen", "there", "is_told"),
    [
        ("192.168.0.20", "192.168.0.1", "203.0.113.1", True),
        ("192.168.0.20", "203.0.113.1", "203.0.113.1", True),
        ("192.168.0.20", "192.168.0.20", "192.168.0.2", False),
        # Another house, as the Internet sees it.
        ("192.168.0.20", "198.51.100.7", "203.0.113.1", False),
        ("198.51.100.7", "192.168.0.1", "203.0.113.1", False),
        ("192.168.0.20", "", "203.0.113.1", False),
    ],
)
def test_a_router_that_hides_a_machine_of_the_lan_is_told(here: str, seen: str, there: str, is_told: bool) -> None:
    greeting = {"host": "a.example.org", "address": "203.0.113.1", "here": here, "there": there}
    table = access_table(
        {"lan": [], "rules": []}, {"greetings": [greeting], "clients": [client(seen)], "rows": []}, {"rows": []}
    )
    told = [each["detail"] for each in table["proofs"] if each["subject"] == "the address of the controller"]
    assert len(told) == is_told
    assert all(f"nginx saw {seen} instead of {here}" in each and "Only from the LAN" in each for each in told)
