# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a whole site that leads elsewhere. It is a site whose one route, at its root, is a redirect."""

from __future__ import annotations

from dataclasses import dataclass

from .._keys.destinations import Destination
from .._keys.keys import key
from .feature import SiteFeature
from .redirect import KIND


@dataclass(frozen=True, kw_only=True)
class SiteRedirect(SiteFeature):
    """`redirect` of a site."""

    redirect: Destination | None = key(
        KIND,
        "Where all of the site leads, in the place of C(routes): what C(redirect) of a route at V(/) says.",
        default=None,
        otherwise="the routes answer",
        example="https://home.example.org",
    )
