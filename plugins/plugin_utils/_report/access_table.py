# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the table of who comes in where.

What came is held against what the rules say of the address that nginx saw.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from ...module_utils._access_table.door import LOGIN, REST, SPELT
from ...module_utils._host.lan import LAN_NETWORKS
from .._features._policy import Policy

# What is as good as a refusal of a path that is spelt otherwise: nginx knows no such path, or takes it for none.
_AWAY = (400, 404, 405, 414, 421)
_ASKS, _FORBIDS, _CLOSED, _TOO_MANY = 401, 403, 503, 429
_IN = "in"
_BY_NAME = "a name in allow or deny may mean any address"
_OWNERS = "lines of the owner's own keep some people out here as well"
_BY_WHOM = "it is not known whether nginx or the service says so"
_RESULTS = {True: "ok", False: "failed", None: "not proven"}
# By which ansible-core replaces what a secret argument is, wherever it stands in a result.
_MASKS = ("********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
_MASKED = "a password is a word of the report, so that Ansible masks it there: choose a longer one"
_HAIRPIN = (
    "give the site's names the address of the proxy in the house's own DNS, see \"Only from the LAN\" in "
    "docs/guides/access.md"
)


@dataclass(frozen=True)
class _Verdict:
    """What had to come, what came, and whether that is right; `why` is the reason where it is not proven."""

    ok: bool | None
    expected: str
    came: str
    why: str = ""


Places = Mapping[str, Mapping[str, Any]]


def access_table(
    plan: Mapping[str, Any], controller: Mapping[str, Any], host: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return the table as `rows`, and as `proofs` in the form of `edge_host_probe`.

    `plan` is what `access_table` of the plan says, the others what `edge_access_probe` returned at each place.
    """
    places = {"the controller": controller, "the host": host}
    rows = _rows(plan, places)
    return {"rows": rows, "proofs": _proofs(plan, rows, places)}


def _rows(plan: Mapping[str, Any], places: Places) -> list[dict[str, Any]]:
    """Return a row for each place of the plan and each address through which it was asked."""
    rules = {each["url"]: each for each in plan.get("rules", [])}
    rows = []
    for name, found in places.items():
        clients = {(each["host"], each["address"]): each for each in found.get("clients", [])}
        for row in found.get("rows", []):
            client = clients.get((urlsplit(row["url"]).hostname, row["address"]))
            if client and row["url"] in rules and not (_is_masked(row) or _is_masked(client)):
                rows.append(_row(name, row, client, rules[row["url"]], plan["lan"]))
            else:
                rows.append(_unreadable(name, row))
    return rows


def _proofs(plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], places: Places) -> list[dict[str, Any]]:
    """Return the rows, and what was not asked."""
    asked = sorted(rows, key=lambda row: (row["url"], row["from"]))
    several = [_line([*each]) for _place, each in groupby(asked, lambda row: (row["url"], row["from"]))]
    unasked = [
        {"subject": f"who comes in at {url}", "ok": None, "detail": why} for url, why in plan.get("unasked", {}).items()
    ]
    unreached = [proof for name, found in places.items() for proof in _unreached(name, found)]
    return [*(proof for name, found in places.items() for proof in _seen(name, found)), *several, *unasked, *unreached]


def _row(
    name: str, row: Mapping[str, Any], client: Mapping[str, Any], rule: Mapping[str, Any], lan: Sequence[str]
) -> dict[str, Any]:
    judge = _Judge(rule, client, lan)
    cells = []
    for cell in row["cells"]:
        verdict = judge.verdict(cell)
        cells.append(
            {
                "asked": cell["what"],
                "expected": verdict.expected,
                "came": verdict.came,
                "result": _RESULTS[verdict.ok],
                "why": verdict.why,
            }
        )
    results = {each["result"] for each in cells}
    ok = False if "failed" in results else True if "ok" in results else None
    return {
        "url": row["url"],
        "from": name,
        "address": row["address"],
        "seen": client["seen"] or "unknown",
        "ok": ok,
        "cells": cells,
    }


def _read(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return those greetings or clients that Ansible has not masked."""
    return [each for each in found.get(key, []) if not _is_masked(each)]


def _is_masked(row: Mapping[str, Any]) -> bool:
    """Whether Ansible took a part of what came for a password, and masked it."""
    return any(mask in str(row) for mask in _MASKS)


def _unreadable(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    cell = {"asked": "all", "expected": "", "came": "", "result": _RESULTS[None], "why": _MASKED}
    return {"url": row["url"], "from": name, "address": row["address"], "seen": "unknown", "ok": None, "cells": [cell]}


class _Judge:
    """What has to come at one place for one client."""

    def __init__(self, rule: Mapping[str, Any], client: Mapping[str, Any], lan: Sequence[str]) -> None:
        self.rule, self.client = rule, client
        self.policy = Policy(tuple(map(tuple, rule["rule"])), tuple(rule["allow"]), tuple(rule["deny"]))
        # Why it is not known who the client is. Where each that it may be is told the same, that is no matter.
        self.unknown = self._unknown()
        self.kinds = self.policy.kinds("" if self.unknown else client["seen"], lan)

    def _unknown(self) -> str:
        """Return why it is not known at which address nginx takes the client to be, "" where it is."""
        seen = self.client["seen"]
        if not seen:
            return str(self.client["why"])
        if any(ipaddress.ip_address(seen) in ipaddress.ip_network(each) for each in self.rule["proxies"]):
            return f"{seen} is one of `trusted_proxies`, which names its clients"
        return ""

    def verdict(self, cell: Mapping[str, Any]) -> _Verdict:
        """Return what is to be said of a cell."""
        came = _came(cell)
        if cell["kind"] == REST:
            return _Verdict(None, "", came, cell["why"])
        several = self._expected(cell["kind"])
        if _IN in several and len(several) > 1:
            return _Verdict(None, "", came, cell["why"] or self.unknown or _BY_NAME)
        expected = " or ".join(several)
        if not cell["status"]:
            silent = expected == _IN and self.rule["silent"] and cell["why"].startswith(("closed", "reset"))
            return _Verdict(True if silent else None, expected, came, "" if silent else cell["why"])
        if cell["status"] == _TOO_MANY:
            return _Verdict(None, expected, came, "it limits how often one may ask")
        if self.rule["closed"] and cell["status"] == _CLOSED:
            return _Verdict(None, expected, came, "the site is in maintenance")
        if cell["kind"] == SPELT:
            return self._spelt(cell, expected, came)
        return self._let_in(cell, expected, came) if expected == _IN else self._kept_out(cell, several, came)

    def _expected(self, kind: str) -> list[str]:
        """Return what may have to come, more than one where it is not known who the client is."""
        if kind == SPELT:
            return ["refused"]
        return sorted({self._told(each, is_right=kind == LOGIN) for each in self.kinds})

    def _told(self, client: str, *, is_right: bool) -> str:
        with_login = self.policy.admits(client, login=True)
        if with_login if is_right else self.policy.admits(client, login=False):
            return _IN
        return str(_ASKS if with_login else _FORBIDS)

    def _let_in(self, cell: Mapping[str, Any], expected: str, came: str) -> _Verdict:
        status, own = cell["status"], cell["own"]
        # An owner's own question for a login has another realm than ours, and so has a service's.
        is_theirs = status == _ASKS and self.rule["guarded"]
        if status not in (_ASKS, _FORBIDS) or (own is False and not is_theirs):
            return _Verdict(True, expected, came)
        if status in self.rule["itself"]:
            return _Verdict(None, expected, came, "nginx answers whom it lets in likewise here")
        if self.rule["guarded"]:
            return _Verdict(None, expected, came, _OWNERS)
        if own is None:
            return _Verdict(None, expected, came, _BY_WHOM)
        return _Verdict(False, expected, came)

    def _kept_out(self, cell: Mapping[str, Any], several: Sequence[str], came: str) -> _Verdict:
        expected = " or ".join(several)
        right = str(cell["status"]) in several and cell["own"] is not False
        if not right and self.rule["guarded"] and cell["status"] in (_ASKS, _FORBIDS) and cell["own"] is not False:
            return _Verdict(None, expected, came, _OWNERS)
        return _refusal(cell, expected, came, right=right)

    @staticmethod
    def _spelt(cell: Mapping[str, Any], expected: str, came: str) -> _Verdict:
        refused = cell["status"] in (_ASKS, _FORBIDS, *_AWAY) and cell["own"] is not False
        return _refusal(cell, expected, came, right=refused)


def _refusal(cell: Mapping[str, Any], expected: str, came: str, *, right: bool) -> _Verdict:
    """Return what a refusal says: one by a service is an answer to who was let in."""
    if right and cell["own"] is None:
        return _Verdict(None, expected, came, _BY_WHOM)
    return _Verdict(right, expected, came)


def _came(cell: Mapping[str, Any]) -> str:
    if not cell["status"]:
        return "nothing"
    by = {True: " by nginx", False: " by the service", None: ""}[cell["own"]]
    return f"{cell['status']}{by}"


def _line(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one proof of a place, asked from one side through each address."""
    seen = " and ".join(dict.fromkeys(row["seen"] for row in rows))
    verdicts = {row["ok"] for row in rows}
    return {
        "subject": f"who comes in at {rows[0]['url']} from {rows[0]['from']}, seen as {seen}",
        "ok": False if False in verdicts else True if True in verdicts else None,
        "detail": _detail([(row["address"], cell) for row in rows for cell in row["cells"]]),
    }


def _detail(cells: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return how many cells agree, each that does not with the address it came through, and why others say nothing."""
    agree = sum(cell["result"] == "ok" for _address, cell in cells)
    wrong = [
        f"{cell['asked']} through {address}: expected {cell['expected']}, came {cell['came']}"
        for address, cell in cells
        if cell["result"] == "failed"
    ]
    reasons = Counter(cell["why"] for _address, cell in cells if cell["result"] == "not proven")
    unproven = [f"{count} not proven: {why}" for why, count in reasons.items()]
    return "; ".join([f"{agree} of {len(cells)} cells agree", *wrong, *unproven])


def _unreached(name: str, found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the addresses through which no site could be asked from a place."""
    reasons = {each["address"]: each["why"] for each in _read(found, "clients")}
    for address, why in reasons.items():
        if why.startswith("no connection"):
            yield {"subject": f"who comes in from {name} through {address}", "ok": None, "detail": why}


def _seen(name: str, found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a line where nginx takes a machine of the LAN for another one, or where that cannot be read."""
    if any(_is_masked(each) for key in ("greetings", "clients") for each in found.get(key, [])):
        yield {"subject": f"the address of {name}", "ok": None, "detail": _MASKED}
    seen = {(each["host"], each["address"]): each["seen"] for each in _read(found, "clients")}
    told = {
        (each["here"], client)
        for each in _read(found, "greetings")
        if (client := seen.get((each["host"], each["address"]), ""))
        and client != each["here"]
        and _is_private(each["here"])
        and (_is_private(client) or client == each["there"])
    }
    for here, client in sorted(told):
        detail = f"nginx saw {client} instead of {here}: a router puts its own address in its place; {_HAIRPIN}"
        yield {"subject": f"the address of {name}", "ok": None, "detail": detail}


def _is_private(address: str) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(each) for each in LAN_NETWORKS)
