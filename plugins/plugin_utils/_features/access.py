# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may ask a route, by address and by login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.access_kind import ACCESS, Rule
from .._keys.keys import key
from .._keys.kinds import FLAG
from .._keys.networks import networks
from ._policy import passed_on, policy
from ._spellings import DISGUISED, disguised, disguises
from ._tries import LONG_LOGIN, is_limited, limit, limit_zone, refuse_long, tries
from .feature import Directives, Feature
from .logins import password_file
from .place import Host, Needs, Place

if TYPE_CHECKING:
    from .._inventory.site import Site


#: what a preset says of access where it says nothing
_UNSAID = {"lan_only": False, "without_login": False}


@dataclass(frozen=True, kw_only=True)
class Access(Feature):
    """`access`, `allow` and `deny` of a route, and what a preset knows of a part of a service."""

    owns: ClassVar[tuple[str, ...]] = (f"if ({DISGUISED}) {{}}", LONG_LOGIN)
    access: Rule | None = key(
        ACCESS,
        "Who may come in: V(public) is everybody, V(lan) the clients in the LAN, V(login) who has a name and a "
        "password, V(none) nobody.",
        "Of a list one word is enough, and V(lan+login) asks for both.",
        "The LAN is loopback, private and link-local addresses, and C(edge_lan).",
        default=None,
        otherwise="that of the site",
        example="lan",
    )
    allow: tuple[str, ...] = key(
        networks("allow"),
        "Addresses, networks and DNS names that count as the LAN, too. The proxy looks a name up every five minutes.",
        default=(),
        otherwise="that of the site",
        example=["203.0.113.7"],
    )
    deny: tuple[str, ...] = key(
        networks("deny"),
        "Addresses, networks and DNS names that are let in by no word, beside those that the site denies. Of two "
        "networks the narrower one counts.",
        default=(),
        otherwise="that of the site",
        example=["192.168.0.66"],
    )
    lan_only: bool = key(
        FLAG,
        "Whether C(access) lets in clients in the LAN alone, whatever else it asks of them.",
        "A route or location that says C(access) decides it by that.",
        default=False,
        preset_only=True,
    )
    without_login: bool = key(
        FLAG,
        "Whether nginx asks for no login here, because the service asks everybody for a key of its own.",
        "A password for nginx, which browsers send all the same, does not reach the service. A route or location that "
        "says C(access) decides it by that.",
        default=False,
        preset_only=True,
    )

    @classmethod
    def settled(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let an owner's word take the place of what a preset knows."""
        return _UNSAID if "access" in values else {}

    def guard(self, at: Place) -> Directives:
        """Refuse another spelling of a path that fewer may ask than this one, and a login that is too long to check."""
        hidden: Directives = {f"if ({DISGUISED})": {"return": "403"}} if disguises(at.site, at.route) else {}
        return hidden | refuse_long(at)

    def location(self, at: Place) -> Directives:
        """Have nginx ask who comes."""
        return policy(at.site, at.route).lines(password_file(at.site, at.route))

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what tells such spellings, and who tries passwords."""
        return "\n".join(filter(None, (disguised(sites), tries(sites))))

    def marks(self, at: Place) -> list[list[str]]:
        """Name what is ours by our mark: an owner says the same where no key does."""
        return [["auth_request"], ["auth_basic", "auth_basic_user_file"], ["satisfy"]]

    def marked(self, at: Place) -> Directives:
        """Keep the password to ourselves, which nginx would pass on, and limit how often one is tried."""
        named = "authorization" in map(str.lower, at.route.request_headers)
        value = passed_on(at.site, at.route)
        told = bool(value and at.route.targets and not named)
        return {
            **({"proxy_set_header": [f"Authorization {value}"]} if told else {}),
            **(limit(at) if is_limited(at) else {}),
        }

    def file(self, at: Place) -> Directives:
        """Return what counts how often a password is tried."""
        return limit_zone(at) if is_limited(at) else {}

    def needs(self, at: Place) -> Needs:
        """Need what tells clients apart."""
        asked = policy(at.site, at.route)
        geo = ("http_geo_module",) if asked.asks_address else ()
        request = ("http_auth_request_module",) if asked.check else ()
        basic = ("http_auth_basic_module",) if asked.asks_for_login else ()
        return Needs(modules=(*geo, *request, *basic))
