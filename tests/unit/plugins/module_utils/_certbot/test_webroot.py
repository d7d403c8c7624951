# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The question to port 80 before the CA is asked."""

from __future__ import annotations

import functools
import http.server
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._certbot import webroot
from ansible_collections.constellation.edge.plugins.module_utils._certbot.offered import offered
from ansible_collections.constellation.edge.plugins.module_utils._certbot.webroot import CHALLENGES, unserved
from local_servers import serving


@pytest.fixture(autouse=True)
def _without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no test ask the DNS of the machine it runs on."""
    monkeypatch.setattr(webroot, "own_ipv6", frozenset)


class Ipv6(http.server.ThreadingHTTPServer):
    """A server at an IPv6 address."""

    address_family = socket.AF_INET6


class Closed(http.server.BaseHTTPRequestHandler):
    """Serves nothing."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve the folder for names that begin with "good" and, by one redirect, "moved"; none for others."""
    monkeypatch.setattr(webroot, "_PAUSE", 0.01)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, path = self.headers["Host"], self.path.lstrip("/")
            if name.startswith("moved") and not path.startswith("x/"):
                self.send_response(301)
                self.send_header("Location", f"http://{name}:{self.server.server_port}/x/{path}")
                self.end_headers()
            elif name.startswith("loop"):
                self.send_response(301)
                self.send_header("Location", f"http://{name}:{self.server.server_port}{self.path}")
                self.end_headers()
            elif name.startswith(("good", "moved")):
                self.send_response(200)
                self.end_headers()
                self.wfile.write((tmp_path / "web" / path.removeprefix("x/")).read_bytes())
            else:
                self.send_response(200 if name.startswith("page") else 404)
                self.end_headers()
                self.wfile.write(b"welcome")

        def log_message(self, *_arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield server.server_port


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setattr(webroot, "offered", functools.partial(offered, state=str(state)))


def test_names_that_are_served(tmp_path: Path, port: int) -> None:
    assert unserved(("good.example.org", "moved.example.org"), tmp_path / "web", port=port) == {}
    assert list(tmp_path.iterdir()) == []
    folder = tmp_path / "web" / CHALLENGES
    folder.mkdir(parents=True)
    assert unserved(("good.example.org",), tmp_path / "web", port=port) == {}
    assert list(folder.iterdir()) == []


def test_names_that_are_not(tmp_path: Path, port: int) -> None:
    names = ("bad.example.org", "good.example.org", "page.example.org", "loop.example.org")
    assert unserved(names, tmp_path / "web", port=port) == {
        "bad.example.org": "status 404",
        "page.example.org": "status 200 with another content",
        "loop.example.org": "too many redirects",
    }


def test_nothing_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webroot, "_PAUSE", 0.01)
    assert unserved(("a.example.org",), tmp_path, port=1) == {"a.example.org": "Connection refused"}


def test_new_folders_can_be_read_whatever_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = ("state", "state/acme", "state/acme/.well-known", f"state/acme/{CHALLENGES}")
    modes = []

    def ask(*_arguments: object) -> str:
        modes.extend((tmp_path / folder).stat().st_mode & 0o777 for folder in folders)
        return ""

    monkeypatch.setattr(webroot, "_ask_patiently", ask)
    before = os.umask(0o077)
    try:
        unserved(("a.example.org",), tmp_path / "state" / "acme")
    finally:
        os.umask(before)
    assert modes == [0o755] * 4


def test_server_that_listens_in_the_network_only(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webroot, "_own_addresses", lambda: ["127.0.0.2", "127.0.0.1"])
    assert unserved(("good.example.org",), tmp_path / "web", port=port) == {}


def test_c3_the_loopback_does_not_answer_for_the_network(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Host"] != f"good-but-closed.example.org:{port}":
                self.send_response(404)
                self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    monkeypatch.setattr(webroot, "_own_addresses", lambda: ["127.0.0.2", "127.0.0.1"])
    names = ("good.example.org", "good-but-closed.example.org")
    with serving(http.server.ThreadingHTTPServer(("127.0.0.2", port), Elsewhere)):
        answers = unserved(names, tmp_path / "web", port=port)
    assert answers["good.example.org"] == "status 404"
    assert answers["good-but-closed.example.org"]


class TestByIpv6:
    """A name that leads to the host by IPv6, too: an authority asks there first."""

    @pytest.fixture(autouse=True)
    def led(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webroot, "own_ipv6", lambda: frozenset({"::1"}))
        monkeypatch.setattr(webroot, "led_here", lambda name, own: [*own] if name.startswith("good-two") else [])

    def asked(self, folder: Path, port: int) -> dict[str, str]:
        return unserved(("good.example.org", "good-two.example.org"), folder / "web", port=port)

    def test_where_nobody_listens_ipv4_is_enough(self, tmp_path: Path, port: int) -> None:
        assert self.asked(tmp_path, port) == {}

    def test_another_server_is_told(self, tmp_path: Path, port: int) -> None:
        with serving(Ipv6(("::1", port), Closed)):
            answers = self.asked(tmp_path, port)
        assert list(answers) == ["good-two.example.org"]
        assert "status 404 from [::1], its AAAA record" in answers["good-two.example.org"]
        assert "has `listen [::]:80` or that address" in answers["good-two.example.org"]

    def test_a_site_that_answers_there_is_served(self, tmp_path: Path, port: int) -> None:
        class Same(Closed):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write((tmp_path / "web" / self.path.lstrip("/")).read_bytes())

        with serving(Ipv6(("::1", port), Same)):
            assert self.asked(tmp_path, port) == {}


def test_own_addresses_end_with_the_loopback() -> None:
    addresses = webroot._own_addresses()
    assert addresses[-1] == "127.0.0.1"
    assert len(addresses) <= 2


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        unserved(("a.example.org",), tmp_path / "file", port=1)
