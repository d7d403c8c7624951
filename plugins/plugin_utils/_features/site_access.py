# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may ask the routes of a site that do not say it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.access_kind import ACCESS, LAN, NOBODY, Rule, asks
from .._keys.keys import key
from .._keys.networks import networks
from ._policy import CHECKS, OPEN, asks_nobody, checks, maps, policies, policy
from .feature import Directives, Page, SiteFeature
from .place import Host, Refusal
from .plain_http import SERVE
from .raw import answering

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# nginx asks its own conditions of the server once more for each of our questions, by their own path.
_ASKING = f"if ($uri ~ ^{CHECKS.replace('.', '[.]')}/)"
# So many are named in the summary.
_LISTED = 30
_WITHOUT_LAN = "allow adds to the LAN, and access does not say `lan`: write `lan` into access, or take `allow` out"


@dataclass(frozen=True, kw_only=True)
class SiteAccess(SiteFeature):
    """`access`, `allow` and `deny` of a site."""

    owns: ClassVar[tuple[str, ...]] = (f"{_ASKING} {{}}",)
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
        "Addresses, networks and DNS names that count as the LAN, too, where a route names none. The proxy looks a "
        "name up every five minutes.",
        default=(),
        example=["203.0.113.7"],
    )
    deny: tuple[str, ...] = key(
        networks("deny"),
        "Addresses, networks and DNS names that are let in by no word of any route.",
        default=(),
        example=["192.168.0.66"],
    )

    def guard(self, whole: Site) -> Directives:
        """Let nothing in the server answer our own question: an owner's condition there could say yes for all."""
        return {_ASKING: {"break": None}} if checks(policies(whole)) else {}

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse what would do nothing, and a password that everybody could read on its way."""
        if whole.allow and not any(asks(found.rule, LAN) for found in policies(whole)):
            yield Refusal(place, _WITHOUT_LAN, entry)
        for route, said, below in _written(whole, entry):
            found = policy(whole, route)
            there = f"{place}, route {route.path}"
            if "allow" in said and not any(asks(policy(whole, each).rule, LAN) for each in (route, *below)):
                yield Refusal(there, _WITHOUT_LAN, said)
            if "deny" in said and "access" in said and found.rule == NOBODY:
                yield Refusal(there, "deny is needless where access is `none`: take one of the two out", said)
            if twice := [each for each in found.allow if each in found.deny]:
                yield Refusal(
                    there, f"allow and deny both name {twice[0]}: take it out of one of the two", said or entry
                )
            if not found.is_open and (name := answering(route.raw)):
                text = (
                    f"raw: '{name}' counts before nginx asks who comes, so that `access` would do nothing: take it out"
                )
                yield Refusal(there, text, said or entry)
            if found.asks_for_login and whole.http == SERVE:
                text = (
                    "access: `login` would send passwords in clear text by `http: serve`: take `http` out of the site, "
                    "or write `lan`"
                )
                yield Refusal(there, text, said or entry)

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
        if all(found == OPEN for site in sites for found in policies(site)):
            return []
        opened = [place for site in sites for place in _open(site)]
        more = f", and {len(opened) - _LISTED} more" if len(opened) > _LISTED else ""
        return [f"open to everybody: {', '.join(opened[:_LISTED]) or 'nothing'}{more}"]


def _open(site: Site) -> Iterator[str]:
    """Yield what everybody may open of a site."""
    if site.index and asks_nobody(policy(site)):
        yield f"{site.name}/ (its start page)"
    for route in site.places:
        if asks_nobody(policy(site, route)):
            yield f"{site.name}{route.path}"
    if site.adopt:
        yield f"what else the server of {site.name} answers, which is its owner's"


def _written(site: Site, entry: Mapping[str, Any]) -> Iterator[tuple[Route, Mapping[str, Any], Sequence[Route]]]:
    """Yield each route with what is written of it and its locations, and each location with what is written of that."""
    written = entry.get("routes", ())
    for number, route in enumerate(site.routes):
        said = written[number] if number < len(written) else {}
        yield route, said, route.locations
        parts = said.get("locations", ())
        for at, location in enumerate(route.locations):
            # One that only a preset says is written nowhere.
            yield location, parts[at] if at < len(parts) else {}, ()
