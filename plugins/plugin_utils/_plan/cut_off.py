# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: clients of a Constellation server that `access` of its route would keep out.

Sentinels, packages and the Console send access keys of their own. They cannot answer nginx's question for a login.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._constellation.local_server import CONSTELLATION
from .._features._policy import Policy, policy
from .._inventory.schema import Problem, written_places
from .._inventory.site import Site
from .._keys.access_kind import NOBODY
from .._keys.names import is_address

_BY_KEY = (
    "access asks for a `login`, which sentinels, packages and the Console of a Constellation server cannot answer: "
    "they have access keys. Write `access: lan`, with `allow` for sentinels elsewhere, or `access: [lan, login]`"
)


def cut_off_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], lan: Sequence[str], sentinels: Mapping[str, str]
) -> list[Problem]:
    """Return each route to a Constellation server that would keep its clients out.

    `raw` is `edge_sites` as it was written, `lan` the networks of the LAN, `sentinels` the addresses of the other hosts
    with a sentinel, by their names; one that is no address is not judged.
    """
    return [
        Problem(f"site {site.name}, route {route.path}", text, entry)
        for entry, site, route in written_places(raw, sites)
        if route.app == CONSTELLATION and policy(site, route).rule != NOBODY
        for text in _texts(policy(site, route), lan, sentinels)
    ]


def _texts(found: Policy, lan: Sequence[str], sentinels: Mapping[str, str]) -> Iterator[str]:
    if found.is_closed:
        yield _BY_KEY
        return
    for name, address in sentinels.items():
        if is_address(address) and not found.lets_in(address, lan):
            yield (
                f"access would keep the sentinel on {name} ({address}) out, which calls this route: write `allow: "
                f"{address}` beside it, or its network into `edge_lan`"
            )
