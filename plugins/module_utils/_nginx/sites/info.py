# SPDX-License-Identifier: GPL-3.0-or-later

"""From a host's files back to the structure that `nginx_site` takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..files import read_text
from ..text.edit import is_marked, restyle
from ..text.foreign import line_of
from ..text.server import servers_of
from ..text.style import Style
from ..text.tokens import ConfigError, inner, outer
from ..text.tree import Block, Statement, lines, read
from ._declaration import sites as wanted_sites
from ._named_files import named_in
from ._reading import included, names_in


def describe_host(root: str) -> dict[str, list[dict[str, Any]]]:
    """Read every site file, and every other file that nginx includes.

    Returns `sites` (one entry for each file in sites-available, as `nginx_site` takes it) and `files` (each file with
    its path, whether nginx reads it, its servers with their lines, and what is wrong with it).
    """
    available = os.path.join(root, "sites-available")
    active = {os.path.realpath(path): document for path, document in included(root)}
    enabled_folder = os.path.join(root, "sites-enabled")
    links = [os.path.join(enabled_folder, name) for name in names_in(enabled_folder)]
    linked = {os.path.realpath(link) for link in links if os.path.islink(link)}
    listed: set[str] = set()
    sites: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    for name in names_in(available):
        path = os.path.join(available, name)
        real = os.path.realpath(path)
        enabled = real in active
        listed.add(real)
        try:
            document = active[real] if enabled else _read(path)
        except ConfigError as error:
            document = error
        problem = None
        if isinstance(document, Block):
            site = {"name": name, "enabled": real in linked, **_content(document)}
            problem = _problem(site, document, path) or _add_files(site, document, root)
            sites += [site] if problem is None else []
        files.append(_file(path, document, enabled, problem))
    files += [_file(path, document, True, None) for path, document in active.items() if path not in listed]
    return {"sites": sites, "files": files}


def _read(path: str) -> Block:
    text = read_text(path)
    if text is None:
        raise ConfigError(f"{path}: leads to a file that is not there")
    return read(text, path)


def _file(path: str, document: Block | ConfigError, enabled: bool, problem: str | None) -> dict[str, Any]:
    servers: list[dict[str, Any]] = []
    if isinstance(document, Block):
        for statement in servers_of(document):
            ours = is_marked(Block([statement]), 0)
            servers.append({**_server(statement), "line": line_of(document, statement), "ours": ours})
    else:
        problem = str(document)
    return {"path": path, "enabled": enabled, "servers": servers, "problem": problem}


def _problem(site: Mapping[str, Any], document: Block, path: str) -> str | None:
    """Why a file cannot be said in the structure of `nginx_site`."""
    try:
        wanted_sites([site])
    except ConfigError as error:
        return f"{path}: {error}"
    for statement, line in lines(document):
        if any(inner(outer(text)) != text for _lead, text in statement.words):
            return f"{path}:{line}: holds bytes that are not UTF-8, which Ansible cannot pass on"
    return None


def _add_files(site: dict[str, Any], document: Block, root: str) -> str | None:
    """Add the files that a site names, or return why they cannot be said."""
    try:
        named = named_in(document.dumps(), root)
    except ConfigError as error:
        return str(error)
    if named:
        site["files"] = named
    return None


def _is_server(statement: Statement) -> bool:
    return statement.block is not None and statement.name == "server"


def _locations(server: Statement) -> list[Statement]:
    return [each for each in (server.block.body if server.block else []) if each.block and each.name == "location"]


def _content(document: Block) -> dict[str, Any]:
    return {
        "directives": _text([each for each in document.body if not _is_server(each)]),
        "servers": [_server(each) for each in document.body if _is_server(each)],
    }


def _server(server: Statement) -> dict[str, Any]:
    body = server.block.body if server.block else []
    special = ("listen", "server_name")
    return {
        "server_name": [outer(name) for each in body if each.name == "server_name" for name in each.args],
        "listen": [_arguments(each) for each in body if each.name == "listen"],
        "directives": _text(
            [each for each in body if each.name not in special and not (each.block and each.name == "location")]
        ),
        "locations": [
            {"location": _arguments(each), "directives": _text(each.block.body if each.block else [])}
            for each in _locations(server)
        ],
    }


def _arguments(statement: Statement) -> str:
    return outer(" ".join(text for _lead, text in statement.words[1:]))


def _text(statements: list[Statement]) -> str:
    """Statements as text, each on a line of its own, without comments."""
    lines = [restyle(each, "", Style()).dumps() for each in statements]
    return outer("".join(line + "\n" for line in lines))
