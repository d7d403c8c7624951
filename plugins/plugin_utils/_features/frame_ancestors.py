# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may show the pages of a site in a frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._keys.keys import key
from .._keys.kinds import Origins
from .._nginx.literal import literal
from .content_policy import loads
from .feature import SiteFeature

if TYPE_CHECKING:
    from .._inventory.site import Site

#: the variable of the policy, which `_sites/answers.py` says where a service says none
FRAMERS = "$constellation_edge_framers"
# Whoever wants to.
_ANY = "any"
# nginx reads no argument that is longer than 4 kB; each answer carries this one.
_LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class FrameAncestors(SiteFeature):
    """`frame_ancestors` of a site."""

    frame_ancestors: tuple[str, ...] = key(
        Origins(_ANY),
        "Origins that may show the site's pages in a frame, beside the sites of the same host; V(any) is everybody.",
        "What a service says of that itself counts.",
        default=(),
        example=["https://dashboard.example.org"],
    )

    @classmethod
    def common(cls, sites: Sequence[Site]) -> str:
        """Return the map of each site's policy. Beside the sites of this host nobody shows a page of one in a frame."""
        origins = [f"https://{name}" for site in sites for name in site.server_names]
        # Regular expressions, since a long name does not fit into what nginx takes by itself for others.
        own = " ".join(
            f'"~^{literal(site.name)}$" "{_said(origins, site)}";'
            for site in sites
            if site.frame_ancestors or loads(site)
        )
        return f'map $server_name {FRAMERS} {{ default "{_policy(origins)}"; {own} }}'

    def unproven(self) -> tuple[str, ...]:
        """Name what is not said to a browser where everybody may."""
        return ("answers.x-frame-options", "answers.content-security-policy") if self.frame_ancestors == (_ANY,) else ()


def _said(origins: Iterable[str], site: Site) -> str:
    """Return a site's whole policy."""
    more = loads(site)
    if site.frame_ancestors != (_ANY,):
        framers = _policy(origins, site.frame_ancestors)
    else:
        # Where there is a policy without it, X-Frame-Options counts (CSP level 2, section 7.7.1, 2016).
        framers = "frame-ancestors *" if more else ""
    return "; ".join(filter(None, (framers, more)))


def _policy(origins: Iterable[str], more: Iterable[str] = ()) -> str:
    """Return who may show a site's pages; of the other sites nothing where they are too many."""
    texts = [" ".join(("frame-ancestors 'self'", *dict.fromkeys(each))) for each in ([*origins, *more], more)]
    return next((text for text in texts if len(text) <= _LONGEST), texts[-1])
