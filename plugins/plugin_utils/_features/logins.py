# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whose login counts at a place, and the file that has their names and hashes on the host."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...module_utils._host.names import PASSWORD_FILES

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

#: the file of all of `edge_users`, which no site can be named like
EVERYBODY = "edge_users"
#: names that `edge_users` has, or a password or hash by each name
Said = tuple[str, ...] | Mapping[str, str]


def users_of(site: Site, route: Route | None = None) -> Said:
    """Return who may log in at a route or location, or at what a site has beside its routes: the inner one wins."""
    return (route and route.users) or site.users


def resolved(site: Site, route: Route | None, host_users: Mapping[str, str]) -> dict[str, str]:
    """Return password or hash of each user of a place; `host_users` is `edge_users`, which has all that are listed."""
    found = users_of(site, route)
    return dict(found) if isinstance(found, Mapping) else {name: host_users[name] for name in found}


def file_of(site: Site, route: Route | None = None) -> str:
    """Return the name of the file of a place's users, "" where it has none: it is named by the place that says them.

    It does not depend on who they are, so that a file tells who has gone from it.
    """
    if not (route and route.users):
        return site.name if site.users else ""
    # A location has the very users of its route, and what is made of a route those of the route.
    place = next((each for each in site.places if each.users is route.users), route)
    return f"{site.name}-{hashlib.sha256(place.identity.encode()).hexdigest()[:12]}"


def password_file(site: Site, route: Route | None = None) -> str:
    """Return what `auth_basic_user_file` names for a place: the file of everybody where it has no users of its own."""
    return f"{PASSWORD_FILES}/{file_of(site, route) or EVERYBODY}"
