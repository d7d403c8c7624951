# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx serves under some names already: the servers, what of them is ours, and where their locations lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from ..text.addresses import name_keys
from ..text.edit import is_marked
from ..text.inclusion import Includes, spread
from ..text.server import server_key, servers_of
from ..text.tokens import outer
from ..text.tree import Block, Statement, lines, places, walk
from ._adopted import is_taken, proxied
from ._groups import Groups, each_of, groups
from ._reading import included
from .includes import reader

_SENDING = ("return", "rewrite")
# What `plugin_utils/_features/console.py` asks before it refuses, and how `_features/moved_from.py` sends on.
_KEPT = "$constellation_edge_kept"
_MOVED = re.compile(r"308 https://\$host(/.*)\$1")


def standing(root: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return the servers that nginx reads and that bear one of these names, in nginx's order.

    Each has `file` and `line`, its `names` (beside `.name` the exact one, which it holds, too), its addresses as
    `listens`, whether it is `ours`, the first `certificate` that it or an include of it names ("" without one), whether
    it `redirects` to HTTPS, whether it `denies` addresses, and its `locations`: each with `location`, `line`, whether
    it is `ours` or a route has taken it over, whether it is `taken` so from its owner, whether it `denies` addresses,
    whether it `keeps` the Console for the LAN, where it has `moved_to` by a line of ours or "", and `upstream`, its
    `proxy_pass` with the only server of an `upstream` block in the place of that block's name, or "". Where that block
    has several, they are `servers`, as `proxy_pass` would lead to each. A file that cannot be read holds none: who
    writes beside it tells that.
    """
    wanted = frozenset(key for name in names for key in name_keys(name))
    includes = reader(root)
    files = [(path, document) for path, document in included(root) if isinstance(document, Block)]
    known = groups(document for _path, document in files)
    return [
        _server(path, document, server, known, includes)
        for path, document in files
        for server in servers_of(document)
        if server_key(server, includes).hashed & wanted
    ]


def _server(path: str, document: Block, server: Statement, known: Groups, includes: Includes) -> dict[str, Any]:
    block = cast(Block, server.block)
    line_of = {id(each): line for each, line in lines(document)}
    identity = server_key(server, includes)

    said = [each for each, _path in spread(block, includes)]
    denies = _denies(said)
    return {
        "file": path,
        "line": line_of[id(server)],
        "names": sorted(map(outer, identity.names | identity.exact)),
        "listens": sorted(identity.listens),
        "ours": is_marked(Block([server]), 0),
        "certificate": next((outer(each.args[0]) for each in said if each.name == "ssl_certificate" and each.args), ""),
        "redirects": any(each.name in _SENDING and _leads_to_https(each) for each in _theirs(block)),
        "denies": denies,
        "locations": [
            {
                "location": outer(" ".join(each.args)),
                "line": line_of[id(each)],
                "ours": is_marked(block, at) or is_taken(each.block),
                "taken": not is_marked(block, at) and is_taken(each.block),
                "denies": _denies([one for one, _path in spread(each.block, includes)], denies),
                "keeps": any(_KEPT in word for one, _depth in walk(each.block) for word in one.args),
                "moved_to": _moved_to(each.block),
                **_leads_to(each.block, known),
            }
            for at, each in enumerate(block.body)
            if each.block is not None and each.name == "location"
        ],
    }


def _theirs(block: Block) -> Iterator[Statement]:
    """Yield what stands in an owner's server, at every depth, but for what is ours there."""
    ours: set[int] = set()
    for parent, at in places(block):
        each = parent.body[at]
        if id(parent) not in ours and not is_marked(parent, at):
            yield each
        elif each.block is not None:
            ours.add(id(each.block))


def _denies(said: list[Statement], inherited: bool = False) -> bool:
    """Whether a block denies addresses; one that says nothing of them has what is around it."""
    rules = [each.name for each in said if each.name in ("allow", "deny")]
    return "deny" in rules if rules else inherited


def _moved_to(block: Block) -> str:
    """Return the path to which a location sends readers of an old one on, "" for none."""
    sent = (_MOVED.fullmatch(" ".join(each.args)) for each, _depth in walk(block) if each.name == "return")
    return next((each.group(1) for each in sent if each), "")


def _leads_to_https(statement: Statement) -> bool:
    return any(each.startswith("https://") for each in statement.args)


def _leads_to(location: Block, known: Groups) -> dict[str, Any]:
    """Return `upstream` and `servers` of a location."""
    target = proxied(location)
    there = each_of(target, known)
    return {"upstream": there[0], "servers": []} if len(there) == 1 else {"upstream": target, "servers": there}
