# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of CIS and how it is asked."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any, cast

import pytest
from bars import cis
from bars.cis_list import ITEMS
from bars.directives import read
from bars.stage import Host

FORMAT = """log_format ours '$remote_addr - $remote_user [$time_local] "$request" $status "$http_user_agent"';"""


class Answers:
    """A host that reads a configuration, and answers nothing."""

    def __init__(self, configuration: str) -> None:
        """Hold what `nginx -T` would print."""
        self.configuration = configuration

    def sh(self, command: str, *, check: bool = True) -> Any:
        return SimpleNamespace(code=1, out="", err="")


def look(configuration: str) -> cis.Look:
    return cis.Look(cast(Host, Answers(configuration)))


def test_every_item_has_its_own_function_and_every_function_an_item() -> None:
    checks = [item.check for item in ITEMS]
    assert len(ITEMS) == 33
    assert len(set(checks)) == len(checks)
    assert all(inspect.isfunction(getattr(cis, name)) for name in checks)
    marked = {
        name for name, one in inspect.getmembers(cis, inspect.isfunction) if inspect.get_annotations(one).get("look")
    }
    assert marked == set(checks)


def test_the_bar_can_be_reached_without_what_we_refuse() -> None:
    assert sum(not item.refused for item in ITEMS) >= cis.PASSED
    assert all(len(item.refused) > 40 for item in ITEMS if item.refused)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("client_header_timeout 10s; server {} server {}", True),
        ("http { client_header_timeout 10; server {} }", True),
        ("server { client_header_timeout 10s; } server { client_header_timeout 9s; }", True),
        ("server { client_header_timeout 10s; } server {}", False),
        ("client_header_timeout 11s; server {}", False),
        ("client_header_timeout 1m; server {}", False),
        ("client_header_timeout 0; server {}", False),
        ("# client_header_timeout 10s;\nserver {}", False),
        ("client_header_timeout 10s; server { client_header_timeout 60s; }", False),
    ],
)
def test_a_time_holds_in_every_server(text: str, good: bool) -> None:
    assert cis.head_in_time(look(text)) == good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (f"{FORMAT} server {{ access_log /x ours; }}", True),
        (f"{FORMAT} server {{ access_log /x; }}", False),
        (f"{FORMAT.replace('$status', '')} server {{ access_log /x ours; }}", False),
    ],
)
def test_a_log_line_says_all_that_it_must(text: str, good: bool) -> None:
    assert cis.log_format(look(text)) == good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("location / { proxy_pass http://a; proxy_hide_header X-Powered-By; }", True),
        ("location / { proxy_pass http://a; } location /b { proxy_hide_header X-Powered-By; }", False),
        ("location / { proxy_pass http://a; proxy_hide_header X-Powered-By; proxy_pass_header Server; }", False),
    ],
)
def test_a_service_is_hidden_in_each_place_that_asks_one(text: str, good: bool) -> None:
    assert cis.services_hidden(look(text)) == good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("location / { proxy_pass http://a; proxy_set_header X-Real-IP $remote_addr; %s }", True),
        ("location / { proxy_pass http://a; %s }", False),
        ("location / { proxy_pass http://a; proxy_set_header X-Real-IP $http_x_real_ip; %s }", False),
    ],
)
def test_the_clients_address_is_the_proxys_word(text: str, good: bool) -> None:
    assert cis.client_address(look(text % "proxy_set_header X-Forwarded-For $remote_addr;")) == good


def test_the_headers_of_the_last_answer_are_read() -> None:
    dump = "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200 \r\nServer: nginx\r\nX-Frame-Options: DENY\r\n\r\n"
    assert cis.headers(dump) == {"server": "nginx", "x-frame-options": "DENY"}


def test_quotes_and_braces_do_not_end_a_directive() -> None:
    text = r"""map $a $b { "~*^/(?:x;{2})\"y" 1; '# z' 2; } # server {
    server { return 301 https://${host}/; }"""
    found = read(text)
    assert [one.words for one in found] == [
        ("map", "$a", "$b"),
        (r"~*^/(?:x;{2})\"y", "1"),
        ("# z", "2"),
        ("server",),
        ("return", "301", "https://${host}/"),
    ]
    assert [block.name for block in found[-1].around] == ["server"]
