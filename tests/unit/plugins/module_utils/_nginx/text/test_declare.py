# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations become statements, and nothing in them reaches outside its own directive."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import (
    directives,
    location_head,
    owned,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.identity import key
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, meaning


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, []),
        ("", []),
        ("gzip on; # why\nroot /x;", [("gzip", "on", ";"), ("root", "/x", ";")]),
        ({"gzip": True, "etag": False}, [("gzip", "on", ";"), ("etag", "off", ";")]),
        ({"return": 404}, [("return", "404", ";")]),
        ({"internal": None, "ip_hash": ""}, [("internal", ";"), ("ip_hash", ";")]),
        ({"add_header": ["A b", 'B "c d"']}, [("add_header", "A", "b", ";"), ("add_header", "B", "c d", ";")]),
        ({"add_header": []}, []),
        ({"x": "caf\u00e9"}, [("x", "caf\xc3\xa9", ";")]),
        ({"if ($a = b)": {"return": 403}}, [("if", "($a", "=", "b)", "{", ""), ("return", "403", ";"), ("}",)]),
        (
            {"map $a $b": {"default": 1, "''": 2}},
            [("map", "$a", "$b", "{", ""), ("default", "1", ";"), ("", "2", ";"), ("}",)],
        ),
    ],
)
def test_directives(given: object, says: list[tuple[str, ...]]) -> None:
    assert meaning(Block(directives(given, "here"), ("", ""))) == says


@pytest.mark.parametrize(
    "given",
    [
        {"root": "/x; deny all"},
        {"root": "/x;"},
        {"root": "/x\ndeny all"},
        {"root": "/x\r"},
        {"root": '"/x'},
        {"root": "'/x"},
        {"root": "/x {"},
        {"root": "/x { a; }"},
        {"root": "/x } location /y {"},
        {"root": "/x }"},
        {"root": "}"},
        {"root": "/x #"},
        {"root": "#/x"},
        {"root": '"a"b'},
        {"root": "/x\\"},
        {"root": {"a": 1}.keys()},
        {"root /x; deny": "all"},
        {"root /x": "y"},
        {"# root": "/x"},
        {"": "x"},
        {"root\n": "x"},
        {"if ($a) { deny all; } if ($b)": {"return": 1}},
        {"a {": {"b": 1}},
        {"a; b": {"c": 1}},
        {"content_by_lua_block": {"a": "x} deny all"}},
        {1.5j: "x"},
        ["root /x"],
        "location / {",
        "root /x; }",
        'root "/x;',
        {"root": "x" * 5000},
    ],
    ids=repr,
)
def test_what_would_break_out_is_refused(given: object) -> None:
    with pytest.raises(ConfigError, match="here"):
        directives(given, "here")


@pytest.mark.parametrize(
    "text", ["", "/a /b /c", "!~ /x", "/x {", "/x;", "/x { } location /y", '"/x', "/x # a", "/x\n", "~ ^/a{2}$"]
)
def test_a_location_is_one_head(text: str) -> None:
    with pytest.raises(ConfigError, match="here"):
        location_head(text, "here")


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ([{"name": "a/b"}], "name of a site|name of its file"),
        ([{"name": ".a"}], "name of its file"),
        ([{"name": "a\nb"}], "name of its file"),
        ([{"name": "a"}, {"name": "a"}], "listed twice"),
        (
            [{"name": "a", "servers": [{"server_name": ["x"]}, {"server_name": ["X"]}]}],
            "one of its names on the same address",
        ),
        (
            [{"name": "a", "servers": [{"server_name": ["x", "y"]}, {"server_name": ["x"]}]}],
            "one of its names on the same",
        ),
        ([{"name": "a", "directives": "server { listen 80; }"}], "belongs into 'servers'"),
        ([{"name": "a", "servers": [{"default": True}]}], "default needs the addresses"),
        ([{"name": "a", "servers": [{"owns": ["listen"]}]}], "a place of its own"),
        ([{"name": "a", "servers": [{"listen": ["80", "*:80"]}]}], "twice"),
        ([{"name": "a", "servers": [{"listen": ["80; deny all"]}]}], "more than one"),
        ([{"name": "a", "servers": [{"certificate": "../../x"}]}], "not the name of a lineage"),
        ([{"name": "a", "servers": [{"server_name": ["a\nb"]}]}], "line end"),
        ([{"name": "a", "servers": [{"directives": {"listen": "80"}}]}], "belongs into 'listen'"),
        ([{"name": "a", "servers": [{"directives": "location / { deny all; }"}]}], "belongs into 'locations'"),
        ([{"name": "a", "servers": [{"locations": [{"location": "=/x"}, {"location": "= /x"}]}]}], "same location"),
        ([{"name": "a", "servers": [{"locations": [{"location": "/x", "before": "/y", "after": "/z"}]}]}], "not both"),
    ],
)
def test_a_wrong_declaration_is_refused(sites: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _declaration.sites(sites)


def test_a_block_is_owned_by_its_head_and_braces() -> None:
    found = owned(["if ($a) {}", "if ( $b ) {}", "set $c", "proxy_pass"], "here")
    same = directives("if ($a) { return 403; } if ($b) { break; } set $c 1;", "here")
    assert found == {*map(key, same), "proxy_pass"}


@pytest.mark.parametrize("given", ["if ($a) { return 403; }", "if ($a) {} if ($b) {}", "{}", "}", "location / {}"])
def test_no_other_block_is_owned(given: str) -> None:
    with pytest.raises(ConfigError):
        owned([given], "here")
