# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the sites that change, and which answers count."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._ask import (
    Patience,
    RouteLost,
    Watch,
    questions,
)
from local_servers import serving

SOON = Patience(answer=5.0, again=0.5)


def host(tmp_path: Path, text: str) -> tuple[str, frozenset[str]]:
    (tmp_path / "nginx.conf").write_text("http { include sites/*; }")
    (tmp_path / "sites").mkdir(exist_ok=True)
    site = tmp_path / "sites" / "site"
    site.write_text(text)
    return str(tmp_path), frozenset({str(site)})


def asked(tmp_path: Path, text: str) -> set[tuple[str, str]]:
    return {(each.url, each.address) for each in questions(*host(tmp_path, text))}


def test_every_plain_path_is_asked_under_the_first_name_and_the_root_under_each(tmp_path: Path) -> None:
    text = """server {
        listen 443 ssl; listen [::]:443 ssl; server_name a.test *.b.test ~^c _ "" d.test;
        location /zm/ {} location = /exact {} location ^~ /first/ {} location ~ \\.php$ {} location @named {}
        location /inside/ { internal; } location "/with space" {}
    }"""
    assert asked(tmp_path, text) == {
        ("https://a.test/", "127.0.0.1"),
        ("https://a.test/zm/", "127.0.0.1"),
        ("https://a.test/exact", "127.0.0.1"),
        ("https://a.test/first/", "127.0.0.1"),
        ("https://d.test/", "127.0.0.1"),
    }


@pytest.mark.parametrize(
    ("listen", "url", "address"),
    [
        ("80", "http://a.test/", "127.0.0.1"),
        ("192.0.2.7:8443 ssl http2", "https://a.test:8443/", "192.0.2.7"),
        ("[::]:8080", "http://a.test:8080/", "::1"),
        ("[2001:db8::1]:80", "http://a.test/", "2001:db8::1"),
        ("127.1:81", "http://a.test:81/", "127.0.0.1"),
        ("81-83", "http://a.test:81/", "127.0.0.1"),
        ("440-445 ssl", "https://a.test/", "127.0.0.1"),
    ],
)
def test_an_address_is_asked_where_nginx_listens(tmp_path: Path, listen: str, url: str, address: str) -> None:
    assert asked(tmp_path, f"server {{ listen {listen}; server_name a.test; }}") == {(url, address)}


@pytest.mark.parametrize("listen", ["unix:/run/a.sock", "80 proxy_protocol", "443 quic"])
def test_what_no_plain_client_can_ask_is_not_asked(tmp_path: Path, listen: str) -> None:
    assert asked(tmp_path, f"server {{ listen {listen}; server_name a.test; }}") == set()


def test_only_the_files_that_change_are_asked(tmp_path: Path) -> None:
    root, _paths = host(tmp_path, "server { listen 80; server_name a.test; }")
    assert questions(root, frozenset({"/elsewhere"})) == []


class BackEnd:
    """An HTTP server whose answers can be changed."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.status: dict[str, int] = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = outer.status.get(self.path, 200)
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def site(self, *paths: str) -> str:
        locations = " ".join(f"location {path} {{}}" for path in paths)
        return f"server {{ listen 127.0.0.1:{self.server.server_port}; server_name a.test; {locations} }}"


@pytest.fixture
def back_end() -> Iterator[BackEnd]:
    made = BackEnd()
    with serving(made.server):
        yield made


def test_an_answer_that_got_lost_is_told_with_both_answers(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, back_end.site("/a/", "/b/")), SOON)
    watch.compare()
    back_end.status["/b/"] = 502
    with pytest.raises(RouteLost, match=r"a\.test:\d+/b/: status 200 before, status 502 after the reload$"):
        watch.compare()
    back_end.status["/b/"] = 0
    with pytest.raises(RouteLost, match=r"status 200 before, no answer \(127\.0\.0\.1 port \d+: Remote end closed"):
        watch.compare()


def test_what_did_not_answer_before_does_not_count(tmp_path: Path, back_end: BackEnd) -> None:
    back_end.status["/b/"] = 504
    watch = Watch(*host(tmp_path, back_end.site("/a/", "/b/")), SOON)
    back_end.status["/b/"] = 502
    watch.compare()


def test_a_login_page_and_a_missing_page_are_answers(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, back_end.site("/a/", "/b/")), SOON)
    back_end.status |= {"/a/": 401, "/b/": 404}
    watch.compare()


def test_a_path_that_is_taken_away_is_not_asked_again(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, back_end.site("/a/", "/b/")), SOON)
    host(tmp_path, back_end.site("/a/"))
    back_end.status["/b/"] = 502
    watch.compare()


def plain_site(back_end: BackEnd, answer: str) -> str:
    listen = f"listen 127.0.0.1:{back_end.server.server_port}"
    return f"server {{ {listen}; server_name a.test b.test; location / {{ {answer} }} }}"


def test_what_led_to_https_may_be_served_in_clear_text_by_a_service_that_is_off(
    tmp_path: Path, back_end: BackEnd
) -> None:
    watch = Watch(*host(tmp_path, plain_site(back_end, "return 301 https://$host$request_uri;")), SOON)
    back_end.status["/"] = 502
    # As long as nginx is to lead there by itself, it has to.
    with pytest.raises(RouteLost):
        watch.compare()
    host(tmp_path, plain_site(back_end, "proxy_pass http://127.0.0.1:9;"))
    watch.compare()


def test_a_service_in_clear_text_is_lost_as_any_other(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, plain_site(back_end, "proxy_pass http://127.0.0.1:9;")), SOON)
    back_end.status["/"] = 502
    with pytest.raises(RouteLost):
        watch.compare()


def test_a_root_that_is_closed_from_now_on_is_asked_under_no_name(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, plain_site(back_end, "return 301 https://$host$request_uri;")), SOON)
    host(tmp_path, plain_site(back_end, "return 444;"))
    back_end.status["/"] = 0
    watch.compare()


def test_an_answer_that_comes_back_in_time_is_no_loss(tmp_path: Path, back_end: BackEnd) -> None:
    watch = Watch(*host(tmp_path, back_end.site("/a/")), Patience(answer=5.0, again=30.0))
    back_end.status["/a/"] = 503
    timer = threading.Timer(0.3, back_end.status.clear)
    timer.start()
    watch.compare()
    timer.join(30)


@pytest.mark.parametrize(
    ("answer", "is_asked"),
    [("return 444;", False), ("return 503;", False), ("return 410;", True), ("return 444x;", True), ("return;", True)],
)
def test_a_location_that_is_to_refuse_is_not_asked(tmp_path: Path, answer: str, is_asked: bool) -> None:
    """Else a change to it would be taken back."""
    text = f"server {{ listen 80; server_name a.test; location / {{}} location /x/ {{ {answer} }} }}"
    assert (("http://a.test/x/", "127.0.0.1") in asked(tmp_path, text)) is is_asked
    text = f"server {{ listen 80; server_name a.test; location / {{ {answer} }} }}"
    assert bool(asked(tmp_path, text)) is is_asked
