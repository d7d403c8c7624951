# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who may ask a route, as nginx's access phase decides it.

Addresses are a question to a location of ours (`auth_request`), so that an owner's `allow` and `deny` in the same
location count on top; nginx asks it once for a request, before the service is asked anything. A login is `auth_basic`,
whose realm is a variable where addresses decide whether it is needed: nginx skips it where that says `off`. nginx asks
the login first. Whom an address shuts out in any case is therefore asked for none, and is refused by that location:
nobody can try passwords from there.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...module_utils._client_names.text import Wanted
from ...module_utils._host.names import SITE_FILES
from .._keys.access_kind import LAN, LOGIN, NOBODY, PUBLIC, Rule, asks, least
from .._keys.networks import is_name
from ._lan import INSIDE, lan_networks
from .feature import Directives
from .place import Host
from .trusted_proxies import is_near, trusts

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# Where nginx asks itself who a client is.
CHECKS = "/.constellation-edge/access"
# The directives that ask who comes.
ASKS = ("satisfy", "auth_request", "auth_basic", "auth_basic_user_file")
_NEAR, _FAR, _DENIED = "near", "far", "denied"
#: what nginx names with its question for a login
REALM = "Login"
# The header of a request without a password that is meant for nginx; a token is the service's.
_FOREIGN = "$constellation_edge_token"
_OFF = "off"
_BY_LOGIN, _BY_ADDRESS = (LOGIN,), (LAN,)


@dataclass(frozen=True)
class Policy:
    """Who may ask: the rule, and the networks and names that count as the LAN as well, or that are never let in."""

    rule: Rule = PUBLIC
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether everybody may ask."""
        return self.rule == PUBLIC and not self.deny

    @property
    def asks_for_login(self) -> bool:
        """Whether anybody is asked for a name and a password."""
        return asks(self.rule, LOGIN)

    @property
    def asks_address(self) -> bool:
        """Whether anything depends on a client's address."""
        return self.rule != NOBODY and (asks(self.rule, LAN) or bool(self.deny))

    @property
    def check(self) -> str:
        """The name of the location that lets a client through, "" where none is asked."""
        if self.rule == NOBODY:
            return "nobody"
        if all(LAN in each for each in self.rule):
            return f"near-{self._digest}"
        return f"listed-{self._digest}" if self.deny else ""

    @property
    def refusals(self) -> tuple[int, ...]:
        """The statuses by which a client is refused."""
        return (*((401,) if self.asks_for_login else ()), *((403,) if self.check else ()))

    @property
    def is_closed(self) -> bool:
        """Whether nobody is let in who does not log in."""
        return all(LOGIN in each for each in self.rule)

    @property
    def realm(self) -> str:
        """What is said with the question for a login, "" where there is none."""
        if not self.asks_for_login:
            return ""
        return self._variable("l", self._rule_digest) if self.asks_address else REALM

    @property
    def authorization(self) -> str:
        """The value of the header Authorization for the service: what nginx has asked for is not the service's."""
        if not self.asks_for_login:
            return ""
        return self._variable("a", self._rule_digest) if self.asks_address else '""'

    def lets_in(self, address: str, lan: Iterable[str], *, login: bool = False) -> bool:
        """Whether a client at an address is let in, with a `login` or without, as nginx decides it.

        `lan` are the networks of the LAN. A name in `allow` may stand for any address that is listed nowhere, and one
        in `deny` for none.
        """
        kind = self._listed(address, lan) or (_NEAR if any(map(is_name, self.allow)) else _FAR)
        return self.admits(kind, login=login)

    def kinds(self, address: str, lan: Iterable[str]) -> frozenset[str]:
        """Return what a client may be for `admits`, more than one where that depends on what is not known.

        That is an `address` of "", and whom a name in `allow` or `deny` means: it may be any address.
        """
        unknown = {_NEAR, _FAR, *((_DENIED,) if self.deny else ())}
        listed = {self._listed(address, lan) or _FAR} if address else unknown
        lists = ((_NEAR, self.allow), (_DENIED, self.deny))
        return frozenset(listed | {kind for kind, several in lists if any(map(is_name, several))})

    def admits(self, kind: str, *, login: bool) -> bool:
        """Whether a client of one of `kinds` is let in, with a `login` or without."""
        shown = {*((LAN,) if kind == _NEAR else ()), *((LOGIN,) if login else ())}
        return kind != _DENIED and any({*each} <= shown for each in self.rule)

    def _listed(self, address: str, lan: Iterable[str]) -> str:
        """Return what a client at an address is by the networks that hold it, "" where none does."""
        who = self._networks(lan)
        client = ipaddress.ip_address(address)
        holding = [each for each in map(ipaddress.ip_network, who) if client in each]
        return who[str(max(holding, key=lambda each: each.prefixlen))] if holding else ""

    def _networks(self, lan: Iterable[str]) -> dict[str, str]:
        """Return what a client of each network is; of two the narrower one counts."""
        found = [*dict.fromkeys([*lan, *self.allow], _NEAR).items(), *dict.fromkeys(self.deny, _DENIED).items()]
        return {str(ipaddress.ip_network(network)): kind for network, kind in found if not is_name(network)}

    def lines(self, password_file: str) -> Directives:
        """Return the directives of a location; `password_file` has the names and passwords."""
        if self.is_open:
            return {}
        found: Directives = {"satisfy": "all"}
        if self.check:
            found["auth_request"] = f"{CHECKS}/{self.check}"
        if self.realm:
            found |= {"auth_basic": self.realm, "auth_basic_user_file": password_file}
        return found

    def location(self) -> tuple[str, Directives]:
        """Return the location that lets a client through, and its directives."""
        # Without one of its own, a server's page for 403 could say 200 here, which would let everybody in.
        usual: Directives = {"internal": None, "error_page": "599 /"}
        if self.rule == NOBODY:
            through: Directives = {}
        elif self.check.startswith(_NEAR):
            through = {f"if ({self._who} = {_NEAR})": {"return": "204"}}
        else:
            through = {f"if ({self._who} ~ {_NEAR}|{_FAR})": {"return": "204"}}
        return f"= {CHECKS}/{self.check}", {**usual, **through, "return": "403"}

    def maps(self, host: Host, *, behind: bool) -> Iterator[str]:
        """Yield what tells clients apart, for the http level; `behind` is whether a proxy may say who its client is."""
        if not self.asks_address:
            return
        yield from self._tells(host, behind=behind)
        if self.asks_for_login:
            near = _OFF if _BY_ADDRESS in self.rule else REALM
            far = REALM if _BY_LOGIN in self.rule else _OFF
            yield f"map {self._who} {self.realm} {{ default {_OFF}; {_NEAR} {near}; {_FAR} {far}; }}"
            yield f'map {self.realm} {self.authorization} {{ default ""; {_OFF} $http_authorization; }}'

    def _tells(self, host: Host, *, behind: bool) -> Iterator[str]:
        listed = self._variable("n", self._digest) if behind else self._who
        networks = self._values(host, behind=behind)
        entries = " ".join(f"{network} {value};" for network, value in networks.items())
        names = self.names(host, behind=behind)
        more = f" include {SITE_FILES}/{names.file};" if names else ""
        yield f"geo {listed} {{ default {'0' if behind else _FAR}; {entries}{more} }}"
        if behind:
            # Whom a proxy names has to be in the LAN together with that proxy.
            yield (
                f'map "{INSIDE}{listed}" {self._who} '
                f'{{ default {_FAR}; "~{_DENIED}$" {_DENIED}; "~2$" {_NEAR}; "11" {_NEAR}; }}'
            )

    def _values(self, host: Host, *, behind: bool) -> dict[str, str]:
        """Return what a client of each network is to nginx."""
        near, named = _kinds(behind=behind)
        values = dict.fromkeys(lan_networks(host), near)
        values |= {each: near if is_near(each, host) else named for each in self.allow if not is_name(each)}
        return values | dict.fromkeys((each for each in self.deny if not is_name(each)), _DENIED)

    def names(self, host: Host, *, behind: bool) -> Wanted | None:
        """Return what is to be in the file with the addresses of names, None where no name is listed."""
        _near, named = _kinds(behind=behind)
        values = {each: named for each in self.allow if is_name(each)}
        # What is denied comes last, and so counts where two names have one address.
        several = [*values.items(), *((each, _DENIED) for each in self.deny if is_name(each))]
        if not several or not self.asks_address:
            return None
        networks = (str(ipaddress.ip_network(each)) for each in self._values(host, behind=behind))
        return Wanted(tuple(several), tuple(networks))

    @property
    def _who(self) -> str:
        return self._variable("w", self._digest)

    @property
    def _digest(self) -> str:
        return _digest(["allow", *self.allow, "deny", *self.deny])

    @property
    def _rule_digest(self) -> str:
        return _digest([*map("+".join, self.rule), self._digest])

    @staticmethod
    def _variable(kind: str, digest: str) -> str:
        # nginx's table of variables has room for many names of 14 letters, and for few of more.
        return f"$edge_{kind}{digest}"


#: for everybody
OPEN = Policy()


def passed_on(site: Site, route: Route) -> str:
    """Return the value of the header Authorization for the service of a route, "" where it stays as it came."""
    asked = policy(site, route)
    return _FOREIGN if _may_be_ours(site, route) and not asked.asks_for_login else asked.authorization


def _may_be_ours(site: Site, route: Route) -> bool:
    """Whether nginx would ask for a login here without its preset, so that browsers may send one."""
    return route.without_login and asks(_said(site, route), LOGIN)


def asks_nobody(found: Policy) -> bool:
    """Whether everybody may ask, but for single addresses."""
    return found.rule == PUBLIC


def policy(site: Site, route: Route | None = None) -> Policy:
    """Return who may ask a route, or what a site has beside its routes; the inner word wins."""
    inner = site if route is None else route
    rule = _said(site, route)
    if route is not None:
        rule = known(rule, without_login=route.without_login, lan_only=route.lan_only)
    # Whom a site shuts out no route lets in.
    deny = tuple(dict.fromkeys((*inner.deny, *site.deny)))
    return Policy(rule, inner.allow or site.allow, deny)


def known(rule: Rule, *, without_login: bool, lan_only: bool) -> Rule:
    """Return what becomes of an owner's rule by what a preset knows of a place."""
    left, more = {LOGIN} if without_login else set(), {LAN} if lan_only else set()
    return least({frozenset(each) - left | more for each in rule})


def _said(site: Site, route: Route | None) -> Rule:
    """Return the rule that the owner has written."""
    rule = site.access if route is None or route.access is None else route.access
    return PUBLIC if rule is None else rule


def strangers(asks: Policy) -> dict[str, Any]:
    """Return how strangers are kept out, as `edge_probe` is told it."""
    return {"refused_by": [*asks.refusals], **({"closed": True} if asks.is_closed else {})} if asks.refusals else {}


def policies(site: Site) -> list[Policy]:
    """Return who may ask what a site has, each once."""
    return [*dict.fromkeys([*(policy(site, route) for route in site.places), *([policy(site)] if site.index else [])])]


def maps(sites: Sequence[Site], host: Host) -> str:
    """Return what tells clients apart, for the http level."""
    behind = trusts(sites)
    several = [text for site in sites for each in policies(site) for text in each.maps(host, behind=behind)]
    if any(passed_on(site, route) == _FOREIGN for site in sites for route in site.places):
        several.append(f'map $http_authorization {_FOREIGN} {{ default $http_authorization; "~*^ *basic" ""; }}')
    return "\n".join(dict.fromkeys(several))


def checks(several: Iterable[Policy]) -> dict[str, Directives]:
    """Return the locations that let clients through, each once, with their directives."""
    return dict(each.location() for each in several if each.check)


def looked_up(sites: Sequence[Site]) -> list[str]:
    """Return the names of clients whose addresses are needed."""
    asked = (found for site in sites for found in policies(site) if found.asks_address)
    return sorted({each for found in asked for each in (*found.allow, *found.deny) if is_name(each)})


def client_names(sites: Sequence[Site], host: Host) -> list[Wanted]:
    """Return the files with addresses of names, each once."""
    behind = trusts(sites)
    found = (each.names(host, behind=behind) for site in sites for each in policies(site))
    return [*dict.fromkeys(each for each in found if each)]


def client_files(sites: Sequence[Site], host: Host) -> dict[str, str]:
    """Return the texts of these files by their names."""
    return {each.file: each.text(host.clients) for each in client_names(sites, host)}


def _kinds(*, behind: bool) -> tuple[str, str]:
    """Return what nginx calls a client of the LAN, and one that is named."""
    return ("1", "2") if behind else (_NEAR, _NEAR)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]
