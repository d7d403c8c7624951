# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One and the same edit on every text of the corpus, and its inverse."""

from __future__ import annotations

from typing import Any

from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.declare import locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import reconcile_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.reconcile import Reconciler
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import servers_of
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.style import indent_of
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import Token
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import checked, parse, walk

from corpus.cases import Text, texts

_NAME = "client_body_timeout"
_NEW = {"location": '"/corpus new/"', "directives": "return 200 'new'; limit_except GET { deny all; }"}


def places() -> list[Text]:
    """Return the accepted texts in which a location can stand: fragments of a server, and those with a server."""
    return [
        each
        for each in texts("accepted")
        if each.context in ("server", "location", "lua") or (each.context != "stream" and servers_of(parse(each.text)))
    ]


def with_location(text: str) -> str:
    """Return a text with the location in its first server, or among its own."""
    return _edited(text, "present")


def without_location(text: str) -> str:
    """Return a text without it."""
    return _edited(text, "absent")


def _edited(text: str, state: str) -> str:
    document = parse(text)
    editor = Reconciler(document, "corpus", adopt=False)
    server = next(iter(servers_of(document)), None)
    block = document if server is None or server.block is None else server.block
    owner = "" if server is None else indent_of(server.words[0][0]) or ""
    reconcile_locations(editor, block, locations([{**_NEW, "state": state}], "corpus"), owner, purge=False)
    return checked(document, "corpus")


def with_directive(text: str) -> str:
    """Return a text with a directive in each of its locations, nested ones too."""
    return _in_locations(text, {"directives": {_NAME: "7s"}})


def without_directive(text: str) -> str:
    """Return a text without it."""
    return _in_locations(text, {"owns": [_NAME]})


def _in_locations(text: str, change: dict[str, Any]) -> str:
    document = parse(text)
    editor = Reconciler(document, "corpus", adopt=True)
    blocks = [(document, "")]
    for statement, _depth in walk(document):
        if statement.block is not None and statement.block.lua is None:
            blocks.append((statement.block, indent_of(statement.words[0][0]) or ""))
    for block, owner in blocks:
        heads = [each.words[1:] for each in block.body if each.block is not None and each.name == "location"]
        wanted = [{"location": _as_given(words), **change} for words in heads]
        if wanted:
            reconcile_locations(editor, block, locations(wanted, "corpus"), owner, purge=False)
    return checked(document, "corpus")


def _as_given(words: list[Token]) -> str:
    """Return arguments as Ansible would hand them over if it passed on bytes that are not UTF-8."""
    return " ".join(text for _lead, text in words).encode("latin-1").decode("utf-8", "surrogateescape")
