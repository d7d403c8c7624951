# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certbot prints becomes what the owner has to do. The texts are those of certbot 1.21, 2.1, 4.0 and 5.8."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot._output import explain, hook_failed
from places import TEXTS

SERVER = "https://ca.example.org/dir"
PRINTED = TEXTS / "certbot"
VERSIONS = ("1.21", "2.1", "4.0", "5.8")
TAIL = """
Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot. Ensure that (...)

Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile (...) for more details.
"""


def failed(*failures: tuple[str, str, str]) -> str:
    head = (
        "Saving debug log to /var/log/letsencrypt/letsencrypt.log\nRequesting a certificate for a.example.org\n\n"
        "Certbot failed to authenticate some domains (authenticator: webroot). "
        "The Certificate Authority reported these problems:\n"
    )
    blocks = [f"  Domain: {domain}\n  Type:   {kind}\n  Detail: {detail}\n" for domain, kind, detail in failures]
    return head + "\n".join(blocks) + TAIL


@pytest.mark.parametrize(
    ("kind", "detail", "expected", "advice"),
    [
        (
            "dns",
            "DNS problem: NXDOMAIN looking up A for a.example.org - check that a DNS record exists",
            "dns",
            "create an A (or AAAA) record",
        ),
        ("dns", "no valid A records found for a.example.org; no valid AAAA records found", "dns", "record"),
        ("dns", "DNS problem: SERVFAIL looking up A for a.example.org - the domain's ...", "dns-failure", "DNSSEC"),
        (
            "connection",
            "198.51.100.1: Fetching http://a.example.org/.well-known/acme-challenge/x: "
            "Timeout during connect (likely firewall problem)",
            "timeout",
            "forward TCP port 80",
        ),
        ("connection", "198.51.100.1: Fetching http://a/: Connection refused", "connection", "forward TCP port 80"),
        ("connection", 'Get "http://a:80/x": could not resolve URL "http://a:80/x"', "dns", "record"),
        (
            "unauthorized",
            '198.51.100.1: Invalid response from http://a.example.org/.well-known/acme-challenge/x: "<html>',
            "wrong-host",
            "another machine",
        ),
        ("unauthorized", "Non-200 status code from HTTP: http://a/x returned 404", "wrong-host", "another machine"),
        ("caa", "CAA record for a.example.org prevents issuance", "caa", "CAA"),
        ("tls", "strange", "tls", "could not validate"),
    ],
)
def test_failed_validation(kind: str, detail: str, expected: str, advice: str) -> None:
    problem = explain(failed(("a.example.org", kind, detail)), SERVER)
    assert problem.kind == expected
    assert not problem.transient
    assert problem.text.startswith("a.example.org: ")
    assert advice in problem.text
    assert detail in problem.text
    assert problem.text.endswith("Run the playbook again afterwards: it finishes the certificate.")


def test_each_failed_name_is_told_and_long_details_are_joined() -> None:
    problem = explain(
        failed(
            ("a.example.org", "dns", "DNS problem: NXDOMAIN\n  looking up A"),
            ("b.example.org", "connection", "refused"),
        ),
        SERVER,
    )
    assert "a.example.org: the name has no address" in problem.text
    assert "NXDOMAIN looking up A)" in problem.text
    assert "b.example.org: port 80" in problem.text
    assert "Hint" not in problem.text


@pytest.mark.parametrize(
    ("line", "kind", "told"),
    [
        (
            "Error creating new order :: too many certificates (5) already issued for this exact set of identifiers in "
            "the last 168h0m0s, retry after 2026-01-01 15:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/",
            "rate-limit",
            "again after 2026-01-01 15:00:00 UTC",
        ),
        (
            "too many failed authorizations (5) for a.example.org in the last 1h0m0s, retry after 2026-01-01T15:00:00Z",
            "rate-limit",
            "again after 2026-01-01T15:00:00Z",
        ),
        ("urn:ietf:params:acme:error:rateLimited :: There were too many requests", "rate-limit", "again later"),
        ("ValueError: Requesting ca.example.org/dir: Connection refused", "ca-unreachable", SERVER),
        (
            "requests.exceptions.SSLError: HTTPSConnectionPool(host='ca', port=14000): Max retries exceeded with url: "
            "/dir (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate')))",
            "ca-trust",
            "update-ca-certificates",
        ),
        ("acme.messages.Error: urn:ietf:params:acme:error:accountDoesNotExist :: x", "account", "/etc/letsencrypt"),
        ("Error creating new order :: Cannot issue for x: forbidden by policy", "refused-name", "public domain"),
        ("invalidContact :: The provided contact URI was invalid", "email", "leave it empty"),
        ("live directory exists for a.example.org", "leftover", "out of /etc/letsencrypt"),
        ("certbot: not installed", "absent", "Install the package"),
        ("no end within 300 seconds; it was stopped", "slow", "300 seconds"),
    ],
)
def test_other_failures(line: str, kind: str, told: str) -> None:
    output = f"Saving debug log to x\nAn unexpected error occurred:\n{line}\nAsk for help or search for solutions\n"
    problem = explain(output, SERVER)
    assert problem.kind == kind
    assert told in problem.text
    assert not problem.transient


@pytest.mark.parametrize(
    ("refusals", "kind"),
    [
        (["badNonce :: The client sent an unacceptable anti-replay nonce :: x"], "nonce"),
        (["badNonce :: x", "rateLimited :: too many certificates, retry after 2026-01-01 15:00:00 UTC"], "rate-limit"),
        (["accountDoesNotExist :: The request specified an account that does not exist :: gone"], "account"),
        ([], "other"),
    ],
)
def test_refusal_that_stands_in_the_log_only(refusals: list[str], kind: str) -> None:
    output = "An unexpected error occurred:\nAttributeError: can't set attribute\nAsk for help or search\n"
    log = "Traceback\n" + "".join(
        f"acme.messages.Error: urn:ietf:params:acme:error:{each}\nmore\n" for each in refusals
    )
    assert explain(output, SERVER, log).kind == kind


def test_log_is_not_asked_where_the_output_explains() -> None:
    log = "acme.messages.Error: urn:ietf:params:acme:error:badNonce :: x\n"
    assert explain(failed(("a.example.org", "caa", "x")), SERVER, log).kind == "caa"


def test_hook_that_is_no_program() -> None:
    output = (
        "Unable to find deploy-hook command frobnicate in the PATH.\n(PATH is /usr/bin)\n"
        "See also the --disable-hook-validation option.\nAsk for help or search\n"
    )
    problem = explain(output, SERVER)
    assert problem.kind == "hook"
    assert "Unable to find deploy-hook command frobnicate in the PATH." in problem.text


@pytest.mark.parametrize(
    "line", ["JWS has an invalid anti-replay nonce: x", "Another instance of Certbot is already running."]
)
def test_what_is_worth_another_try(line: str) -> None:
    assert explain(line, SERVER).transient


def test_what_nobody_foresaw() -> None:
    problem = explain("Saving debug log to x\nsomething odd.\n\nSome challenges have failed.\n", SERVER)
    assert problem.kind == "other"
    assert "something odd. The whole" in problem.text
    assert "it printed nothing" in explain("", SERVER).text


def test_failed_hook_is_seen() -> None:
    assert hook_failed("Hook 'deploy-hook' reported error code 1")
    assert hook_failed("Hook '--deploy-hook' for a.example.org reported error code 1")
    assert not hook_failed("Running deploy-hook command: systemctl reload nginx")


def printed(version: str, case: str) -> str:
    """Return what a version of certbot really printed, or wrote into its log."""
    parts = re.split(r"^### (.+)\n", (PRINTED / f"{version}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(case, "")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("case", "kind", "told"),
    [
        ("dns", "dns", "none.example.org: the name has no address in the public DNS; create an A (or AAAA) record"),
        ("dns-failure", "dns-failure", "servfail.example.org: the public DNS does not answer for the name"),
        ("connection", "connection", "refused.example.org: port 80 of its address refuses connections; forward"),
        ("timeout", "timeout", "dropped.example.org: nothing answers on port 80 of its address; forward"),
        ("unauthorized", "wrong-host", "elsewhere.example.org: another machine or program answered"),
        ("caa", "caa", "caa.example.org: a CAA record forbids this CA; allow it there"),
        ("suffix", "refused-name", "does not end with a valid public suffix"),
        ("policy", "refused-name", "forbidden by policy"),
        ("rate-limit", "rate-limit", "Run the playbook again after 2026-01-01 15:00:00 UTC"),
        ("two", "dns", "elsewhere.example.org: another machine"),
        ("pebble-dns", "dns", "create an A (or AAAA) record"),
        ("pebble-connection", "connection", "forward TCP port 80"),
        ("pebble-timeout", "timeout", "forward TCP port 80"),
        ("pebble-unauthorized", "wrong-host", "another machine"),
        ("pebble-rejected", "refused-name", "Use a public domain name"),
    ],
)
def test_real_output_of_each_version(version: str, case: str, kind: str, told: str) -> None:
    problem = explain(printed(version, case), SERVER, printed(version, f"{case} log"))
    assert problem.kind == kind
    assert told in problem.text
    assert "Hint" not in problem.text
