# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done with a random input. Each target takes bytes, and raises for nothing but a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._declaration import sites
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import declare
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.edit import restyle
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.quoting import quote
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.style import detect
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError, SyntaxRefused
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import (
    Block,
    Statement,
    comments,
    meaning,
    parse,
    says,
)

from . import dotnet

# Parts one field of an input from the next.
SEPARATOR = b"\x1e"


def read(data: bytes) -> None:
    """Text is read whole or refused at a place in it; written anew it means the same."""
    text = data.decode("latin-1")
    try:
        document = parse(text)
    except SyntaxRefused as error:
        line, column = error.line, error.column
    else:
        _read_well(document, text)
        return
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1


def _read_well(document: Block, text: str) -> None:
    assert document.dumps() == text
    style = detect(document)
    assert sum(1 for _comment in comments(document)) <= text.count("#")
    again = Block([restyle(each, "", style) for each in document.body], ("", ""))
    for at, each in enumerate(again.body):
        each.words[0] = (style.eol if at else "", each.words[0][1])
    assert meaning(parse(again.dumps())) == meaning(document)
    for each in document.body:
        assert all(parse(f"x {quote(arg)};").body[0].args == [arg] for arg in each.args if len(arg) < 2000)


def declaration(data: bytes) -> None:
    """See that declared statements stay where they are put, whatever is in them."""
    name, _separator, rest = data.partition(SEPARATOR)
    one, two = _given(name), _given(rest)
    # What is declared, and whether each of the statements that it gives is a block; None where that may be anything.
    for wanted, blocks in (
        ({"add_header": _given(data)}, [False]),
        ({"add_header": [one, two]}, [False, False]),
        ({one: two}, [False]),
        ({one: {two: None}}, [True]),
        (_given(data), None),
    ):
        try:
            found = declare.directives(wanted, "here")
        except ConfigError:
            continue
        _stay_inside(found)
        if blocks is not None:
            assert [each.block is not None for each in found] == blocks
            assert all(each.name == "add_header" for each in found if "add_header" in wanted)
    for expected, make in (("location", declare.location_head), ("listen", declare.listen)):
        try:
            head = make(_given(data), "here")
        except ConfigError:
            continue
        _stay_inside([head])
        assert head.name == expected


def _given(data: bytes) -> str:
    """Return bytes as Ansible hands them over."""
    return data.decode("utf-8", "surrogateescape")


def _stay_inside(found: list[Statement]) -> None:
    document = parse("server {\n    first a;\n    last b;\n}\n")
    server = document.body[0].block
    assert server is not None
    style = detect(document)
    for at, each in enumerate(found):
        fresh = restyle(each, "    ", style)
        fresh.words[0] = ("\n    ", fresh.words[0][1])
        server.body.insert(1 + at, fresh)
    again = parse(document.dumps())
    assert len(again.body) == 1
    assert again.body[0].block is not None
    assert [says(each) for each in again.body[0].block.body] == [
        (("first", "a", ";"),),
        *map(says, found),
        (("last", "b", ";"),),
    ]


STATES = ("present", "exact", "absent")


def edit(data: bytes) -> None:
    """Locations are brought in line or refused with a message; the result is complete, and twice is once."""
    text, path, body, beside, options, *_rest = (*data.split(SEPARATOR), b"", b"", b"", b"", b"")[:6]
    flags = options[0] if options else 0
    wanted: dict[str, Any] = {"location": _given(path), "state": STATES[flags % 3], "directives": _given(body)}
    if flags & 4:
        wanted["directives"] = {"proxy_pass": _given(body), "add_header": [_given(body), "X y"]}
    if beside:
        wanted["after" if flags & 8 else "before"] = _given(beside)
    if flags & 16:
        wanted["owns"] = ["proxy_pass", "if"]
    once = _edited(text.decode("latin-1"), wanted, flags)
    if once is not None:
        parse(once)
        assert _edited(once, wanted, flags) == once


def _edited(text: str, wanted: dict[str, Any], flags: int) -> str | None:
    """Return the text after an edit, None when it is refused."""
    try:
        given = locations([wanted], "f")
        result: str = edit_locations(text, "f", Selector(), given, adopt=bool(flags & 32), purge=bool(flags & 64))
    except ConfigError:
        return None
    return result


LISTENS: tuple[list[str], ...] = (["80"], ["443 ssl", "8080"], ["[::]:80", "80 default_server"], [])


def site(data: bytes) -> None:
    """Bring a site file in line, or refuse with a message; the result is complete, and twice is once."""
    text, path, body, names, options, *_rest = (*data.split(SEPARATOR), b"", b"", b"", b"", b"")[:6]
    flags = options[0] if options else 0
    server: dict[str, Any] = {
        "server_name": _given(names).split(),
        "listen": LISTENS[flags // 3 % 4],
        "directives": _given(body),
        "locations": [{"location": _given(path), "directives": "root /x;"}],
        "state": STATES[flags % 3],
    }
    if flags & 8:
        server["certificate"] = "a.example"
    wanted = {"name": "s", "adopt": bool(flags & 32), "servers": [server]}
    if flags & 16:
        wanted["directives"] = _given(body)
    once = _site(text.decode("latin-1"), wanted, flags)
    if once is not None:
        parse(once)
        assert _site(once, wanted, flags) == once


def _site(text: str, wanted: dict[str, Any], flags: int) -> str | None:
    """Return the text of a site after an edit, None when it is refused or nothing is left."""
    try:
        given = sites([wanted])[0]
        result: str | None = edit_site(text, given, "f", _certificate, lambda _path: False, purge=bool(flags & 64))
    except ConfigError:
        return None
    return result


def _certificate(name: str) -> tuple[str, str]:
    return f"/{name}/chain", f"/{name}/key"


TARGETS: dict[str, Callable[[bytes], None]] = {
    "read": read,
    "declaration": declaration,
    "edit": edit,
    "site": site,
    "dotnet": dotnet.edit,
}
