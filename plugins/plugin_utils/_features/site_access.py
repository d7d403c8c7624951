# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may ask the routes of a site that do not say it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._keys.access_kind import ACCESS, LAN, NOBODY, Rule, asks
from .._keys.keys import key
from .._keys.networks import networks
from ._policy import OPEN, asks_nobody, checks, maps, policies, policy
from .feature import Page, SiteFeature
from .place import Host, Refusal
from .plain_http import SERVE

if TYPE_CHECKING:
    from .._inventory.site import Site

# So many are named in the summary.
_LISTED = 30
_WITHOUT_LAN = "allow adds to the LAN, and access does not say `lan`: write `lan` into access, or take `allow` out"


@dataclass(frozen=True, kw_only=True)
class SiteAccess(SiteFeature):
    """`access`, `allow` and `deny` of a site."""

    access: Rule | None = key(
        ACCESS,
        "Who may come in, where a route does not say it: see C(access) of a route.",
        "Certificates are renewed in any case. Redirects to HTTPS and of aliases are for everybody.",
        default=None,
        otherwise="`public`",
        example=["lan", "login"],
    )
    allow: tuple[str, ...] = key(
        networks("allow"),
        "Addresses and networks that count as the LAN, too, where a route names none.",
        default=(),
        example=["203.0.113.7"],
    )
    deny: tuple[str, ...] = key(
        networks("deny"),
        "Addresses and networks that are let in by no word, where a route names none.",
        default=(),
        example=["192.168.0.66"],
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse what would do nothing, and a password that everybody could read on its way."""
        if whole.allow and not any(asks(policy(whole, route).rule, LAN) for route in whole.places):
            yield Refusal(place, _WITHOUT_LAN, entry)
        for route, said in _written(whole, entry):
            found = policy(whole, route)
            there = f"{place}, route {route.path}"
            if "allow" in said and not asks(found.rule, LAN):
                yield Refusal(there, _WITHOUT_LAN, said)
            if said is not entry and "deny" in said and found.rule == NOBODY:
                yield Refusal(there, "deny is needless where access is `none`: take one of the two out", said)
            if twice := [each for each in found.allow if each in found.deny]:
                yield Refusal(there, f"allow and deny both name {twice[0]}: take it out of one of the two", said)
            if found.asks_for_login and whole.http == SERVE:
                text = (
                    "access: `login` would send passwords in clear text by `http: serve`: take `http` out of the site, "
                    "or write `lan`"
                )
                yield Refusal(there, text, said)

    def pages(self, whole: Site) -> list[Page]:
        """Return the locations that let clients through."""
        return [Page(name, lines) for name, lines in checks(policies(whole)).items()]

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what tells clients apart, for the http level."""
        return maps(sites, host)

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what everybody may open, where anything is kept from anybody."""
        several = [(site, route, policy(site, route)) for site in sites for route in site.places]
        if all(found == OPEN for _site, _route, found in several):
            return []
        opened = [f"{site.name}{route.path}" for site, route, found in several if asks_nobody(found)]
        more = f", and {len(opened) - _LISTED} more" if len(opened) > _LISTED else ""
        return [f"open to everybody: {', '.join(opened[:_LISTED]) or 'nothing'}{more}"]


def _written(site: Site, entry: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield each route with what is written of it, and its locations with that of their route."""
    written = entry.get("routes", ())
    for number, route in enumerate(site.routes):
        said = written[number] if number < len(written) else entry
        for each in (route, *route.locations):
            yield each, said
