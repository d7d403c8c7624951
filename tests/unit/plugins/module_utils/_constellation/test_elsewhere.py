# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names are this host's, and whether a server serves a path."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._constellation import elsewhere, this_host
from ansible_collections.constellation.edge.plugins.module_utils._constellation.elsewhere import Question, ask, ask_all
from local_servers import serving
from probe_servers import free_port

FIB_TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.168.0.0/24 2 0 2
        |-- 192.168.0.0
           /24 link UNICAST
        |-- 192.168.0.2
           /32 host LOCAL
        |-- 192.168.0.255
           /32 link BROADCAST
"""
IF_INET6 = "fd120000000000000000000000000002 02 40 00 80     eth0\nfe800000000000000242c0fffea80002 02 40 20 80 eth0\n"


def test_the_kernel_tells_the_own_addresses(tmp_path: Path):
    (tmp_path / "4").write_text(FIB_TRIE)
    (tmp_path / "6").write_text(IF_INET6)
    found = this_host.own_addresses(str(tmp_path / "4"), str(tmp_path / "6"))
    assert found == {"192.168.0.2", "fd12::2", "fe80::242:c0ff:fea8:2"}
    assert this_host.own_addresses(str(tmp_path / "no"), str(tmp_path / "no")) == frozenset()


def test_this_machine_has_addresses():
    assert "127.0.0.1" in this_host.own_addresses()


def test_names_and_addresses_of_this_host_are_its_own():
    name = socket.gethostname()
    hosts = [
        "127.0.0.1",
        "[::1]",
        "localhost",
        "127.0.1.1",
        name,
        name.upper(),
        "192.0.2.1",
        "no.such.name.invalid",
        "a b",
    ]
    assert this_host.own_hosts([*hosts, *hosts]) == hosts[:6]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the status that its path names, when the Host header is right."""

    def do_GET(self) -> None:
        """Answer one request."""
        status = int(self.path.strip("/")) if self.headers["Host"] == "demo.example.org" else 400
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, ""),
        (301, ""),
        (401, ""),
        (403, ""),
        (500, ""),
        (400, "it answers 400 there"),
        (404, "it answers 404 there"),
    ],
)
def test_a_path_is_served_or_not(url: str, status: int, said: str):
    assert ask(Question(f"{url}/{status}/", "demo.example.org")) == said


def test_the_public_name_is_what_the_server_hears(url: str):
    assert ask(Question(f"{url}/200/", "other.example.org")) == "it answers 400 there"


def test_what_does_not_answer_is_named():
    port = free_port()
    assert ask(Question(f"http://127.0.0.1:{port}/", "a")) == "nothing answers there: connection refused"
    assert ask(Question(f"https://127.0.0.1:{port}/", "a")) == "nothing answers there: connection refused"
    assert ask(Question("http://no.such.name.invalid:1/", "a")).startswith("nothing answers there: ")


def test_what_is_silent_or_no_http_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert ask(Question(where, "a"), timeout=0.2) == "nothing answers there: no answer in time"
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}/"

        # A thread that would still accept when the socket is closed takes a later test's by its number.
        def speak() -> None:
            connection, _peer = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-x\r\n")

        server.settimeout(20)
        speaking = threading.Thread(target=speak, daemon=True)
        speaking.start()
        assert "does not speak HTTP" in ask(Question(where, "a"))
        speaking.join(30)


def test_all_are_asked(url: str):
    questions = [Question(f"{url}/{status}/", "demo.example.org") for status in (200, 404)]
    assert ask_all(questions) == {f"{url}/200/": elsewhere.SERVED, f"{url}/404/": "it answers 404 there"}
    assert ask_all([]) == {}
