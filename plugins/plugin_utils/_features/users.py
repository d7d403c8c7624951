# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may log in. What asks for a login is another feature's."""

from __future__ import annotations

from dataclasses import dataclass

from .._keys.keys import key
from .._keys.users import Users
from .feature import Feature, SiteFeature
from .logins import Said

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
