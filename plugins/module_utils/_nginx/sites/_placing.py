# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a site goes into: its own, or where it is adopted those in which its servers stand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from ..text.foreign import line_of
from ..text.inclusion import Includes, nothing_included
from ..text.server import server_key, servers_of
from ..text.tokens import ConfigError, listed
from ..text.tree import Block
from ._declaration import WantedServer, WantedSite, likeness

Files = Sequence[tuple[str, Block]]


def places(site: WantedSite, own: str, files: Files, includes: Includes = nothing_included) -> dict[str, WantedSite]:
    """Return the parts of a site by the path of the file that each goes into, links followed.

    `own` is the path that bears the site's name, `files` are what nginx reads. Only a site that adopts goes elsewhere:
    each server into the file that holds one of its names on one of its addresses, the rest beside the last of them.
    Raises ConfigError where that leaves a choice, or the file is nginx's main one.
    """
    if not site.adopt:
        return {own: site}
    found = [_file_of(site, server, own, files, includes) for server in site.servers]
    last = next((path for path in reversed(found) if path), own)
    parts: dict[str, WantedSite] = {}
    for path, server in zip([path or last for path in found], site.servers, strict=True):
        part = parts.setdefault(path, replace(site, servers=[], body=[]))
        part.servers.append(server)
    parts.setdefault(last, replace(site, servers=[], body=[])).body.extend(site.body)
    return parts


def merged(parts: Sequence[WantedSite]) -> WantedSite:
    """Return what several sites want of one file as one site; its file may be adopted when all say so."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return replace(
        first,
        adopt=all(each.adopt for each in parts),
        body=[statement for each in parts for statement in each.body],
        servers=[server for each in parts for server in each.servers],
    )


def _file_of(site: WantedSite, server: WantedServer, own: str, files: Files, includes: Includes) -> str | None:
    """Return the path of the file that holds a server like this one; None without one."""
    places = {
        os.path.realpath(path): f"{path}:{line_of(document, each)}"
        for path, document in files
        for each in servers_of(document)
        if likeness(server.key, server_key(each, includes))
    }
    if os.path.realpath(own) in places:
        return own
    if len(places) > 1:
        raise ConfigError(
            f"site {site.name!r}: {' '.join(server.names)} is served from {len(places)} files: "
            f"{listed(sorted(places.values()), ', ')}. Take it out of all but one of them, then run again"
        )
    for path, place in places.items():
        if os.path.basename(path) == "nginx.conf":
            raise ConfigError(
                f"site {site.name!r}: {place} holds its server in nginx's main file, which is not changed. Move the "
                "server into a file of its own in sites-available, with a link in sites-enabled, then run again"
            )
        return os.path.realpath(path)
    return None
