# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how nginx reaches an upstream so that a name without an address never keeps it from starting.

An address stands in `proxy_pass`. A name is asked for while nginx runs: in an `upstream` block where nginx knows
`resolve`, else through a variable, since only then does `proxy_pass` not ask at start. A name that DNS does not know
but the host does is written as the address that the host knows.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._inventory.site import Route, Site
from .._keys.names import Upstream
from .paths import REST, take_rest, taken_rest
from .platform import Platform
from .redirects import cookie_path, literal, owned_cookie_path, redirects

# What `edge_preflight` found out about each name: `_resolver.Known` as a mapping.
Names = Mapping[str, Mapping[str, Any]]

# RFC 6761 section 6.3 (2013): the loopback address, whatever DNS says. Of the two the one that services listen on.
_LOCALHOST = {"localhost": "127.0.0.1"}
VARIABLE = "$constellation_edge_upstream"
# nginx wants at least 8 pages, which have 16 KiB on a Raspberry Pi 5 and 64 KiB on some ARM servers.
_ZONE_SIZE = "512k"
# nginx counts in whole seconds, the current one included: a new address is used after two seconds at most, whatever
# lifetime the DNS server gives to its answers. Where the server itself says zero, as dnsmasq does for names of its LAN,
# it is one second at most, and nothing is said.
_VALID = "valid=1s"
# Without an answer nginx keeps the addresses that it has and asks again after this time; its own choice is 30 s.
_RESOLVER_TIMEOUT = "2s"


def is_literal(upstream: Upstream) -> bool:
    """Whether nobody has to be asked for the address."""
    return _address(upstream) != ""


def asked_names(sites: Iterable[Site]) -> list[str]:
    """Return the names that have to be looked up on the host."""
    found = {route.upstream.host for site in sites for route in site.routes if not is_literal(route.upstream)}
    return sorted(found)


def blocks(site: Site, platform: Platform, names: Names) -> dict[str, Any]:
    """Return the `upstream` blocks for the top of a site's file; each site has its own, so that its file is whole."""
    if not platform.can_resolve_upstreams:
        return {}
    wanted = {_group(site, route): route.upstream for route in site.routes if _is_asked(route.upstream, names)}
    return {f"upstream {name}": _block(name, upstream, platform, names) for name, upstream in sorted(wanted.items())}


def directives(site: Site, route: Route, platform: Platform, names: Names) -> dict[str, Any]:
    """Return the directives of a route's location that say where its requests go, and with which path."""
    upstream = route.upstream
    strips = _strips(route)
    # Without a path in proxy_pass nginx sends the URI on as the client wrote it. An owner's location is not to depend
    # on a variable of ours: there nginx resolves the escapes of a path from which it takes the prefix.
    plainly = strips and site.adopt
    path = "/" if plainly else REST if strips else ""
    taken = take_rest(route) if strips and not plainly else {}
    if strips:
        taken["proxy_cookie_path"] = cookie_path(route)
    if not _is_asked(upstream, names):
        address = _address(upstream) or names[upstream.host]["address"]
        target = Upstream(upstream.scheme, address, upstream.port)
        redirect = redirects(site, route, address, strips=strips)
        # The port parts the host from a variable, for who reads it.
        origin = f"{target.scheme}://{target.host}:{target.port}" if path == REST else target.url
        return {**taken, "proxy_pass": f"{origin}{path}", "proxy_redirect": redirect}
    redirect = redirects(site, route, "", strips=strips)
    if platform.can_resolve_upstreams:
        # The name itself, should an owner switch on SNI or a check of the certificate.
        tls = {"proxy_ssl_name": upstream.host} if upstream.scheme == "https" else {}
        target_url = f"{upstream.scheme}://{_group(site, route)}{path}"
        return {**taken, "proxy_pass": target_url, "proxy_redirect": redirect, **tls}
    found = names[upstream.host]
    target = Upstream(upstream.scheme, VARIABLE, upstream.port)
    return {
        **taken,
        "set": f"{VARIABLE} {found['full_name']}",
        # With a variable nginx does not replace the location's path by itself.
        **({"rewrite": f"{_stripping(route)} /$1 break"} if plainly else {}),
        "resolver": _resolver(found, platform),
        "proxy_pass": f"{target.url}{'' if plainly else path}",
        "proxy_redirect": redirect,
    }


def owned(route: Route) -> list[str]:
    """Return what `directives` can set, in the form of `owns`: of `set` and `rewrite` nothing but our own lines."""
    tls = ["proxy_ssl_name"] if route.upstream.scheme == "https" and not is_literal(route.upstream) else []
    ours = [f"set {VARIABLE}", f"rewrite {_stripping(route)}", taken_rest(route), owned_cookie_path(route)]
    return ["proxy_pass", "proxy_redirect", "resolver", *ours, *tls]


def notes(sites: Sequence[Site], names: Names) -> list[str]:
    """Return what a person should know of names that DNS does not know, and of services that nginx asks by HTTPS."""
    unknown = [_note(name, names[name]) for name in asked_names(sites) if not names[name]["in_dns"]]
    return unknown + _unchecked(sites)


def _unchecked(sites: Iterable[Site]) -> list[str]:
    """Return the routes whose service could be anybody who answers there, as one note.

    What an owner's server or location says of `proxy_ssl_verify` stays, in a site that he adopts.
    """
    routes = [
        f"{site.name}{route.path} ({route.upstream.url})"
        for site in sites
        for route in site.routes
        if route.upstream.scheme == "https"
    ]
    if not routes:
        return []
    return [
        f"the certificate of the service is not checked for {', '.join(routes)}: the way there is encrypted, but nginx "
        "passes requests on to whoever answers at that address, and does not say which name it asks for (no SNI). "
        "Nothing of this collection sets proxy_ssl_verify, which is off unless a file of yours switches it on"
    ]


def _note(name: str, found: Mapping[str, Any]) -> str:
    asked = " and ".join(found["servers"])
    if found["address"]:
        return (
            f"upstream {name} is known to this host alone (by /etc/hosts, mDNS or LLMNR) and not to its DNS server "
            f"{asked}, which nginx asks: nginx was given the address {found['address']}. When that changes, run the "
            "playbook again; or give the name an address in DNS, or write the address into the route's upstream"
        )
    return (
        f"upstream {name} has no address: neither the DNS server {asked} nor /etc/hosts knows it, so its routes answer "
        "502. They work as soon as DNS knows the name. Look at its spelling, or write the address into the route's "
        "upstream"
    )


def _address(upstream: Upstream) -> str:
    """Return the host as an address in nginx's notation, "" for a name."""
    try:
        ipaddress.ip_address(upstream.host.strip("[]"))
    except ValueError:
        return _LOCALHOST.get(upstream.host, "")
    return upstream.host


def _is_asked(upstream: Upstream, names: Names) -> bool:
    return not is_literal(upstream) and not names[upstream.host]["address"]


def _group(site: Site, route: Route) -> str:
    """Return the name of an upstream block: no two of all sites are equal."""
    return f"constellation_edge_{site.name}_{route.upstream.host}_{route.upstream.port}"


def _block(name: str, upstream: Upstream, platform: Platform, names: Names) -> dict[str, Any]:
    found = names[upstream.host]
    return {
        "zone": f"{name} {_ZONE_SIZE}",
        "resolver": _resolver(found, platform),
        "resolver_timeout": _RESOLVER_TIMEOUT,
        # An address that failed is asked again at once: a back end that restarts is not left alone for 10 s.
        "server": f"{found['full_name']}:{upstream.port} resolve max_fails=0",
    }


def _resolver(found: Mapping[str, Any], platform: Platform) -> str:
    valid = [] if found["fresh"] else [_VALID]
    return " ".join([*found["servers"], *valid, *([] if platform.ipv6 else ["ipv6=off"])])


def _strips(route: Route) -> bool:
    return route.prefix == "strip" and route.path != "/"


def _stripping(route: Route) -> str:
    """Return the expression that takes the prefix away; `(?s)` lets a line end in the path be a part of the rest."""
    return f"(?s)^{literal(route.path)}(.*)"
