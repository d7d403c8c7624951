# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of what was proven."""

from __future__ import annotations

from ansible_collections.constellation.edge.plugins.plugin_utils._report.report import (
    report,
    report_lines,
    reports,
    summary_lines,
)

RESULT = {
    "url": "https://demo.example.org/constellation/",
    "ok": True,
    "status": 200,
    "redirect": {"status": 301, "location": "https://demo.example.org/constellation/", "ok": True},
    "tls": {"version": "TLSv1.3", "issuer": "Test CA", "days_left": 89, "trusted": True},
    "sse": {"ok": True, "events": 4},
    "problems": [],
}
FAILED = {"url": "https://demo.example.org/zm/", "ok": False, "status": 502, "problems": ["answered 502"]}
PORT = {"port": 8088, "expected": "closed", "state": "filtered", "proof": "ok"}


def test_a_row_shows_what_was_seen():
    content = report({"results": [RESULT], "ports": [PORT]})
    assert content["ok"]
    assert content["routes"][0] == {
        "url": "https://demo.example.org/constellation/",
        "status": "200",
        "redirect": "301",
        "certificate": "Test CA, 89 days",
        "tls": "TLSv1.3",
        "live": "SSE ok",
        "ok": "ok",
    }
    assert content["checks"] == [{"subject": "port 8088 closed from outside", "result": "ok", "detail": "filtered"}]


def test_problems_come_last_and_decide():
    content = report({"results": [FAILED], "ports": [{**PORT, "state": "open", "proof": "failed"}]})
    assert not content["ok"]
    assert report_lines(content)[-2:] == [
        "PROBLEM https://demo.example.org/zm/: answered 502",
        "PROBLEM port 8088 closed from outside: open",
    ]


def test_a_row_says_as_who_it_was_asked():
    content = report({"results": [{**FAILED, "agent": "GPTBot"}, {**RESULT, "agent": ""}]})
    asked = "https://demo.example.org/zm/ as GPTBot"
    assert [row["url"] for row in content["routes"]] == [asked, RESULT["url"]]
    assert content["problems"] == [f"{asked}: answered 502"]


def test_what_could_not_be_proven_is_never_ok():
    content = report(
        {"results": [RESULT], "ports": [{**PORT, "proof": "not proven from outside"}]},
        [{"subject": "jail sshd", "ok": None, "detail": "check mode"}],
    )
    assert [check["result"] for check in content["checks"]] == ["not proven from outside", "not proven"]
    assert content["ok"]


def test_an_untrusted_certificate_is_named():
    row = report({"results": [{**RESULT, "tls": {**RESULT["tls"], "trusted": False}}]})["routes"][0]
    assert row["certificate"] == "Test CA, 89 days, not trusted"


def test_the_summary_says_what_is_missing():
    problem = {"problem": "its DNS does not point here", "source": "none"}
    issued = {"certificates": {"demo.example.org": problem, "b.example.org": {"problem": "", "source": "certbot"}}}
    assert summary_lines({"results": [RESULT]}, issued)[-2:] == [
        "MISSING certificate of demo.example.org: its DNS does not point here",
        "Until then demo.example.org is served with a self-signed certificate.",
    ]


def test_a_certificate_that_stands_is_not_called_self_signed():
    issued = {"certificates": {"demo.example.org": {"problem": "made by certbot --nginx", "source": "certbot"}}}
    assert summary_lines({"results": [RESULT]}, issued)[-1] == (
        "MISSING certificate of demo.example.org: made by certbot --nginx"
    )


def test_a_certificate_of_another_name_is_named():
    issued = {"certificates": {"b.example.org": {"lineage": "demo.example.org", "problem": "", "source": "certbot"}}}
    assert summary_lines({"results": [RESULT]}, issued)[-1] == (
        "NOTE b.example.org is served with the certificate demo.example.org, which is valid for it too"
    )


def test_check_mode_promises_nothing():
    assert summary_lines({}, {}) == ["Check mode: nothing was changed, no route was asked."]


def test_a_report_without_a_route_is_not_ok():
    assert report({"skipped": True})["problems"] == ["no route was asked"]


def test_the_summary_ends_with_what_a_person_should_know():
    assert summary_lines({"results": [RESULT]}, {}, ["upstream nas.lan has no address"])[-1] == (
        "NOTE upstream nas.lan has no address"
    )


def test_one_report_holds_every_host():
    proof = {"subject": "ufw", "ok": False, "detail": "inactive"}
    content = reports({"one": ({"results": [RESULT]}, []), "two": ({"results": [FAILED]}, [proof]), "three": None})
    assert [(row["host"], row["ok"]) for row in content["routes"]] == [("one", "ok"), ("two", "FAILED")]
    assert content["checks"] == [{"host": "two", "subject": "ufw", "result": "failed", "detail": "inactive"}]
    assert content["problems"][:2] == ["two: https://demo.example.org/zm/: answered 502", "two: ufw: inactive"]
    assert content["problems"][2].startswith("three: nothing was asked")
    assert not content["ok"]
    assert list(content["hosts"]) == ["one", "two", "three"]
    assert content["hosts"]["one"]["ok"]
    assert content["hosts"]["one"]["lines"] == report_lines(report({"results": [RESULT]}))
    assert [line for line in content["lines"] if line in ("one:", "two:", "three:")] == ["one:", "two:", "three:"]
