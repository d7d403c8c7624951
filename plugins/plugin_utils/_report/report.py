# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what was proven, as rows for a person and for a machine; nothing is asked or decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEADINGS = ("URL", "HTTP", "from http", "certificate", "TLS", "live", "ok")
_LIVE = {"sse": "SSE", "websocket": "WebSocket", "stream": "stream"}


#: the result of `edge_probe`, the proofs of a host, and the rows of who comes in where
Found = tuple[Mapping[str, Any], Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


def report(
    probed: Mapping[str, Any], proofs: Sequence[Mapping[str, Any]] = (), access: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return `routes`, `checks`, `access`, `problems` and `ok`.

    They come from an `edge_probe` result, `edge_host_probe` proofs, and the rows of who comes in where.
    """
    results = probed.get("results", [])
    checks = [_port_check(port) for port in probed.get("ports", [])]
    checks += [
        {"subject": item["subject"], "result": _verdict(item["ok"]), "detail": item["detail"]} for item in proofs
    ]
    problems = [] if results else ["no route was asked"]
    problems += [f"{_asked(result)}: {problem}" for result in results for problem in result["problems"]]
    problems += [
        f"{check['subject']}: {check['detail'] or check['result']}" for check in checks if check["result"] == "failed"
    ]
    return {
        "routes": [_route(result) for result in results],
        "checks": checks,
        "access": [*access],
        "problems": problems,
        "ok": not problems,
    }


def reports(found: Mapping[str, Found | None]) -> dict[str, Any]:
    """Return one report of several hosts.

    `found` has None for a host that nothing was asked about. `hosts` holds the report of each host; the other keys are
    those of `report` over all hosts: a row has its `host`, a problem begins with it.
    """
    hosts = {host: _unasked() if each is None else report(*each) for host, each in found.items()}
    for each in hosts.values():
        each["lines"] = report_lines(each)
    every = hosts.items()
    return {
        "routes": [{"host": host, **row} for host, each in every for row in each["routes"]],
        "checks": [{"host": host, **row} for host, each in every for row in each["checks"]],
        "access": [{"host": host, **row} for host, each in every for row in each["access"]],
        "problems": [f"{host}: {problem}" for host, each in every for problem in each["problems"]],
        "ok": all(each["ok"] for each in hosts.values()),
        "lines": [line for host, each in every for line in (f"{host}:", *each["lines"])],
        "hosts": hosts,
    }


def _unasked() -> dict[str, Any]:
    problem = "nothing was asked, because the run ended for this host before: see what it said"
    return {"routes": [], "checks": [], "access": [], "problems": [problem], "ok": False}


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows, the first of them headings, as lines with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def report_lines(content: Mapping[str, Any]) -> list[str]:
    """Return a report as text: the routes' table, one line for each check, and the problems last."""
    lines = (
        table([HEADINGS, *([row[key] for key in _COLUMNS] for row in content["routes"])]) if content["routes"] else []
    )
    lines += [f"{check['subject']}: {check['result']}{_in_brackets(check['detail'])}" for check in content["checks"]]
    return [*lines, *(f"PROBLEM {problem}" for problem in content["problems"])]


def summary_lines(probed: Mapping[str, Any], issued: Mapping[str, Any], notes: Sequence[str] = ()) -> list[str]:
    """Return what a run of `site.yml` says at its end: what stands, what is missing and how to finish."""
    lines = (
        report_lines(report(probed))
        if probed.get("results")
        else ["Check mode: nothing was changed, no route was asked."]
    )
    shared: list[str] = []
    for name, certificate in (issued.get("certificates") or {}).items():
        lineage = certificate.get("lineage") or name
        if lineage != name:
            shared.append(f"{name} is served with the certificate {lineage}, which is valid for it too")
        if certificate.get("problem"):
            # A problem of one name begins with it; said once is enough.
            lines.append(f"MISSING certificate of {name}: {certificate['problem'].removeprefix(f'{name}: ')}")
            if certificate.get("source") == "none":
                lines.append(f"Until then {name} is served with a self-signed certificate.")
    return [*lines, *(f"NOTE {note}" for note in [*shared, *notes])]


_COLUMNS = ("url", "status", "redirect", "certificate", "tls", "live", "ok")


def _route(result: Mapping[str, Any]) -> dict[str, str]:
    tls = result.get("tls") or {}
    redirect = result.get("redirect") or {}
    days = tls.get("days_left")
    trust = "" if tls.get("trusted", True) else ", not trusted"
    return {
        "url": _asked(result),
        "status": str(result.get("status") or "none"),
        "redirect": str(redirect.get("status") or "none"),
        "certificate": f"{tls.get('issuer') or 'unknown'}, {'?' if days is None else days} days{trust}"
        if tls
        else "none",
        "tls": tls.get("version") or "none",
        "live": _live(result),
        "ok": "ok" if result["ok"] else "FAILED",
    }


def _asked(result: Mapping[str, Any]) -> str:
    """Return what was asked, and as who where that was not the probe itself."""
    return f"{result['url']} as {result['agent']}" if result.get("agent") else str(result["url"])


def _live(result: Mapping[str, Any]) -> str:
    """Return what a long-lived connection of the route showed, "-" for a route that has none.

    Where the proxy refused who asked, what is behind it was not asked.
    """
    if result.get("refused"):
        return "not proven"
    shown = []
    for key, label in _LIVE.items():
        outcome = result.get(key)
        if outcome:
            shown.append(f"{label} {'ok' if outcome['ok'] else 'FAILED'}")
    return ", ".join(shown) or "-"


def _port_check(port: Mapping[str, Any]) -> dict[str, str]:
    return {
        "subject": f"port {port['port']} {port['expected']} from outside",
        "result": port["proof"],
        "detail": port["state"],
    }


def _verdict(ok: object) -> str:
    """Three words: a proof that could not be made is neither ok nor failed."""
    if ok is None:
        return "not proven"
    return "ok" if ok else "failed"


def _in_brackets(detail: str) -> str:
    return f" ({detail})" if detail else ""
