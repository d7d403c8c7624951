# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ours is compared with, doing the same work; runs in .cache/bench-venv.

`python -m bench.theirs PROGRAM FOLDER` prints the names of the files that a program cannot read and write as JSON.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Go = Callable[[], Any]
Parse = Callable[[str], Any]
Write = Callable[[Any], str]


def _crossplane() -> tuple[Parse, Write]:
    import crossplane

    def parse(path: str) -> Any:
        # A site file is a fragment, and judging directives is no part of the work.
        payload = crossplane.parse(path, single=True, comments=True, check_ctx=False, check_args=False)
        if payload["status"] != "ok":
            raise ValueError(f"{path}: {payload['errors']}")
        return payload["config"][0]["parsed"]

    return parse, crossplane.build


def _certbot() -> tuple[Parse, Write]:
    # The package certbot-nginx brings what this needs; the parser itself is a part of certbot.
    from certbot._internal.plugins.nginx import nginxparser

    def parse(path: str) -> Any:
        with open(path, encoding="utf-8") as file:
            return nginxparser.load(file)

    return parse, nginxparser.dumps


def refused(program: str, folder: Path) -> list[str]:
    """Return the names of the files in a folder that a program cannot read and write, whatever it raises then."""
    parse, write = {"certbot": _certbot, "crossplane": _crossplane}[program]()
    names = []
    for path in sorted(folder.iterdir()):
        try:
            write(parse(str(path)))
        except Exception:
            names.append(path.name)
    return names


def _site_files(folder: Path, parse: Parse, write: Write) -> Go:
    paths = sorted(str(path) for path in folder.iterdir())

    def go() -> None:
        for path in paths:
            write(parse(path))

    return go


def crossplane_site_files(folder: Path) -> Go:
    """Read, parse and write every site file of a folder with crossplane."""
    return _site_files(folder, *_crossplane())


def certbot_site_files(folder: Path) -> Go:
    """Do the same with Certbot's parser."""
    return _site_files(folder, *_certbot())


def _written(text: str) -> str:
    if text.count("proxy_read_timeout 10s;") != 1:
        raise ValueError("the location was not changed")
    return text


def crossplane_one_location(path: Path) -> Go:
    """Parse a file, change one location in the middle, write it, with crossplane."""
    parse, build = _crossplane()

    def go() -> str:
        parsed = parse(str(path))
        for each in parsed[0]["block"]:
            if each["directive"] == "location" and each["args"] == ["/service-2500/"]:
                each["block"].append({"directive": "proxy_read_timeout", "args": ["10s"]})
        return _written(build(parsed))

    return go


def certbot_one_location(path: Path) -> Go:
    """Do the same with Certbot's parser."""
    parse, dumps = _certbot()

    def go() -> str:
        parsed = parse(str(path))
        for each in parsed[0][1]:
            if each[0] == ["location", "/service-2500/"]:
                each[1].append(["\n        ", "proxy_read_timeout", " ", "10s"])
        return _written(dumps(parsed))

    return go


def crossplane_refuse(path: Path) -> Go:
    """Let crossplane parse what is refused."""
    parse, _build = _crossplane()

    def go() -> None:
        try:
            parse(str(path))
        except ValueError:
            return
        raise RuntimeError("the text was not refused")

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


if __name__ == "__main__":
    print(json.dumps(refused(sys.argv[1], Path(sys.argv[2]))))
