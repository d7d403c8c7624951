# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our side: each function prepares from its input and returns what is timed. Imports belong to the preparation."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import inputs

Go = Callable[[], Any]
_ROOT = Path(__file__).resolve().parents[2]
_COLLECTIONS = _ROOT / ".ansible" / "collections"
_PLUGINS = "ansible_collections.constellation.edge.plugins"
# What `edge_preflight` reports of a Debian 13.
_HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5.4", "ipv6": True}


def _util(name: str, half: str = "module_utils") -> Any:
    if str(_COLLECTIONS) not in sys.path:
        sys.path.append(str(_COLLECTIONS))
    return importlib.import_module(f"{_PLUGINS}.{half}.{name}")


def site_files(folder: Path) -> Go:
    """Read, parse and write every site file of a folder."""
    read, parse = _util("_nginx.files").read_text, _util("_nginx.text.tree").parse
    paths = sorted(str(path) for path in folder.iterdir())

    def go() -> None:
        for path in paths:
            text = read(path)
            if parse(text).dumps() != text:
                raise ValueError(f"{path}: does not round-trip")

    return go


def one_location(path: Path) -> Go:
    """Parse a file, change one location in the middle, write it."""
    read, parse = _util("_nginx.files").read_text, _util("_nginx.text.tree").parse
    edit, tree = _util("_nginx.text.edit"), _util("_nginx.text.tree")

    def go() -> str:
        document: Any = parse(read(str(path)))
        head = ["location", "/service-2500/"]
        for statement, _depth in tree.walk(document):
            if statement.name == head[0] and statement.args == head[1:]:
                timeout = parse("proxy_read_timeout 10s;").body[0]
                edit.insert(statement.block, len(statement.block.body), timeout, _util("_nginx.text.edit").Style())
        text: str = document.dumps()
        if text.count("proxy_read_timeout 10s;") != 1:
            raise ValueError("the location was not changed")
        return text

    return go


def module_one_location(path: Path) -> Go:
    """Do the same as the module does it: the declaration, the marks, and the text read back at the end."""
    return _locations(path, [{"location": "/service-2500/", "directives": {"proxy_read_timeout": "10s"}}], changed=True)


def unchanged_locations(path: Path) -> Go:
    """Reconcile 500 locations that are right already, each named in full."""
    given = []
    for location, text in inputs.location_texts(500):
        body = text[text.index("{") + 1 : text.rindex("}")]
        given.append({"location": location, "state": "exact", "directives": body})
    return _locations(path, given, changed=False)


def _locations(path: Path, given: list[dict[str, Any]], *, changed: bool) -> Go:
    step, plan = _util("_nginx.sites.run").FilesStep, _util("_nginx.sites.locations").plan_locations
    steps = _util("_transaction.steps")
    options = steps.RunOptions(str(path.parent), validate=False, check_mode=True)

    def go() -> None:
        files = step(options, lambda: plan(str(path), None, given, adopt=True, purge=True))
        found = steps.carry_out([files], options).changed
        if found is not changed:
            raise ValueError(f"changed is {found}")

    return go


def parse_and_write(path: Path) -> Go:
    """Parse a file's text and write it."""
    parse, text = _util("_nginx.text.tree").parse, path.read_text()
    return lambda: parse(text).dumps()


def refuse(path: Path) -> Go:
    """Parse what is refused."""
    parse, text = _util("_nginx.text.tree").parse, path.read_text()
    refused = _util("_nginx.text.tokens").SyntaxRefused

    def go() -> None:
        try:
            parse(text)
        except refused:
            return
        raise ValueError("the text was not refused")

    return go


def config_edit(path: Path) -> Go:
    """Read a server's configuration and move its URI, as `constellation_listen_uris` does."""
    change, read = _util("_constellation.uris.listen_uris").change_uris, _util("_constellation.files").read_config
    return lambda: change(read(str(path)), ["http://+:8088/constellation/"], "exact")


def config_check(path: Path) -> Go:
    """Find that a server's configuration is right already."""
    change, read = _util("_constellation.uris.listen_uris").change_uris, _util("_constellation.files").read_config

    def go() -> None:
        data = read(str(path))
        if change(data, ["http://+:8088/"], "exact").content != data:
            raise ValueError("the file would change")

    return go


def _planned(routes: int) -> Go:
    presets = _util("_inventory.presets", "plugin_utils")
    read_sites = _util("_inventory.schema", "plugin_utils").read_sites
    edge_plan = _util("_plan.plan", "plugin_utils").edge_plan
    sites, known = inputs.edge_sites(routes), presets.read_presets(presets.OURS).found
    return lambda: edge_plan(read_sites(sites, known), _HOST)


def plan_4(_path: Path) -> Go:
    """Validate and derive the declaration of 4 routes."""
    return _planned(4)


def plan_100(_path: Path) -> Go:
    """Validate and derive the declaration of 100 routes."""
    return _planned(100)


def plan_1000(_path: Path) -> Go:
    """Validate and derive the declaration of 1,000 routes."""
    return _planned(1000)


def declared_sites(routes: int) -> list[str]:
    """Return the site files that our own declaration gives on an empty host."""
    with tempfile.TemporaryDirectory() as root:
        plan = _util("_nginx.sites.plan").plan(_planned(routes)()["nginx_sites"], root=root)
        if plan.problems:
            raise ValueError(str(plan.problems))
        return [change.content.decode("latin-1") for change in plan.changes if hasattr(change, "content")]
