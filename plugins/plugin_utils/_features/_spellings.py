# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: other spellings of a path that a service may take for it, and nginx does not.

nginx has resolved escapes, dots and doubled slashes before it chooses a location. What is left: letters of another case
(Windows, Mono and many applications read paths without regard to it), a backslash for a slash, and what stands behind a
semicolon in a part (Java's servers drop it: RFC 3986 section 3.3, 2005, and Jakarta Servlet 6.0 section 3.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .._keys.path_forms import Path
from .._nginx.literal import literal
from ._policy import policy

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

#: whether a path is another spelling of one that asks who comes
DISGUISED = "$constellation_edge_disguised"
_SLASH = r"[/\x5c]"
_BEHIND = r"(?:;[^/\x5c]*)?"
# Parts that mean nothing may stand between two others: `/.;a/`, or `/;a/`. Each begins with one slash, so that no path
# takes long to be compared.
_NOTHING = rf"(?:{_SLASH}\.?{_BEHIND})*"


def spellings(path: str) -> str:
    """Return an expression for all spellings of a path and of what is below it; letters of any case are one."""
    parts = [literal(part) for part in path.split("/") if part]
    between = f"{_BEHIND}{_NOTHING}{_SLASH}"
    return f"{_NOTHING}{_SLASH}{between.join(parts)}{_BEHIND}(?:{_SLASH}|$)"


def disguises(site: Site, route: Route) -> bool:
    """Whether a path of a route may be another spelling of one of the same service that others may not ask."""
    return any(is_kept(site, route, other) for other in site.places)


def disguised(sites: Sequence[Site]) -> str:
    """Return what tells such spellings, for the http level; "" where there is none."""
    entries = dict.fromkeys(entry for site in sites for entry in _entries(site))
    return f'map "$host:$uri" {DISGUISED} {{ volatile; default 0; {" ".join(entries)} }}' if entries else ""


def _entries(site: Site) -> Iterator[str]:
    # An owner's server may have further names.
    names = "[^:]*" if site.adopt else "|".join(map(literal, site.names))
    for route in site.places:
        for other in site.places:
            if is_kept(site, route, other):
                yield f'"~*(?s)^(?:{names}):{spellings(other.base)}" 1;'


def is_kept(site: Site, route: Route, other: Route) -> bool:
    """Whether nginx asks at another route of the same service, below this one, what it does not ask here."""
    return (
        bool(route.targets)
        and bool({*route.targets} & {*other.targets})
        and route.is_prefix
        and not Path.of(other.path).is_expression
        and other.base.startswith(route.base)
        and other.identity != route.identity
        and not policy(site, other).is_open
        and policy(site, other) != policy(site, route)
    )
