# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: clients of a Constellation server that `access` of its route would keep out.

Sentinels, packages and the Console send access keys of their own. They cannot answer nginx's question for a login.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._constellation.local_server import CONSTELLATION
from .._features._policy import policy
from .._inventory.schema import Problem, written_places
from .._inventory.site import Route, Site
from .._keys.access_kind import NOBODY
from .._keys.names import is_address
from .._keys.path_forms import Path

# Where they call, below a server's own path, and where nobody but a browser does (its `fileServer` as it comes).
_CALLED, _CONSOLE = ("/rest/", "/signalr/"), "/webconsole/"
_BY_KEY = (
    "access asks for a `login` where sentinels, packages and applications call a Constellation server: they have "
    "access keys, and cannot log in. Write `access: lan`, with `allow` for those elsewhere, or `access: [lan, login]`; "
    "where only the route says `login`, the preset asks for none at /rest/ and /signalr/"
)


def cut_off_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], lan: Sequence[str], sentinels: Mapping[str, str]
) -> list[Problem]:
    """Return each route or location of a Constellation server that would keep its clients out.

    `raw` is `edge_sites` as it was written, `lan` the networks of the LAN, `sentinels` the addresses of the other hosts
    with a sentinel, by their names; one that is no address is not judged. From where a sentinel gets its packages is
    not documented: it has to be let in everywhere but at the Console.
    """
    found: dict[tuple[int, str], Problem] = {}
    for entry, site, route in written_places(raw, sites):
        if _is_asked(site, route):
            closed = policy(site, route).is_closed and _is_called(site, route)
            for text in [_BY_KEY] if closed else _texts(site, route, lan, sentinels):
                # What only a preset says is written with its route, and mostly wrong for the same reason.
                found.setdefault((id(entry), text), Problem(f"site {site.name}, route {route.path}", text, entry))
    return [*found.values()]


def seen_problems(sites: Sequence[Site], lan: Sequence[str], sentinel: str, address: str) -> list[Problem]:
    """Return each route that would keep out one sentinel, by the address from which its host was seen to call."""
    return [
        Problem(f"site {site.name}, route {route.path}", text, None)
        for site in sites
        for route in site.routes
        if _is_asked(site, route)
        for text in _texts(site, route, lan, {sentinel: address})
    ]


def _is_asked(site: Site, route: Route) -> bool:
    """Whether clients with keys may need a place that is not shut for all."""
    return route.app == CONSTELLATION and policy(site, route).rule != NOBODY and not _is_console(route)


def _is_console(route: Route) -> bool:
    return bool(route.within) and _below(route).startswith(_CONSOLE)


def _below(route: Route) -> str:
    """Return where a location is below its route, in small letters, with a slash at its end."""
    return f"/{route.base[len(route.mount) :].strip('/')}/".lower()


def _texts(site: Site, route: Route, lan: Sequence[str], sentinels: Mapping[str, str]) -> Iterator[str]:
    for name, address in sentinels.items():
        if is_address(address) and not policy(site, route).lets_in(address, lan):
            yield (
                f"access would keep the sentinel on {name} ({address}) out, which calls this route: write `allow: "
                f"{address}` beside `lan`, or its network into `edge_lan`"
            )


def _is_called(site: Site, route: Route) -> bool:
    """Whether clients with keys call this place, and no location of it that asks them for no login."""
    if route.within:
        return Path.of(route.path).is_expression or _below(route).startswith(_CALLED)
    called = {f"{route.base.rstrip('/')}{path}" for path in _CALLED}
    return not called <= {each.base for each in route.locations if not policy(site, each).is_closed}
