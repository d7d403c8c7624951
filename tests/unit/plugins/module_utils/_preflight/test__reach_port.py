# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who answers on port 80: this host, proven by what it says itself, another machine, or nobody."""

from __future__ import annotations

import http.server
import socket

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._preflight import _reach_port
from ansible_collections.constellation.edge.plugins.module_utils._preflight._reach_port import ask_port_80
from local_servers import serving
from probe_servers import free_port

NAME = "home.example.org"


class Handler(http.server.BaseHTTPRequestHandler):
    """A router, whose own page differs for itself."""

    server_version, sys_version = "lighttpd/1.4", ""

    def do_GET(self):
        self.send_response(404 if self.client_address[0] == "127.0.0.1" else 200)
        self.end_headers()

    def log_message(self, *_arguments):
        return


@pytest.fixture
def taken():
    """Return a port on which another program answers, on every loopback address of its own way."""
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)  # noqa: S104 - asked on loopback addresses
    with serving(server):
        yield server.server_port


def test_nobody_has_the_port_so_that_our_own_answer_is_the_proof():
    pairs = [(NAME, "127.0.0.1"), ("camera.example.org", "127.0.0.1")]
    for _again in range(2):
        assert set(map(str, ask_port_80(pairs, free_port()).values())) == {str({"state": "ours", "said": ""})}


def test_the_port_is_free_again_at_once():
    port = free_port()
    for _again in range(3):
        assert ask_port_80([(NAME, "127.0.0.1")], port)[NAME, "127.0.0.1"]["state"] == "ours"
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_another_answer_than_the_one_here_is_another_machines(taken, monkeypatch):
    # Seen from there, the client has another address than seen from here.
    get = _reach_port._get
    monkeypatch.setattr(
        _reach_port,
        "_get",
        lambda name, address, port, token: (
            _reach_port._Answer(200, "router", "", "welcome")
            if address == "198.51.100.1"
            else get(name, address, port, token)
        ),
    )
    met = ask_port_80([(NAME, "198.51.100.1"), (NAME, "127.0.0.1")], taken)
    assert met[NAME, "198.51.100.1"] == {"state": "other", "said": "status 200, Server: router"}
    assert met[NAME, "127.0.0.1"] == {"state": "ours", "said": ""}


def test_no_answer_is_told_with_its_reason(monkeypatch):
    monkeypatch.setattr(_reach_port, "_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        met = ask_port_80([(NAME, "127.0.0.1")], silent.getsockname()[1])
    assert met == {(NAME, "127.0.0.1"): {"state": "silent", "said": "no answer"}}
    with socket.create_server(("127.0.0.2", 0)) as elsewhere:
        met = ask_port_80([(NAME, "127.0.0.1")], elsewhere.getsockname()[1])
    assert met == {(NAME, "127.0.0.1"): {"state": "silent", "said": "Connection refused"}}


def test_nothing_is_asked_where_there_is_nothing_to_ask():
    assert ask_port_80([]) == {}


def test_only_the_question_itself_gets_the_token():
    port = free_port()
    with _reach_port._listening("token", port) as listens:
        assert listens
        assert _reach_port._get(NAME, "127.0.0.1", port, "other").status == 404
        assert _reach_port._get(NAME, "127.0.0.1", port, "token").body == "token"
