# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx takes for the same location, the same server, the same directive."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.addresses import listen_address
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.identity import key, location_key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.reconcile import Reconciler
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector, choose, server_key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse


@pytest.mark.parametrize(
    ("head", "identity"),
    [
        ("/x", ("", "/x")),
        ('"/x"', ("", "/x")),
        ("= /x", ("=", "/x")),
        ("=/x", ("=", "/x")),
        ('"=" /x', ("=", "/x")),
        ("^~ /x", ("", "/x")),
        ("^~/x", ("", "/x")),
        ("~ ^/x", ("~", "^/x")),
        ("~^/x", ("~", "^/x")),
        ("~* ^/x", ("~*", "^/x")),
        ("~*^/x", ("~*", "^/x")),
        ("@n", ("@", "n")),
        ("= @n", ("=", "@n")),
        ('"= /x"', ("=", " /x")),
        ('""', ("", "")),
        ("=", ("=", "")),
        ("/a%20b", ("", "/a%20b")),
        ('"/a b"', ("", "/a b")),
        ("no/slash", ("", "no/slash")),
    ],
)
def test_i1_i2_i9_identity(head: str, identity: tuple[str, str]) -> None:
    assert location_key(parse(f"location {head} {{}}").body[0].args) == identity


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("= /x", "=/x", True),
        ("/x", "^~ /x", True),
        ("= /x", "/x", False),
        ("/x", "/x/", False),
        ("/x", "/X", False),
        ("~ /x", "~* /x", False),
        ("/a%20b", '"/a b"', False),
        ("@n", "= @n", False),
    ],
)
def test_i3_i6_duplicates(one: str, other: str, same: bool) -> None:
    keys = [location_key(parse(f"location {head} {{}}").body[0].args) for head in (one, other)]
    assert (keys[0] == keys[1]) is same


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("80", "*:80"),
        ("0.0.0.0:80", "*:80"),
        ("*:80", "*:80"),
        ("127.0.0.1", "127.0.0.1:80"),
        ("127.0.0.1:8081", "127.0.0.1:8081"),
        ("[::]:443", "[::]:443"),
        ("[::]", "[::]:80"),
        ("localhost:0080", "localhost:80"),
        ("unix:/run/x", "unix:/run/x"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert listen_address(text) == address


def test_servers() -> None:
    def of(body: str) -> object:
        return server_key(parse(f"server {{ {body} }}").body[0])

    assert of("") == of("listen 80;") == of('listen *:80; server_name "";')
    assert of("server_name A b; server_name c;") == of("server_name c b a;")
    assert of("listen 81;") != of("listen 80;")
    assert of("server_name a;") != of("server_name b;")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("add_header X-A 1;", "add_header x-a 2 always;", True),
        ("add_header X-A 1;", "add_header X-B 1;", False),
        ("proxy_set_header Host a;", "proxy_set_header Host b;", True),
        ("listen 80;", "listen *:80 default_server;", True),
        ("error_page 404 /a;", "error_page 404 =200 /b;", True),
        ("error_page 500 502 /a;", "error_page 502 500 /a;", True),
        ("error_page 500 502 /a;", "error_page 502 /a;", False),
        ("allow 10.0.0.1;", "allow 10.0.0.2;", False),
        ("root /a;", "root /b;", True),
        ("return 404;", "return 301 /x;", True),
        ("limit_req zone=a burst=1;", "limit_req zone=a;", True),
        ("limit_req zone=a;", "limit_req zone=b;", False),
        ("limit_req_zone $a zone=z:1m rate=1r/s;", "limit_req_zone $b zone=z:2m rate=2r/s;", True),
        ("set $a 1;", "set $b 1;", False),
        ("map $a $b {}", "map $c $b {}", True),
        ("map $a $b {}", "map $a $c {}", False),
        ("upstream U {}", "upstream u {}", True),
        ("server 127.0.0.1:1;", "server 127.0.0.1:2;", False),
        ("server {}", "server;", False),
        ("location /x {}", "location ^~ /x {}", True),
    ],
)
def test_what_identifies_a_directive(one: str, other: str, same: bool) -> None:
    assert (key(parse(one).body[0]) == key(parse(other).body[0])) is same


SERVERS = """\
server { listen 80; server_name a.example.org; }
server { listen 443 ssl; server_name a.example.org; }
server { listen 443 ssl default_server; server_name *.example.org; }
server { listen 8443 ssl; server_name www.*; }
server { listen 8444 ssl; server_name "~^(?<user>blog)\\.example\\.com$"; }
server { listen 8445 ssl; server_name ~^\\D+\\.example\\.com$; }
"""


@pytest.mark.parametrize(
    ("selector", "line"),
    [
        (Selector("A.example.org", "443"), 2),
        (Selector("a.example.org", "80"), 1),
        (Selector("b.example.org"), 3),
        (Selector("www.example.net"), 4),
        (Selector(None, "8443 ssl"), 4),
        (Selector(None, "443 default_server"), 3),
        (Selector(None, "80 default_server"), 1),
        (Selector("blog.example.com"), 5),
        (Selector("img.example.com"), 6),
        (Selector("a.example.org", "443 ssl"), 2),
    ],
)
def test_choosing_a_server(selector: Selector, line: int) -> None:
    editor = Reconciler(parse(SERVERS), "f", False)
    _block, server = choose(editor, selector)
    assert server is not None
    assert editor.place(server) == f"f:{line}"


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (Selector("a.example.org"), r"2 servers fit .*f:1 server a.example.org on \*:80; f:2"),
        (Selector("nowhere.test"), r"0 servers fit .*f:1 .*f:4"),
        (Selector(None, "443"), r"2 servers fit .*f:2 .*f:3"),
        (Selector(None, "80 ssl"), "0 servers fit"),
        (Selector(), "6 servers fit"),
        (Selector(None, "[::]:80 default_server"), "0 servers fit"),
    ],
)
def test_no_server_or_several_lists_the_candidates(selector: Selector, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        choose(Reconciler(parse(SERVERS), "f", False), selector)


def test_two_wildcards_that_nginx_takes_for_one_are_two_candidates() -> None:
    text = "server { server_name .a.test; }\nserver { server_name *.a.test; }\n"
    with pytest.raises(ConfigError, match="2 servers fit"):
        choose(Reconciler(parse(text), "f", False), Selector("x.a.test"))


def test_each_address_has_a_default_server_of_its_own() -> None:
    text = "server { listen 80; }\nserver { listen [::]:80 default_server; listen 80; }\n"
    editor = Reconciler(parse(text), "f", False)
    assert editor.place(choose(editor, Selector(None, "80 default_server"))[1]) == "f:1"  # type: ignore[arg-type]
    assert editor.place(choose(editor, Selector(None, "[::]:80 default_server"))[1]) == "f:2"  # type: ignore[arg-type]


def test_a_fragment_is_its_own_block() -> None:
    document = parse("location /x {}\n")
    assert choose(Reconciler(document, "f", False), Selector()) == (document, None)
