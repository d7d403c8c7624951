# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of a host's answer to a greeting that is written here."""

from __future__ import annotations

import socket
import struct

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.command import Answer as Said
from ansible_collections.constellation.edge.plugins.module_utils._hostile import _tls
from ansible_collections.constellation.edge.plugins.module_utils._hostile._tls import TLS_1_0, TLS_1_2, greeted, hello
from ansible_collections.constellation.edge.plugins.module_utils._hostile.subject import Subject, Verdict
from probe_servers import Answer, hold, server

# A client's greeting has no end of a head, which the server waits for.
GREETING = b"greeting\r\n\r\n"


def record(kind: int, data: bytes) -> bytes:
    return struct.pack(">BHH", kind, TLS_1_2, len(data)) + data


def server_hello(suite: int = 0xC013, compression: int = 0, version: int = TLS_1_0) -> bytes:
    body = struct.pack(">H", version) + b"r" * 32 + b"\x00" + struct.pack(">HB", suite, compression)
    return record(22, b"\x02" + struct.pack(">I", len(body))[1:] + body)


def says(data: bytes) -> Answer:
    """Return what says this and nothing more."""

    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(data)
        used.shutdown(socket.SHUT_RDWR)

    return answer


def subject(port: int) -> Subject:
    return Subject(f"https://localhost:{port}/", "127.0.0.1", timeout=0.5)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (record(21, b"\x02\x46"), ("refused", b"alert 70")),
        (record(21, b""), ("refused", b"no TLS")),
        (b"HTTP/1.1 400 Bad Request\r\n", ("refused", b"no TLS")),
        (b"", ("refused", b"closed")),
        (server_hello()[:3], ("refused", b"closed")),
    ],
)
def test_what_is_no_greeting_is_a_refusal(data: bytes, expected: tuple[str, bytes]) -> None:
    with server(says(data)) as port:
        assert greeted(subject(port), GREETING) == expected


def test_a_host_that_says_nothing_is_silent() -> None:
    with server(lambda used, _head: hold(used)) as port:
        assert greeted(subject(port), GREETING) == ("silent", b"")


def test_a_port_where_nobody_listens_is_a_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome, why = greeted(subject(port), GREETING)
    assert (outcome, bool(why)) == ("refused", True)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (server_hello(), Verdict(False, "taken: TLS 1.0, suite 0xC013")),
        (server_hello(version=0x0200), Verdict(False, "taken: 0x200, suite 0xC013")),
        (record(22, b"\x02cut"), Verdict(False, "taken: 0x0, suite 0x0000")),
        (record(21, b"\x02\x28"), Verdict(True, "refused (alert 40)")),
    ],
)
def test_what_is_taken_is_told_with_version_and_suite(answer: bytes, verdict: Verdict) -> None:
    with server(says(answer)) as port:
        assert _tls._not_taken(subject(port), GREETING) == verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (server_hello(compression=1), Verdict(False, "compressed")),
        (server_hello(), Verdict(True, "not compressed")),
        (record(21, b"\x02\x28"), Verdict(True, "refused")),
    ],
)
def test_compression_is_what_the_host_chose(monkeypatch: pytest.MonkeyPatch, answer: bytes, verdict: Verdict) -> None:
    monkeypatch.setattr(_tls, "hello", lambda *_arguments: GREETING)
    with server(says(answer)) as port:
        assert _tls._compression(subject(port)) == verdict


def test_a_greeting_names_the_host_and_no_newer_version_than_it_is_for() -> None:
    made = hello("a.example.org", TLS_1_0, (0xC013,))
    kind, version, size = struct.unpack(">BHH", made[:5])
    assert (kind, version, size) == (22, TLS_1_0, len(made) - 5)
    assert made[9:11] == TLS_1_0.to_bytes(2, "big")
    assert b"a.example.org" in made


@pytest.mark.parametrize(
    ("said", "openssl", "verdict"),
    [
        ("depth=0\nRENEGOTIATING\ndepth=0\n", True, Verdict(False, "done again")),
        ("depth=0\nRENEGOTIATING\nssl handshake failure\n", True, Verdict(True, "refused")),
        ("connect: refused\n", True, Verdict(None, "openssl did not get that far")),
        ("sh: openssl: not found\n", False, Verdict(None, "openssl is not installed here")),
    ],
)
def test_a_second_handshake_is_read_from_what_openssl_says(
    monkeypatch: pytest.MonkeyPatch, said: str, openssl: bool, verdict: Verdict
) -> None:
    asked: list[str] = []

    def run(command: list[str], timeout: float) -> Said:
        asked.extend(command[-2:])
        return Said(0, said, "")

    monkeypatch.setattr(_tls, "run", run)
    monkeypatch.setattr(_tls, "find", lambda _name: "/usr/bin/openssl" if openssl else None)
    assert _tls._renegotiation(Subject("https://a.example.org/", "2001:db8::1")) == verdict
    assert asked == ["[2001:db8::1]:443", "a.example.org"]
