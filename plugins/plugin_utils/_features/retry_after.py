# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: when a client that is over the limit of requests may ask again (RFC 6585 section 4, 2012)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._raw import file_of_key, include
from .feature import Directives, SiteFeature
from .place import Host

if TYPE_CHECKING:
    from .._inventory.site import Site

#: seconds, which the location of a limit sets, and which the page for its error still knows
WAIT = "$constellation_edge_wait"
_AFTER = "$constellation_edge_after"
# Of the answers that nginx refuses alone: it sends no header that is empty.
_LINE = " ".join(("Retry-After", _AFTER, "always"))


@dataclass(frozen=True, kw_only=True)
class RetryAfter(SiteFeature):
    """`Retry-After` of the answers 429 of a site of ours; an owner's server has headers of its own."""

    def server(self, whole: Site, host: Host) -> Directives:
        """Include the header: a line of the server could be its owner's, and would not go with the limit."""
        return {"include": [include(_file(whole))]} if is_told(whole) else {}

    def files(self, whole: Site, host: Host) -> Mapping[str, str]:
        """Have the header in a file."""
        return {_file(whole): f"add_header {_LINE};\n"} if is_told(whole) else {}

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return its value, "" for a request that is not refused."""
        refused = f'map $limit_req_status {_AFTER} {{ default ""; REJECTED {WAIT}; }}'
        return refused if any(map(is_told, sites)) else ""


def is_told(site: Site) -> bool:
    """Whether a site tells it: one of ours with a limit."""
    return not site.adopt and any(each.rate_limit for each in site.places)


def told(site: Site) -> list[str]:
    """Return the value of `add_header` for a location that has headers of its own."""
    return [_LINE] if is_told(site) else []


def _file(site: Site) -> str:
    return file_of_key("retry", site.name)
