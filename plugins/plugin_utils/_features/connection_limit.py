# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how many requests of a client may be open at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .._keys.keys import key
from .._keys.kinds import OrOff, Whole
from ._limits import CLIENT, NOT_COUNTED, SIZE, client_maps, is_first, zone
from ._tries import is_counted
from .feature import Directives, Feature
from .place import Host, Needs, Place

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

_KIND = "open"


@dataclass(frozen=True, kw_only=True)
class ConnectionLimit(Feature):
    """`connection_limit` of a route."""

    not_for_return: ClassVar[str] = NOT_COUNTED
    connection_limit: int = key(
        OrOff(Whole("open requests", 1, 10_000), 0),
        "How many requests of a client may be open at once. What is over it is answered 429.",
        "A stream and a WebSocket are open until they end. Of HTTP/2, each request of a connection counts.",
        "An IPv6 client is its network of 64 bits. What the host itself asks is not counted.",
        default=0,
        otherwise="no limit",
        example=20,
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Limit them; an owner's own limits count, too."""
        if not self.connection_limit:
            return {}
        return {"limit_conn": [f"{zone(at, _KIND, _said)} {self.connection_limit}"], "limit_conn_status": ["429"]}

    def file(self, at: Place) -> Directives:
        """Return the zone that counts."""
        if not self.connection_limit or not is_first(at, _KIND, _said):
            return {}
        return {"limit_conn_zone": [f"{CLIENT} zone={zone(at, _KIND, _said)}:{SIZE}"]}

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return who is a client, for this limit and that of requests."""
        limited = any(each.connection_limit or each.rate_limit for site in sites for each in site.places)
        return client_maps(limited or is_counted(sites))

    def needs(self, at: Place) -> Needs:
        """Need nginx's module."""
        return Needs(modules=("http_limit_conn_module",)) if self.connection_limit else Needs()


def _said(route: Route) -> str:
    return str(route.connection_limit or "")
