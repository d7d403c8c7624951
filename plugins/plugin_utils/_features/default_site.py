# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the site to which requests for unknown names, and for the bare address of the host, are redirected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._keys.keys import key
from .._keys.kinds import FLAG
from .feature import SiteFeature
from .place import Host, Refusal
from .plain_http import OFF, SERVE

if TYPE_CHECKING:
    from .._inventory.site import Site

# A browser would keep one that is for good, and another site may be the default tomorrow (RFC 9110 section 15.4, 2022).
_CODE = 302


@dataclass(frozen=True, kw_only=True)
class DefaultSite(SiteFeature):
    """`default` of a site."""

    default: bool = key(
        FLAG,
        "Whether requests for a name that the host does not have, or for its bare address, are redirected here (302).",
        "By HTTPS a browser warns first, since the certificate is this site's.",
        "On a host without such a site the connection is closed.",
        default=False,
        example=True,
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse it where another server is the first one, and where the site itself is not answered."""
        if whole.default and whole.listen:
            text = (
                "default: requests at other addresses than those of `listen` would be redirected here for ever: take "
                "`default` or `listen` out"
            )
            yield Refusal(place, text, entry)
        if whole.default and whole.adopt:
            text = (
                "default: a site that adopts leaves it to its owner's server: take `default` out, and write "
                "default_server into `listen` there"
            )
            yield Refusal(place, text, entry)

    @classmethod
    def across(cls, several: Sequence[tuple[Site, Mapping[str, Any]]]) -> Iterator[Refusal]:
        """Refuse a second one."""
        found = [each for each in several if each[0].default]
        for site, entry in found[1:]:
            text = f"default: {found[0][0].name} is the default site of this host already: take one of the two out"
            yield Refusal(f"site {site.name}", text, entry)

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Tell who learns the name."""
        return [
            f"whoever connects to the host's bare address learns the name {site.name} (`default: true`)"
            for site in sites
            if site.default
        ]


def default_of(sites: Sequence[Site]) -> Site | None:
    """Return the default site of a host."""
    return next((site for site in sites if site.default), None)


def leads_on(site: Site | None, scheme: str) -> str:
    """Return the arguments of `return` for names that nobody has, "" where their connection is closed."""
    if site is None or (scheme == "http" and site.http == OFF):
        return ""
    target = "http" if scheme == "http" and site.http == SERVE else "https"
    # Without the query, which may have a key for another service.
    return f"{_CODE} {target}://{site.name}$constellation_edge_path"
