# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on a request with another one hidden in it, by what came back and by what the service got."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _smuggled
from ansible_collections.constellation.edge.plugins.module_utils._hostile._echoed import EchoedRequest, NoEchoError
from ansible_collections.constellation.edge.plugins.module_utils._hostile._http1 import Response
from ansible_collections.constellation.edge.plugins.module_utils._hostile._smuggled import Parts, judged
from ansible_collections.constellation.edge.plugins.module_utils._hostile._wire import CLOSED, Seen
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject, Verdict

SITE = Subject("https://a.example.org/")
ECHO = Subject("https://a.example.org/", echo="/echo/")


def seen(*statuses: int, data: bytes = b"") -> Seen:
    return Seen(CLOSED, "", tuple(Response(status) for status in statuses), data)


@pytest.mark.parametrize("statuses", [(400,), (200,), (100, 200), (200, 400), ()])
def test_one_answer_is_as_it_should_be(statuses: tuple[int, ...]) -> None:
    assert judged(SITE, Parts(SITE), seen(*statuses)).ok is True


def test_a_second_answer_is_the_hidden_request_s() -> None:
    verdict = judged(SITE, Parts(SITE), seen(200, 404))
    assert (verdict.ok, verdict.detail.endswith(": a second answer")) == (False, True)


def test_bytes_that_are_no_answer_are_told() -> None:
    verdict = judged(SITE, Parts(SITE), seen(data=b"<html>no head"))
    assert verdict.ok is False
    assert "<html>no head" in verdict.detail
    assert judged(SITE, Parts(SITE), seen(data=b"HTTP/1.1 100 Continue\r\n\r\n")).ok is True


class Service:
    """A service that tells what it got of either part."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have got nothing."""
        self.parts = Parts(ECHO)
        self.reached: list[EchoedRequest] = []
        self.hidden: list[EchoedRequest] = []
        self.problem = ""
        monkeypatch.setattr(_smuggled, "recent", self.recent)

    def recent(self, _subject: Subject, word: str) -> list[EchoedRequest]:
        if self.problem:
            raise NoEchoError(self.problem)
        return self.reached if word == self.parts.mark else self.hidden

    def got(self, *lines: str) -> EchoedRequest:
        return EchoedRequest((f"POST /echo/{self.parts.mark} HTTP/1.1", *lines))

    def judged(self) -> Verdict:
        return judged(ECHO, self.parts, seen(200))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(monkeypatch)


def test_one_request_with_one_length_is_as_it_should_be(service: Service) -> None:
    service.reached = [service.got("Host: a.example.org", "Content-Length: 5", "X-A:\tb")]
    verdict = service.judged()
    assert (verdict.ok, verdict.detail.endswith("; the service got 1")) == (True, True)


def test_a_request_that_reached_the_service_twice_is_not(service: Service) -> None:
    service.reached = [service.got(), service.got()]
    assert "the service got 2 requests, and 0 that were hidden" in service.judged().detail


def test_a_hidden_request_that_reached_the_service_is_not(service: Service) -> None:
    service.hidden = [EchoedRequest((f"GET /echo/{service.parts.inner} HTTP/1.1",))]
    verdict = service.judged()
    assert (verdict.ok, "and 1 that were hidden" in verdict.detail) == (False, True)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("Content-Length: 5", "content_length: 6"), "the service got more than one length"),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), "the service got more than one length"),
        (("X-A: b\x0bTransfer-Encoding: chunked",), "the service got "),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_not(service: Service, lines: tuple[str, ...], told: str) -> None:
    service.reached = [service.got(*lines)]
    verdict = service.judged()
    assert (verdict.ok, told in verdict.detail) == (False, True)


def test_a_service_that_does_not_tell_proves_nothing(service: Service) -> None:
    service.problem = "no report"
    verdict = service.judged()
    assert (verdict.ok, verdict.detail.endswith("; no report")) == (None, True)


def test_lengths_are_those_of_what_is_hidden() -> None:
    parts = Parts(ECHO)
    size = len(parts.hidden)
    assert parts.length(b"Content-Length: %d").endswith(b"Content-Length: %d\r\n\r\n" % size + parts.hidden)
    assert b"\r\n\r\n%x\r\n" % size + parts.hidden in parts.chunk()
    assert b"Content-Length: %d\r\n" % (size + 5) in parts.over()
    assert parts.after(b"0").endswith(b"\r\n\r\n0\r\n\r\n" + parts.hidden)
