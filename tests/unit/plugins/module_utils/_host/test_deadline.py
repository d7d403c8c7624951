# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every client of ours ends in time, whatever the other side does: here it drips one byte after the other."""

from __future__ import annotations

import socketserver
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import webroot
from ansible_collections.constellation.edge.plugins.module_utils._constellation import elsewhere
from ansible_collections.constellation.edge.plugins.module_utils._constellation.mono import answers
from ansible_collections.constellation.edge.plugins.module_utils._constellation.mono.reach import reach
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.listen_uri import parse_listen_uri
from ansible_collections.constellation.edge.plugins.module_utils._constellation.uris.server_uri import parse_server_uri
from ansible_collections.constellation.edge.plugins.module_utils._probe.route import Conditions, ProbedRoute, check
from local_servers import serving

SECONDS = 0.3
# Far more than an end in time takes on a busy machine, and far less than the drops last.
LIMIT = 30.0


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Dripping(socketserver.BaseRequestHandler):
    """Says nothing that ends: neither a status line nor a handshake, for a minute."""

    def handle(self) -> None:
        try:
            for _drop in range(1200):
                self.request.sendall(b"\x16")
                time.sleep(0.05)
        except OSError:
            return


@pytest.fixture
def port() -> Iterator[int]:
    with _Server(("127.0.0.1", 0), _Dripping) as server, serving(server):
        yield server.server_address[1]


CLIENTS: dict[str, Callable[[int], str]] = {
    "a listenUri": lambda port: answers.ask(parse_listen_uri(f"http://127.0.0.1:{port}/"), timeout=SECONDS),
    "a path elsewhere": lambda port: elsewhere.ask(
        elsewhere.Question(f"http://127.0.0.1:{port}/", "a.example.org"), SECONDS
    ),
    "a path elsewhere by TLS": lambda port: elsewhere.ask(
        elsewhere.Question(f"https://127.0.0.1:{port}/", "a.example.org"), SECONDS
    ),
    "a sentinel's server": lambda port: str(reach(parse_server_uri(f"http://127.0.0.1:{port}/"), SECONDS)),
    "a sentinel's server by TLS": lambda port: str(reach(parse_server_uri(f"https://127.0.0.1:{port}/"), SECONDS)),
    "a challenge": lambda port: webroot._ask("a.example.org", "file", "token", "127.0.0.1", port),
    "a route": lambda port: str(
        check(ProbedRoute(f"http://127.0.0.1:{port}/"), Conditions(timeout=SECONDS))["problems"]
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_peer_that_drips_holds_nobody(client: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webroot, "_SECONDS", SECONDS)
    began = time.monotonic()
    assert CLIENTS[client](port)
    assert time.monotonic() - began < LIMIT
