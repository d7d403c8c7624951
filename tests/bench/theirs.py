# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ours is compared with, doing the same work; runs in .cache/bench-venv."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

Go = Callable[[], Any]


def _crossplane() -> tuple[Callable[[str], list[Any]], Callable[[list[Any]], str]]:
    import crossplane

    def parse(path: str) -> list[Any]:
        # A site file is a fragment, and judging directives is no part of the work.
        payload = crossplane.parse(path, single=True, comments=True, check_ctx=False, check_args=False)
        if payload["status"] != "ok":
            raise ValueError(f"{path}: {payload['errors']}")
        found: list[Any] = payload["config"][0]["parsed"]
        return found

    return parse, crossplane.build


def site_files(folder: Path) -> Go:
    """Read, parse and write every site file of a folder with crossplane."""
    parse, build = _crossplane()
    paths = sorted(str(path) for path in folder.iterdir())

    def go() -> None:
        for path in paths:
            build(parse(path))

    return go


def one_location(path: Path) -> Go:
    """Parse a file, change one location in the middle, write it, with crossplane."""
    parse, build = _crossplane()

    def go() -> str:
        parsed = parse(str(path))
        for each in parsed[0]["block"]:
            if each["directive"] == "location" and each["args"] == ["/service-2500/"]:
                each["block"].append({"directive": "proxy_read_timeout", "args": ["10s"]})
        text = build(parsed)
        if text.count("proxy_read_timeout 10s;") != 1:
            raise ValueError("the location was not changed")
        return text

    return go


def _set_uri(root: Any) -> None:
    root.find("constellation/listenUris/uri").set("listenUri", "http://+:8088/constellation/")


def lxml_edit(path: Path) -> Go:
    """Parse a server's configuration, move its URI, write it, with lxml."""
    from lxml import etree

    def go() -> bytes:
        document = etree.parse(str(path))
        _set_uri(document.getroot())
        written: bytes = etree.tostring(document, xml_declaration=True, encoding="utf-8")
        return written

    return go


def lxml_check(path: Path) -> Go:
    """Parse a server's configuration and look at its URI, with lxml."""
    from lxml import etree

    return lambda: etree.parse(str(path)).getroot().find("constellation/listenUris/uri").get("listenUri")


def etree_edit(path: Path) -> Go:
    """Parse a server's configuration, move its URI, write it, with xml.etree."""
    from xml.etree import ElementTree

    def go() -> None:
        document = ElementTree.parse(path)  # noqa: S314 - a file of our own
        _set_uri(document.getroot())
        document.write(io.BytesIO(), encoding="utf-8", xml_declaration=True)

    return go


def etree_check(path: Path) -> Go:
    """Parse a server's configuration and look at its URI, with xml.etree."""
    from xml.etree import ElementTree

    return lambda: ElementTree.parse(path).getroot().find("constellation/listenUris/uri")  # noqa: S314
