# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether a client stays with the same one of several services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .._keys.keys import key
from .._keys.kinds import Word
from .._keys.names import Upstream
from ._groups import block, group
from .feature import Directives, Feature
from .place import Place, Refusal, Written

_ADDRESS = "address"


@dataclass(frozen=True, kw_only=True)
class Sticky(Feature):
    """`sticky` of a route, which stands in the `upstream` block of its list."""

    sticky: str = key(
        Word(_ADDRESS),
        "By what a client is known that always gets the same service of a list in C(upstream).",
        "V(address) is the first three numbers of an IPv4 address, so that all of one LAN are one client, or the whole "
        "IPv6 address.",
        default="",
        otherwise="each request goes to the next service",
        example=_ADDRESS,
    )

    def file(self, at: Place) -> Directives:
        """Return the route's `upstream` block, as it is with the key."""
        return {f"upstream {group(at)}": {"ip_hash": None, **block(at)}} if self.sticky and group(at) else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse it where there is nothing to choose from, and beside a backup, which nginx does not know then."""
        targets: Sequence[Upstream] = route.values.get("targets", ())
        if "sticky" not in route.values or not ("targets" in route.values or "upstream" not in route.entry):
            return
        if len(targets) < 2:
            text = "sticky is for a list in `upstream`, and this route has one service: take sticky out"
            yield Refusal(route.place, text, route.entry["sticky"])
        elif any(each.backup for each in targets):
            text = (
                "sticky chooses among all services of the list, and nginx knows no backup then: take one of the two out"
            )
            yield Refusal(route.place, text, route.entry["sticky"])
