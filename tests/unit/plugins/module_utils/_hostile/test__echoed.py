# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service reports of what it was sent, and what is no report."""

from __future__ import annotations

import json

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _echoed
from ansible_collections.constellation.edge.plugins.module_utils._hostile._echoed import (
    EchoedRequest,
    NoEchoError,
    one,
    read,
    recent,
)
from ansible_collections.constellation.edge.plugins.module_utils._hostile._http1 import Response
from ansible_collections.constellation.edge.plugins.module_utils._hostile._wire import CLOSED, Seen
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject

SITE = Subject("https://a.example.org/", echo="/echo/")


def seen(report: object, status: int = 200) -> Seen:
    return Seen(CLOSED, "", (Response(status, (), json.dumps(report).encode()),))


def test_a_report_is_a_request() -> None:
    found = one(seen({"head": ["GET / HTTP/1.1", "X_A: 1", "x-a: 2"], "requests": 2, "peer": "127.0.0.1"}))
    assert found == EchoedRequest(("GET / HTTP/1.1", "X_A: 1", "x-a: 2"), 2, "127.0.0.1")
    assert found.values("X-A") == ["1", "2"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "no report, but 6 bytes that are no JSON"),
        (b"[]", "no report: JSON without `head`"),
        (b'{"head": "GET /"}', "no report: JSON without `head`"),
    ],
)
def test_what_is_no_report_is_told(body: bytes, said: str) -> None:
    with pytest.raises(NoEchoError, match=said):
        read(body)


def test_another_status_is_no_report() -> None:
    with pytest.raises(NoEchoError, match="no report, but 502"):
        one(seen({"head": []}, 502))


def test_the_latest_requests_are_those_with_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = [["GET /one HTTP/1.1"], ["GET /two HTTP/1.1", "X-A: one"], ["GET /three HTTP/1.1"]]
    report: dict[str, object] = {"head": [], "recent": [{"head": head} for head in heads]}
    monkeypatch.setattr(_echoed, "exchange", lambda *_arguments: seen(report))
    assert [each.head[0] for each in recent(SITE, "one")] == ["GET /one HTTP/1.1", "GET /two HTTP/1.1"]


@pytest.mark.parametrize("latest", [None, "GET /", [7], [{"requests": 1}]])
def test_latest_requests_that_are_none_are_told(monkeypatch: pytest.MonkeyPatch, latest: object) -> None:
    monkeypatch.setattr(_echoed, "exchange", lambda *_arguments: seen({"head": [], "recent": latest}))
    with pytest.raises(NoEchoError, match="no report"):
        recent(SITE, "one")
