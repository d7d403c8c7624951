# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service is told: nothing is proven without its report, and long lists of names still make heads that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _headers
from ansible_collections.constellation.edge.plugins.module_utils._hostile._echoed import EchoedRequest
from ansible_collections.constellation.edge.plugins.module_utils._hostile._wire import Seen
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject, Verdict
from hostile_site import ECHO, site

# One head with three lines of each of these names has more bytes than nginx takes.
MANY = tuple(f"x-claim-{number}-of-a-client-of-a-proxy-of-a-service" for number in range(300))
# What nginx takes of a head: large_client_header_buffers.
MOST_OF_A_HEAD = 4 * 8192


def verdicts(subject: Subject, *names: str) -> dict[str, Verdict]:
    return {each.name: each.ask() for each in _headers.probes(subject) if not names or each.name in names}


def test_where_no_service_reports_nothing_is_proven(site_certificate: Path) -> None:
    with site(site_certificate, echo="/") as subject:
        said = verdicts(subject)
    # What the site refuses never comes to a service; it speaks no HTTP/2 either.
    passed = {name for name, each in said.items() if each.ok}
    assert passed == {"space", "folded", "bare-cr", "h2", "h2-underscore", "h2-repeated", "h2-empty-first"}
    unproven = {each for name, each in said.items() if name not in passed}
    assert unproven == {Verdict(None, "/: no report, but 13 bytes that are no JSON")}


def test_a_site_without_that_path_proves_nothing(site_certificate: Path) -> None:
    with site(site_certificate, echo="/none/") as subject:
        said = verdicts(subject, "echo", "as-is", "address")
    assert {each.ok for each in said.values()} == {None}
    assert all(each.detail.startswith("/none/: no report, but 404") for each in said.values())


def test_many_names_are_asked_in_heads_that_nginx_takes(
    site_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []
    send = _headers.exchange

    def noted(subject: Subject, data: bytes, *more: Any) -> Seen:
        heads.append(data)
        return send(subject, data, *more)

    monkeypatch.setattr(_headers, "exchange", noted)
    with site(site_certificate, echo=ECHO, claims=MANY) as subject:
        said = verdicts(subject, "repeated")
    assert said["repeated"].ok is True
    assert said["repeated"].detail.endswith(f"{len(MANY) + 5} names")
    assert max(map(len, heads)) < MOST_OF_A_HEAD
    assert {name for name in MANY if any(f"\r\n{name}: ".encode() in head for head in heads)} == set(MANY)


def test_a_lie_that_got_through_in_the_last_head_alone_is_seen(
    site_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = _headers.one

    def only_the_last(seen: Seen) -> EchoedRequest:
        told = read(seen)
        return EchoedRequest((told.head[0], *(line for line in told.head if MANY[-1] in line)))

    monkeypatch.setattr(_headers, "one", only_the_last)
    with site(site_certificate, "tells", echo=ECHO, claims=MANY) as subject:
        said = verdicts(subject, "as-is")
    assert said["as-is"].ok is False
    assert said["as-is"].detail.startswith(f"the service was told {MANY[-1]}: ")


def test_an_address_that_is_said_twice_or_is_none_is_a_lie_that_got_through(
    site_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for told, detail in (
        (("X-Real-IP: 127.0.0.1", "X-Real-IP: 192.0.2.1"), "X-Real-IP: 127.0.0.1 and 192.0.2.1"),
        (("X-Forwarded-For: unknown",), "X-Forwarded-For: unknown"),
    ):
        found = EchoedRequest(("GET / HTTP/1.1", *told))
        monkeypatch.setattr(_headers, "one", lambda _seen, found=found: found)
        with site(site_certificate, echo=ECHO) as subject:
            said = verdicts(subject, "as-is")
        assert said["as-is"] == Verdict(False, f"the service was told {detail}")
