# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server-sent events, moving pictures and WebSockets: what gets through counts, and when."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._probe._streams import (
    moving_pictures,
    server_sent_events,
)
from ansible_collections.constellation.edge.plugins.module_utils._probe._websocket import upgrade
from ansible_collections.constellation.edge.plugins.module_utils._probe.connection import Target
from probe_servers import accept_key, chunk, hold, plain, server

EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"


def target(port: int, timeout: float = 3.0) -> Target:
    return Target(f"http://localhost:{port}/events", "127.0.0.1", timeout=timeout)


def test_events_that_are_streamed() -> None:
    def answer(used: socket.socket, head: str) -> None:
        assert "Accept: text/event-stream" in head
        used.sendall(EVENTS.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b": welcome\n\n"))
        for number in range(20):
            used.sendall(chunk(b"id: %d\r\ndata: x\r\n\r\n" % number))
            time.sleep(0.1)

    with server(answer) as port:
        facts = server_sent_events(target(port))
    assert facts["ok"], facts
    assert facts["events"] == 2
    assert facts["first_seconds"] is not None
    assert facts["first_seconds"] < 1


def test_event_that_is_cut_between_its_line_ends() -> None:
    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(EVENTS.encode() + b"\r\n")
        for piece in (b"data: a\r\n\r", b"\ndata: b\r", b"\n\r\n"):
            time.sleep(0.1)
            used.sendall(piece)

    with server(answer) as port:
        assert server_sent_events(target(port))["events"] == 2


def test_events_that_a_buffer_holds_back() -> None:
    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(EVENTS.encode() + b"\r\n")
        time.sleep(0.5)
        used.sendall(b"data: x\n\n" * 10)

    with server(answer) as port:
        facts = server_sent_events(target(port, 1.5))
    assert not facts["ok"]
    assert facts["events"] == 10
    assert "holds events back" in facts["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [(b"data: x\n\n", "only one event"), (b": ping\n\n: ping\n\n", "no event arrived"), (b"", "no event arrived")],
)
def test_too_few_events(body: bytes, detail: str) -> None:
    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(EVENTS.encode() + b"\r\n" + body)
        hold(used)

    with server(answer) as port:
        start = time.monotonic()
        facts = server_sent_events(target(port, 0.5))
    assert time.monotonic() - start < 40
    assert not facts["ok"]
    assert detail in facts["detail"]


def test_page_instead_of_events() -> None:
    with server(plain("200 OK", "Content-Type: text/html\r\n")) as port:
        assert "text/html instead of" in server_sent_events(target(port))["detail"]


def part(name: str, size: int) -> bytes:
    return f"--{name}\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n".encode() + b"\xff" * size + b"\r\n"


@pytest.mark.parametrize("boundary", ["frame", '"frame"', "--frame"])
def test_moving_pictures(boundary: str) -> None:
    def answer(used: socket.socket, _head: str) -> None:
        head = f"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary={boundary}\r\n\r\n"
        used.sendall(head.encode())
        for _number in range(10):
            data = part("frame", 100000)
            used.sendall(data[:3])
            time.sleep(0.02)
            used.sendall(data[3:])

    with server(answer) as port:
        facts = moving_pictures(target(port))
    assert facts["ok"], facts
    assert facts["parts"] >= 2


def test_picture_that_stands_still() -> None:
    def answer(used: socket.socket, _head: str) -> None:
        head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n"
        used.sendall(head + part("x", 10) + b"--x\r\n")
        hold(used)

    with server(answer) as port:
        facts = moving_pictures(target(port, 0.5))
    assert not facts["ok"]
    assert facts["parts"] == 1


def frame(kind: int, payload: bytes) -> bytes:
    length = bytes((len(payload),)) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
    return bytes((0x80 | kind,)) + length + payload


def echo(used: socket.socket, head: str) -> None:
    """Greet, ping, and send back what a client's text frame holds."""
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    greeting = frame(1, b"welcome " * 40) + frame(9, b"p")
    used.sendall(f"{answer}Sec-WebSocket-Accept: {accept_key(head)}\r\n\r\n".encode() + greeting)
    data = used.recv(1000)
    length, mask = data[1] & 0x7F, data[2:6]
    text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data[6 : 6 + length]))
    used.sendall(frame(1, text) if data[0] & 0x0F == 1 else frame(8, b""))
    used.recv(1000)


def test_websocket_that_echoes() -> None:
    with server(echo) as port:
        assert upgrade(target(port), echo=True) == {"ok": True, "detail": "101, text echoed"}


def test_websocket_without_echo_asked() -> None:
    with server(echo) as port:
        assert upgrade(target(port)) == {"ok": True, "detail": "101"}


def test_proxy_that_drops_the_upgrade() -> None:
    with server(plain("200 OK")) as port:
        assert upgrade(target(port)) == {"ok": False, "detail": "status 200 instead of 101"}


def test_upgrade_by_something_that_is_no_websocket() -> None:
    with server(plain("101 Switching Protocols", "Sec-WebSocket-Accept: bm8=\r\n")) as port:
        assert "Sec-WebSocket-Accept" in upgrade(target(port))["detail"]


def test_websocket_that_stays_silent() -> None:
    def answer(used: socket.socket, head: str) -> None:
        used.sendall(f"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: {accept_key(head)}\r\n\r\n".encode())
        hold(used)

    with server(answer) as port:
        facts = upgrade(target(port, 0.5), echo=True)
    assert not facts["ok"]
    assert "0.5 s" in facts["detail"]


def test_streams_over_tls(certificate: Path) -> None:
    def answer(used: socket.socket, _head: str) -> None:
        used.sendall(EVENTS.encode() + b"\r\n")
        for _number in range(20):
            used.sendall(b"data: x\n\n")
            time.sleep(0.1)

    with server(answer, certificate) as port:
        place = Target(f"https://localhost:{port}/", "127.0.0.1", str(certificate / "cert.pem"), timeout=20)
        assert server_sent_events(place)["ok"]
    with server(echo, certificate) as port:
        place = Target(f"https://localhost:{port}/", "127.0.0.1", str(certificate / "cert.pem"), timeout=20)
        assert upgrade(place, echo=True)["ok"]
