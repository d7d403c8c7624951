# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the header by which a service learns the path of its route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .._keys.keys import key
from .._keys.kinds import Matching
from .claims import CLAIMS, PREFIX
from .feature import NOTHING, Directives, Feature
from .place import Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Route

# What each route says, and what services believe of other things than a path.
_OTHERS = {"x-real-ip", *(f"x-forwarded-{name}" for name in ("for", "host", "proto", "port"))}
_OTHERS |= {claim.name.lower() for claim in CLAIMS if claim.kind != PREFIX}
_EMPTIED = {claim.name.lower() for claim in CLAIMS}
_KEEP, _HEADER = "keep", "header"


@dataclass(frozen=True, kw_only=True)
class PrefixHeader(Feature):
    """`prefix_header` of a route."""

    is_for_services: ClassVar[bool] = True
    prefix_header: str = key(
        Matching("a header such as X-Script-Name", "[Xx]-[A-Za-z0-9-]{1,98}"),
        "The header by which the service learns the path of the route, with V(prefix=header) or V(prefix=strip).",
        "It has the path without its last slash, such as V(/calibre). At V(/) none is sent.",
        default="",
        example="X-Script-Name",
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Tell the service, or keep a client from it."""
        if name := told_by(at.route):
            return {"proxy_set_header": [f"{name} {at.route.mount.rstrip('/')}"]}
        # A service that believes the header believes it from anybody, where it is not told.
        said = {each.lower() for each in at.route.request_headers} | _EMPTIED
        is_open = self.prefix_header and self.prefix_header.lower() not in said
        return {"proxy_set_header": [f"{self.prefix_header} {NOTHING}"]} if is_open else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse a header that nobody names, one that would not be sent, and one that says something else."""
        if "prefix" in route.entry and "prefix" not in route.values:
            return  # it is refused itself
        prefix, name = route.values.get("prefix", _KEEP), route.values.get("prefix_header", "")
        if prefix == _HEADER and not name and "prefix_header" not in route.entry:
            text = "prefix: header needs the name of the header: write `prefix_header: X-Script-Name`, or the service's"
            yield Refusal(route.place, text, route.entry)
        elif prefix == _KEEP and "prefix_header" in route.entry:
            text = "prefix_header does nothing with `prefix: keep`: write `prefix: header`, or take it out"
            yield Refusal(route.place, text, route.entry)
        if name.lower() in _OTHERS:
            text = f"prefix_header: '{name}' says something else than a path: write the header that the service names"
            yield Refusal(route.place, text, route.entry)


def told_by(route: Route) -> str:
    """Return the header by which a route tells its path, "" for none; one that the route sets itself is as it says."""
    said = {name.lower() for name in route.request_headers}
    tells = route.prefix != _KEEP and route.mount != "/" and route.prefix_header.lower() not in said
    return route.prefix_header if tells else ""
