# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a listenUri is served, asked of small servers on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation.mono.answers import ask
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import ListenUri

INVALID_HOST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<h1>Bad Request (Invalid host)</h1>"


@contextlib.contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer every request with these bytes; the port and what was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _peer = listener.accept()
                    with connection:
                        asked.append(connection.recv(4096))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1], asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ""),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno", ""),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", ""),
        (INVALID_HOST, "not under this URI"),
        (b"SSH-2.0-x\r\n", "does not speak HTTP"),
        (b"", "closed"),
    ],
)
def test_answers(answer: bytes, problem: str) -> None:
    with server(answer) as (port, asked):
        found = ask(ListenUri("http", "+", port, "/constellation/"), timeout=20)
        assert asked[0].startswith(b"GET /constellation/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
    assert problem in found if problem else found == ""


def test_host_of_the_prefix_is_sent() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (port, asked):
        assert ask(ListenUri("http", "localhost", port, "/"), timeout=20) == ""
        assert b"Host: localhost:%d\r\n" % port in asked[0]


def test_refused_and_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert "in time" in ask(ListenUri("http", "+", port, "/"), timeout=0.2)
        assert ask(ListenUri("https", "+", port, "/"), timeout=1) == ""
    assert "refused" in ask(ListenUri("http", "+", port, "/"), timeout=1)
    assert "refused" in ask(ListenUri("https", "+", port, "/"), timeout=1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_can_be_no_name_is_not_served(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "its host can be no name" in ask(ListenUri(scheme, "a" * 64, port, "/"))
