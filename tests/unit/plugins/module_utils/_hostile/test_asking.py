# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request with its answer, by both versions of HTTP."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _http2, _wire
from ansible_collections.constellation.edge.plugins.module_utils._hostile.asking import Answer, by_http1, by_http2
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject
from hostile_site import ECHO, site


def test_an_answer_by_http1_has_its_body_and_its_question(site_certificate: Path) -> None:
    with site(site_certificate, "tells") as subject:
        answer = by_http1(subject, ECHO, {"X-Said": "this"}, "somebody")
        assert (answer.status, answer.challenge, answer.is_spoken) == (200, "", True)
        assert b'"x-said: this"' in answer.body
        assert b'"user-agent: somebody"' in answer.body
        assert by_http1(subject, "/none", {}, "somebody").status == 404


def test_an_answer_by_http2_has_its_status(site_certificate: Path) -> None:
    with site(site_certificate, "lenient") as subject:
        answer = by_http2(subject, "/", {"X-Said": "this"}, "somebody")
        assert (answer.status, answer.challenge, answer.is_spoken) == (200, None, True)


def test_without_an_answer_it_tells_how_it_ended(site_certificate: Path) -> None:
    with site(site_certificate) as subject:
        assert by_http2(subject, "/", {}, "somebody").status == 0
    answer = by_http1(subject, "/", {}, "somebody")
    assert answer.status == 0
    assert answer.end.startswith("refused")


@pytest.mark.parametrize("ask", [by_http1, by_http2])
def test_nothing_is_sent_where_the_certificate_has_to_be_trusted_and_is_not(
    site_certificate: Path, ask: Callable[..., Answer]
) -> None:
    secret = {"X-Said": "secret"}
    with site(site_certificate, "lenient", "tells") as subject:
        assert ask(replace(subject, verify=True), "/", secret, "somebody").is_trusted
        assert ask(replace(subject, ca_file=""), "/", secret, "somebody").is_trusted
        for other in (
            replace(subject, verify=True, ca_file=""),
            replace(subject, verify=True, url=subject.url.replace("home", "other")),
        ):
            answer = ask(other, ECHO, secret, "somebody")
            assert (answer.status, answer.is_spoken, answer.is_trusted) == (0, True, False)
            assert answer.end == "refused (TLS: untrusted)"
        assert by_http1(subject, ECHO, {}, "somebody").body.count(b'"head"') == 2


@pytest.mark.parametrize(
    ("module", "ask", "head", "piece"),
    [
        (_wire, by_http1, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nab\r\n"),
        (_http2, by_http2, _http2.frame(_http2.HEADERS, 4, 1, b"\x88"), _http2.frame(_http2.DATA, 0, 1, b"ab")),
    ],
)
def test_a_stream_is_read_for_a_while(
    monkeypatch: pytest.MonkeyPatch, module: Any, ask: Callable[..., Answer], head: bytes, piece: bytes
) -> None:
    """It would send for the seconds that an exchange may take, and by HTTP/2 for ever."""
    ours, theirs = socket.socketpair()
    over = threading.Event()

    def send() -> None:
        with contextlib.suppress(OSError):
            theirs.sendall(head)
            for _each in itertools.takewhile(lambda _each: not over.wait(0.02), itertools.count()):
                theirs.sendall(piece)

    @contextlib.contextmanager
    def opened(*_given: object) -> Iterator[Any]:
        monkeypatch.setattr(socket.socket, "selected_alpn_protocol", lambda _self: "h2", raising=False)
        yield ours

    monkeypatch.setattr(module, "opened", opened)
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    start = time.monotonic()
    try:
        answer = ask(Subject("https://stream.example.org/", timeout=600.0, body=0.3), "/", {}, "somebody")
    finally:
        over.set()
        ours.close()
        theirs.close()
        sender.join()
    assert (answer.status, answer.body[:2]) == (200, b"ab")
    assert time.monotonic() - start < 300
