# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how often a client may have a password checked, which nginx does again at every request.

A check takes 1 to 4 ms of a worker that serves everybody else meanwhile. Requests without a password cost nothing and
are not counted. A limit that the route says takes the place of this one. In an owner's server his own limits count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...module_utils._nginx.logins.rules import LONGEST_AUTHORIZATION
from ._limits import CLIENT
from ._policy import policy
from .feature import Directives
from .place import Place

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# Per second and client, at most a fifth of a worker. A page with some hundred pictures comes at once, a larger one
# slower; what asks for more than 600 at once gets 429.
_RATE, _AT_ONCE, _BURST = 50, 200, 600
_TRIES = "$constellation_edge_tries"
_LONGEST = 200
_LONG = "$constellation_edge_long_login"
# What `LONGEST_AUTHORIZATION` leaves for the part behind `Basic `.
_LONGEST_LOGIN = LONGEST_AUTHORIZATION - len("Basic ")
#: the condition for a login that nobody has, in the form of `owns`
LONG_LOGIN = f"if ({_LONG}) {{}}"
#: the directives of a location that count requests
COUNTS = ("limit_req", "limit_req_status")


def is_limited(at: Place) -> bool:
    """Whether a place asks for a login, and says no limit of its own."""
    return _is_limited(at.site, at.route)


def refuse_long(at: Place) -> Directives:
    """Refuse a login that is longer than one can be: its check would take a worker up to 13 ms."""
    return {f"if ({_LONG})": {"return": "400"}} if policy(at.site, at.route).asks_for_login else {}


def limit(at: Place) -> Directives:
    """Return the directives of a location."""
    said = f"zone={_zone(at.site)} burst={_BURST} delay={_AT_ONCE}"
    return dict(zip(COUNTS, ([said], ["429"]), strict=True))


def limit_zone(at: Place) -> Directives:
    """Return what counts the clients of a site, at the first place of it that asks for a login."""
    first = next(route for route in at.site.places if _is_limited(at.site, route))
    if first.identity != at.route.identity:
        return {}
    return {"limit_req_zone": [f"{_TRIES} zone={_zone(at.site)}:1m rate={_RATE}r/s"]}


def tries(sites: Sequence[Site]) -> str:
    """Return who tries a password, for the http level; "" where nobody is asked for one."""
    several = [(site, route) for site in sites for route in site.places]
    long = f'map $http_authorization {_LONG} {{ default 0; "~*^basic +[^ ]{{{_LONGEST_LOGIN + 1}}}" 1; }}'
    counted = f'map $http_authorization {_TRIES} {{ default {CLIENT}; "" ""; }}'
    texts = (
        long if any(policy(site, route).asks_for_login for site, route in several) else "",
        counted if is_counted(sites) else "",
    )
    return "\n".join(filter(None, texts))


def is_counted(sites: Sequence[Site]) -> bool:
    """Whether it has to be known who a client is."""
    return any(_is_limited(site, route) for site in sites for route in site.places)


def _is_limited(site: Site, route: Route) -> bool:
    return policy(site, route).asks_for_login and not route.rate_limit and not site.adopt


def _zone(site: Site) -> str:
    return f"constellation_edge_logins_{site.name[:_LONGEST]}"
