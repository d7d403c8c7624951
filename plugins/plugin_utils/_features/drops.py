# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what protected a service, and may be lost with a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils._nginx.sites.losses import PROTECTING
from .._keys.keys import key
from .._keys.kinds import Words
from .feature import Feature, SiteFeature

# What a site may name beside that, which a route may name, too.
_SITE_DROPS = (*PROTECTING, "ssl_certificate")


@dataclass(frozen=True, kw_only=True)
class Drops(Feature):
    """`drops` of a route."""

    drops: tuple[str, ...] = key(
        Words("nginx's directives", PROTECTING),
        "Directives that protected a service there, and that may be lost with a change.",
        default=(),
        example=["auth_basic"],
    )

    def options(self) -> Mapping[str, Any]:
        """Tell `nginx_site`."""
        return _drops(self.drops)


@dataclass(frozen=True, kw_only=True)
class SiteDrops(SiteFeature):
    """`drops` of a site."""

    drops: tuple[str, ...] = key(
        Words("nginx's directives", _SITE_DROPS),
        "What C(drops) of a route says, for all routes; C(ssl_certificate) is one that was put in by hand.",
        default=(),
        example=["deny"],
    )

    def options(self) -> Mapping[str, Any]:
        """Tell `nginx_site`."""
        return _drops(self.drops)


def _drops(names: tuple[str, ...]) -> Mapping[str, Any]:
    return {"drops": list(names)} if names else {}
