# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner asks of every client of a server, or of all servers, and what a location would ask instead.

nginx takes `auth_basic`, `auth_request` and `satisfy` from the innermost level that says one, and from that alone. It
does the same with all `limit_req` together, and with all `limit_conn`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..text.declare import WantedLocation, shown
from ..text.edit import is_marked
from ..text.foreign import line_of
from ..text.identity import location_key
from ..text.inclusion import Includes, spread
from ..text.server import servers_of
from ..text.tokens import outer
from ..text.tree import Block, Statement, said
from ._declaration import WantedSite

# By the directives of which nginx takes the innermost ones alone, the keys that write them.
_KEYS = {"limit_conn": "connection_limit", "limit_req": "rate_limit"}
_ASKING = ("auth_basic", "auth_request", "satisfy", *_KEYS)
_ASKS_NOTHING = ("off", "all")


def asking(blocks: Iterable[Block], includes: Includes) -> dict[str, tuple[Statement, str]]:
    """Return by its name what an owner asks at a level, with the path of its file, "" for that of the blocks."""
    return {
        each.name: (each, path)
        for block in blocks
        for each, path in spread(block, includes)
        if each.name in _ASKING and each.args[:1] not in ([word] for word in _ASKS_NOTHING)
    }


def http_level(main: Block, includes: Includes) -> dict[str, tuple[Statement, str]]:
    """Return what an owner asks of the clients of all servers; `main` is nginx's main file."""
    return asking((each.block for each in main.body if each.name == "http" and each.block), includes)


def overridden(
    site: WantedSite, planned: Block, path: str, outside: dict[str, tuple[Statement, str]], includes: Includes
) -> Iterator[str]:
    """Yield what would not be asked any more in a location that asks the same in another way.

    `planned` is the text of the site's file at `path`, `outside` what is asked at the http level.
    """
    for server in servers_of(planned):
        if server.block is None:
            continue
        around = outside | asking([server.block], includes)
        for name, location in _asking_ones(site, server.block):
            if name in around:
                have, file = around[name]
                place = file or (f"{path}:{line_of(planned, have)}" if have in server.block.body else "nginx.conf")
                yield (
                    f"{place}: {said(have)} would not count in location {shown(location.key)}, which is to say "
                    f"{outer(name)} itself, and nginx takes the innermost one alone. Take it out of the file, or take "
                    f"`{_KEYS.get(name, 'access')}` out of the inventory there"
                )


def _asking_ones(site: WantedSite, block: Block) -> Iterator[tuple[str, WantedLocation]]:
    """Yield what our locations in a server ask, by our mark."""
    ours = {location.key: location for wanted in site.servers for location in wanted.locations if not location.parents}
    for each in block.body:
        location = ours.get(location_key(each.args)) if each.name == "location" and each.block is not None else None
        if location is not None and each.block is not None:
            lines = [(line.name, is_marked(each.block, at)) for at, line in enumerate(each.block.body)]
            # What is around it does not count beside a limit of his own.
            his = {name for name, is_ours in lines if name in _KEYS and not is_ours}
            for name in dict.fromkeys(name for name, is_ours in lines if name in _ASKING and is_ours):
                if name not in his:
                    yield name, location
