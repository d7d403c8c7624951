# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the rows of the table of who comes in where: what is asked, and the rules by which it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...module_utils._nginx.sites.losses import PROTECTING
from .._features import registry as features
from .._features._grpc import is_grpc
from .._features._lan import lan_networks
from .._features._policy import REALM, Policy, policy
from .._features._raw import statements
from .._features._spellings import is_kept
from .._features.logins import EVERYBODY, file_of
from .._features.place import Host
from .._features.returned import CLOSES
from .._features.trusted_proxies import networks
from .._inventory.site import Route, Site
from .._keys.networks import is_name
from .._keys.path_forms import Path
from .._nginx.reach import Rule, taken
from .._sites.answers import REASONS
from . import adoption
from .addresses import asked_at
from .standing import Server

# Where a client may be, in the LAN and outside of any (RFC 5737, 2010; RFC 3849, 2004).
_NEAR = ("10.66.66.66", "192.168.66.66", "172.16.66.66", "fd66::66")
_FAR = ("192.0.2.166", "198.51.100.166", "203.0.113.166", "2001:db8:66::66")
_REFUSALS = (401, 403, 404)
_NO_URL = "its path is an expression: name a path with `probe: { path: ... }`"
_INSIDE = "it listens on the loopback alone, where the controller is not"
_ANOTHER = "nginx takes its path for another location"
_BY_KEY = "its service asks for a key, and may count a question without one as a login that failed"
_BY_GRPC = "a gRPC service answers no ordinary request"
Row = tuple[dict[str, Any], dict[str, Any]]


def access_table(
    sites: Sequence[Site], host: Host, servers: Sequence[Server] = (), address: str = ""
) -> dict[str, Any]:
    """Return what `edge_access_probe` asks, as `asked`, and the `rules` of the same places in the same order.

    `unasked` has by its URL why a place is not asked, `lan` the networks of the LAN. `address` is that of `edge_plan`.
    """
    rows: list[Row] = []
    unasked: dict[str, str] = {}
    lan = lan_networks(host)
    for site in sites:
        at = asked_at(site, address)
        if at is None:
            unasked[f"https://{site.name}/"] = _INSIDE
            continue
        where = {"addresses": [*at.values()], "listens": [*site.listen]}
        for route in site.places:
            path, why = _path(site, route)
            if why:
                unasked[f"https://{route.found_at(site.name)}"] = why
            else:
                rows.append(_row(path, site, route, lan, servers, where))
        if site.index:
            rows.append(_row("/", site, None, lan, servers, where))
    return {
        "lan": lan,
        "asked": [asked for asked, _rule in rows],
        "rules": [rule for _asked, rule in rows],
        "unasked": unasked,
    }


def _path(site: Site, route: Route) -> tuple[str, str]:
    """Return the path that is asked, and why none is, "" where one is.

    It is that of the page, where nginx takes this place for it, and otherwise that of the place itself.
    """
    if is_grpc(route):
        return "", _BY_GRPC
    if route.within and route.without_login:
        return "", _BY_KEY
    if Path.of(route.path).is_expression and "path" not in route.probe:
        return "", _NO_URL
    page = route.base + str(route.probe.get("path", "")).lstrip("/")
    mine = [each for each in (page, route.base) if _taken(site, each) is route]
    return (mine[0], "") if mine else ("", _ANOTHER)


def _taken(site: Site, path: str) -> Route | None:
    """Return the place that nginx takes for a path, None for none of them."""
    number = taken([Rule(*Path.of(each.path)) for each in site.places], path.partition("?")[0])
    return None if number is None else site.places[number]


def _row(
    path: str,
    site: Site,
    route: Route | None,
    lan: Sequence[str],
    servers: Sequence[Server],
    where: Mapping[str, list[str]],
) -> Row:
    asks, url = policy(site, route), f"https://{site.name}{path}"
    # Whom a name means is known on the host alone, and changes.
    allow, deny = (tuple(each for each in several if not is_name(each)) for several in (asks.allow, asks.deny))
    own = {} if site.adopt else {str(status): text for status, text in _said(site).items()}
    return (
        {
            "url": url,
            "file": (file_of(site, route) or EVERYBODY) if asks.asks_for_login else "",
            "realm": REALM if asks.asks_for_login else "",
            "says": own,
            **_lies(Policy(asks.rule, allow, deny), lan),
            "spellings": [*_spellings(path, site, route)],
            **where,
        },
        {
            "url": url,
            "rule": [list(each) for each in asks.rule],
            "allow": [*asks.allow],
            "deny": [*asks.deny],
            "proxies": networks([site]),
            "guarded": _is_guarded(site, route, servers),
            "itself": _itself(route),
            "silent": bool(route and route.returns.get("code") == CLOSES),
            "closed": "maintenance" in features.traits(site),
        },
    )


def _said(site: Site) -> dict[int, str]:
    """Return what a page of nginx's own says, by those statuses whose page is not a file of the owner's."""
    theirs = site.error_pages if isinstance(site.error_pages, Mapping) else {}
    return {status: REASONS[status] for status in _REFUSALS if str(status) not in theirs}


def _lies(asks: Policy, lan: Sequence[str]) -> dict[str, str]:
    """Return an address that is let in and one that is not, where the rule tells them apart."""
    if not asks.asks_address:
        return {}
    allowed = [each.partition("/")[0] for each in asks.allow]
    denied = [each.partition("/")[0] for each in asks.deny]
    near = [each for each in (*_NEAR, *allowed, *_FAR) if _comes_in(asks, each, lan)]
    far = [each for each in (*_FAR, *denied) if not _comes_in(asks, each, lan)]
    return {name: found[0] for name, found in (("near", near), ("far", far)) if found}


def _comes_in(asks: Policy, address: str, lan: Sequence[str]) -> bool:
    return asks.lets_in(address, lan, login=not any(not each or each == ("lan",) for each in asks.rule))


def _is_guarded(site: Site, route: Route | None, servers: Sequence[Server]) -> bool:
    """Whether lines of the owner's own keep some people out as well."""
    written = [text for text in (site.raw, route.raw if route else "") if text]
    if any(each.name in PROTECTING for text in written for each in statements(text)):
        return True
    return bool(route and adoption.probe_traits(site, route, servers).get("guarded"))


def _itself(route: Route | None) -> list[int]:
    """Return the statuses of refusals by which a place may answer whom it lets in."""
    if route is None:
        return []
    # nginx refuses a directory without a page by 403.
    return [403] if route.static else [code] if (code := route.returns.get("code")) in _REFUSALS else []


def _spellings(path: str, site: Site, route: Route | None) -> Iterator[str]:
    """Yield other spellings of a path that has a rule, each of which has to be refused whoever is refused there."""
    if route is None or policy(site, route).is_open or "path" in route.probe:
        return
    yield from _resolved(path)
    yield from (each for each in _odd(path) if _is_kept_at(each, site, route))


def _resolved(path: str) -> Iterator[str]:
    """Yield what nginx itself takes for the path."""
    head, name, end = _parts(path)
    yield head.replace("/", "//") + name + end
    yield f"{head}%2f{name}{end}"
    if name:
        yield f"{head}%{ord(name[0]):02x}{name[1:]}{end}"
        yield f"{head}edge-probe/../{name}{end}"


def _odd(path: str) -> Iterator[str]:
    """Yield what a service may take for the path, and nginx does not."""
    head, name, end = _parts(path)
    yield f"{head}edge-probe/..;/{name}{end}"
    if name:
        yield f"{head}{name};x{end}"
        if name.swapcase() != name:
            yield f"{head}{name.swapcase()}{end}"
        yield f"{head}{name}\\"


def _parts(path: str) -> tuple[str, str, str]:
    """Return what a path has before its last part, that part, and the slash behind it."""
    bare = path.rstrip("/")
    head, _slash, name = bare.rpartition("/")
    return f"{head}/", name, path[len(bare) :] if name else ""


def _is_kept_at(path: str, site: Site, route: Route) -> bool:
    """Whether such a spelling is refused where nginx takes it for another place of the site."""
    if site.adopt or any(Path.of(each.path).is_expression for each in site.places):
        return False
    found = _taken(site, path)
    # Where no route is, nginx itself answers by 404.
    return found is None or policy(site, found) == policy(site, route) or is_kept(site, found, route)
