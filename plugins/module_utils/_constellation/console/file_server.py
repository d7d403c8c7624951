# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``fileServer`` elements of a Constellation server: which folders it serves, the Console among them."""

from __future__ import annotations

from dataclasses import dataclass

from ..._dotnet.document import parse
from ..uris.listen_uris import SECTIONS, section_of

_ROOT = ("configuration",)
KEEP = {
    *((*_ROOT, name) for name in SECTIONS),
    *((*_ROOT, name, "fileServer") for name in SECTIONS),
}


@dataclass(frozen=True)
class FileServer:
    """One served folder; ``path`` is relative to every listenUri, ``physical_path`` is as written in the file."""

    path: str
    physical_path: str
    localhost_only: bool


def read_file_servers(data: bytes) -> list[FileServer]:
    """Return the folders that a server with this configuration serves; those that are switched off are left out.

    What the attributes default to is documented nowhere. One that is absent counts as the more open: a folder is then
    served, and not bound to the host itself.
    """
    elements = section_of(parse(data, KEEP)).named("fileServer")
    return [
        FileServer(
            path="/" + element.attributes.get("path", "").strip("/"),
            physical_path=element.attributes.get("physicalPath", ""),
            localhost_only=_is_true(element.attributes.get("localhostOnly", "false")),
        )
        for element in elements
        if _is_true(element.attributes.get("enable", "true"))
    ]


def _is_true(value: str) -> bool:
    # .NET's BooleanConverter takes any case and white space around.
    return value.strip().lower() == "true"
