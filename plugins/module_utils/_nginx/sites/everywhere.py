# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers of a host's owner that decide for others: those of every address, and those for names that nobody has."""

from __future__ import annotations

import os
from typing import Any

from ..text.edit import is_marked
from ..text.foreign import line_of
from ..text.server import default_listens, server_key, servers_of
from ..text.tokens import outer
from ..text.tree import Block
from ._packaged import enabled_default, is_as_delivered
from ._reading import included
from .includes import reader

_WEB = (":80", ":443")


def owners(root: str) -> list[dict[str, Any]]:
    """Return the servers on a port of the web that nginx reads and that are not ours, in nginx's order.

    Each has its `place`, as file:line, its `names`, its addresses as `listens`, of these the ones of which it is the
    `default_server` as `defaults`, and whether it is `packaged`: the distribution's own one, which nobody has changed.
    """
    includes = reader(root)
    default = enabled_default(root)
    packaged = os.path.realpath(default) if default and is_as_delivered(default) else ""
    found: list[dict[str, Any]] = []
    for path, document in included(root):
        if not isinstance(document, Block):
            continue
        for server in servers_of(document):
            identity = server_key(server, includes)
            if is_marked(Block([server]), 0) or not any(each.endswith(_WEB) for each in identity.listens):
                continue
            found.append(
                {
                    "place": f"{path}:{line_of(document, server)}",
                    "names": sorted(map(outer, identity.names | identity.exact)),
                    "listens": sorted(identity.listens),
                    "defaults": sorted({each for each, _at in default_listens(Block([server]), includes)}),
                    "packaged": os.path.realpath(path) == packaged,
                }
            )
    return found
