# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may log in. What asks for a login is another feature's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._keys.keys import key
from .._keys.users import Users
from .feature import Feature, SiteFeature

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

#: the file of all of `edge_users`, which no site can be named like
EVERYBODY = "edge_users"
#: names that `edge_users` has, or a password or hash by each name
Said = tuple[str, ...] | Mapping[str, str]
_VALUES = (
    "A password is locked by Ansible Vault or comes from a lookup; one that a file shows to every reader is refused. A "
    "hash of SHA-512 (C($6$)) or SHA-256 (C($5$)) with up to 5,000 rounds, or C($apr1$), may stand anywhere."
)


@dataclass(frozen=True, kw_only=True)
class RouteUsers(Feature):
    """`users` of a route."""

    users: Said = key(
        Users(),
        "Who may log in, as a list of names out of C(edge_users), or with passwords or hashes of its own.",
        _VALUES,
        default=(),
        otherwise="those of the site",
        example="{{ vaulted_users }}",
        secret=True,
    )


@dataclass(frozen=True, kw_only=True)
class SiteUsers(SiteFeature):
    """`users` of a site."""

    users: Said = key(
        Users(),
        "Who may log in where a route does not say it, as a list of names out of C(edge_users), or with passwords or "
        "hashes of its own.",
        _VALUES,
        default=(),
        otherwise="everybody of `edge_users`",
        example="{{ vaulted_users }}",
        secret=True,
    )


def said(site: Site, route: Route) -> Said:
    """Return who may log in at a route or location: the inner one wins."""
    return route.users or site.users


def resolved(site: Site, route: Route, host_users: Mapping[str, str]) -> dict[str, str]:
    """Return password or hash of each user of a route or location; `host_users` is `edge_users`, which has them all."""
    found = said(site, route)
    return dict(found) if isinstance(found, Mapping) else {name: host_users[name] for name in found}


def file_of(site: Site, route: Route) -> str:
    """Return the name of the file of a route's users, "" where it has none: it is that of the place that says them.

    It does not depend on who they are, so that a file tells who has gone from it.
    """
    if not route.users:
        return site.name if site.users else ""
    # A location has the very users of its route, and what is made of a route those of the route.
    place = next((each for each in site.places if each.users is route.users), route)
    return f"{site.name}-{hashlib.sha256(place.identity.encode()).hexdigest()[:12]}"
