# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how nginx reaches an upstream so that a name without an address never keeps it from starting.

An address stands in `proxy_pass`. A name is asked for while nginx runs: in an `upstream` block where nginx knows
`resolve`, else through a variable, since only then does `proxy_pass` not ask at start. A name that DNS does not know
but the host does is written as the address that the host knows.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Parsed, Whole, Word, listed
from .._keys.names import Upstream, upstream
from .._nginx.literal import literal
from .._nginx.platform import Platform
from ._instead import INSTEAD, answers_itself
from ._redirects import cookie_path, owned_cookie_path, redirects
from ._rest import REST, take_rest, taken_rest
from .feature import Directives, Feature
from .place import Host, Names, Needs, Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# Of a preset's `prefix`: the service works at the root of a site alone.
_REFUSE = "refuse"
_PREFIXES = ("keep", "strip", "header")
_PROXY_PORTS = (80, 443)
_URL_PATTERN = "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]+/?$"
# RFC 6761 section 6.3 (2013): the loopback address, whatever DNS says. Of the two the one that services listen on.
LOCALHOST = {"localhost": "127.0.0.1"}
VARIABLE = "$constellation_edge_upstream"
# nginx wants at least 8 pages, which have 16 KiB on a Raspberry Pi 5 and 64 KiB on some ARM servers.
_ZONE_SIZE = "512k"
# nginx counts in whole seconds, the current one included: a new address is used after two seconds at most, whatever
# lifetime the DNS server gives to its answers. Where the server itself says zero, as dnsmasq does for names of its LAN,
# it is one second at most, and nothing is said.
_VALID = "valid=1s"
# Without an answer nginx keeps the addresses that it has and asks again after this time; its own choice is 30 s.
_RESOLVER_TIMEOUT = "2s"


def _targets(value: object) -> tuple[Upstream, ...]:
    return (upstream(value),)


@dataclass(frozen=True, kw_only=True)
class Proxied(Feature):
    """`upstream` and `prefix` of a route, `port` of a preset."""

    is_for_services: ClassVar[bool] = True
    owns: ClassVar[tuple[str, ...]] = ("proxy_pass", "proxy_redirect", "resolver")
    targets: tuple[Upstream, ...] = key(
        Parsed("`http://` or `https://`, address, port", _URL_PATTERN, _targets),
        "Scheme, host and port of the service.",
        "A name that nobody knows never keeps nginx from starting. Its route answers 502 until it is known.",
        name="upstream",
        default=(),
        otherwise="the preset's usual port on the proxy itself",
        example="http://192.168.0.10:8080",
    )
    port: int = key(
        Whole("a number", 1, 65535),
        "The usual port of the application, at which it is looked for on the proxy's own host.",
        default=0,
        otherwise="each route needs `upstream`",
        example=8080,
        preset_only=True,
    )
    prefix: str = key(
        Word(*_PREFIXES),
        "Whether the service sees the path of the route; V(strip) takes it away.",
        "V(header) keeps it, and tells it to the service in C(prefix_header) as well.",
        "With V(strip) the service gets what the client wrote behind the prefix, and its cookies for a path get the "
        "prefix; those for V(/) stay.",
        "A path with a part of two dots, in whatever form, is answered 400.",
        default="keep",
        example="strip",
        preset=Word(*_PREFIXES, _REFUSE),
    )

    @property
    def upstream(self) -> Upstream:
        """Where the service of a route is that has one."""
        return self.targets[0]

    @classmethod
    def settled(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Look for the service at the preset's port of the proxy's host where the route does not say where it is."""
        if answers_itself(values):
            return {}
        here = {} if "targets" in values else {"targets": (Upstream("http", "127.0.0.1", values["port"]),)}
        return {**here, "prefix": "keep"} if values.get("prefix") == _REFUSE else here

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse a route without a service, and a path for a service that works at the root of a site alone."""
        if not {"upstream", *INSTEAD} & set(route.entry) and "port" not in route.values:
            yield from _nowhere(route)
        if route.values.get("prefix") == _REFUSE and route.values.get("path") not in ("/", "^~ /", None):
            text = f"{route.app} does not work below a path: give it a site of its own with `path: /`"
            yield Refusal(route.place, text, route.entry)

    @classmethod
    def across(cls, routes: Sequence[Written], names: Mapping[str, str]) -> Iterator[Refusal]:
        """Refuse an upstream that is the proxy itself."""
        for route in routes:
            for target in route.values.get("targets", ()):
                if target.port in _PROXY_PORTS and (target.is_loopback or target.host in names):
                    raw = route.entry["upstream"]
                    text = f"upstream '{raw}' is the proxy itself: give the service's own address and port"
                    yield Refusal(route.place, text, raw)

    def file(self, at: Place) -> Directives:
        """Return the `upstream` block of the route; each site has its own, so that its file is whole."""
        if not at.host.platform.can_resolve_upstreams or not _is_asked(self.upstream, at.host.names):
            return {}
        name = _group(at.site, at.route)
        return {f"upstream {name}": _block(name, self.upstream, at.host.platform, at.host.names)}

    def location(self, at: Place) -> Directives:
        """Say where requests go, and with which path."""
        site, route, platform, names = at.site, at.route, at.host.platform, at.host.names
        strips = _strips(route)
        # Without a path in proxy_pass nginx sends the URI on as the client wrote it. An owner's location is not to
        # depend on a variable of ours: there nginx resolves the escapes of a path from which it takes the prefix.
        plainly = strips and site.adopt
        path = "/" if plainly else REST if strips else ""
        taken = take_rest(route) if strips and not plainly else {}
        if strips:
            taken["proxy_cookie_path"] = cookie_path(route)
        if not _is_asked(self.upstream, names):
            address = _address(self.upstream) or names[self.upstream.host]["address"]
            target = Upstream(self.upstream.scheme, address, self.upstream.port)
            redirect = redirects(site, route, address, strips=strips)
            # The port parts the host from a variable, for who reads it.
            origin = f"{target.scheme}://{target.host}:{target.port}" if path == REST else target.url
            return {**taken, "proxy_pass": f"{origin}{path}", "proxy_redirect": redirect}
        redirect = redirects(site, route, "", strips=strips)
        if platform.can_resolve_upstreams:
            target_url = f"{self.upstream.scheme}://{_group(site, route)}{path}"
            return {**taken, "proxy_pass": target_url, "proxy_redirect": redirect}
        found = names[self.upstream.host]
        target = Upstream(self.upstream.scheme, VARIABLE, self.upstream.port)
        return {
            **taken,
            "set": f"{VARIABLE} {found['full_name']}",
            # With a variable nginx does not replace the location's path by itself.
            **({"rewrite": f"{_stripping(route)} /$1 break"} if plainly else {}),
            "resolver": _resolver(found, platform),
            "proxy_pass": f"{target.url}{'' if plainly else path}",
            "proxy_redirect": redirect,
        }

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Name, of `set` and `rewrite` and their like, nothing but our own lines."""
        route = at.route
        return (f"set {VARIABLE}", f"rewrite {_stripping(route)}", taken_rest(route), owned_cookie_path(route))

    def needs(self, at: Place) -> Needs:
        """Close the service's own port, where it is on the proxy's host."""
        return Needs(closed_ports=tuple(each.port for each in self.targets if at.host.server.is_at(each)))

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what is to be known of names that DNS does not know."""
        names = host.names
        return [_note(name, names[name]) for name in asked_names(sites) if not names[name]["in_dns"]]


def is_named(at: Place) -> bool:
    """Whether nginx reaches the service by TLS through an `upstream` block, whose name is not the service's."""
    is_group = at.host.platform.can_resolve_upstreams and _is_asked(at.route.upstream, at.host.names)
    return is_group and at.route.upstream.scheme == "https"


def is_literal(upstream: Upstream) -> bool:
    """Whether nobody has to be asked for the address."""
    return _address(upstream) != ""


def asked_names(sites: Iterable[Site]) -> list[str]:
    """Return the names that have to be looked up on the host."""
    targets = (target for site in sites for route in site.routes for target in route.targets)
    return sorted({target.host for target in targets if not is_literal(target)})


def _nowhere(route: Written) -> Iterator[Refusal]:
    """Refuse a route of which nobody knows where its service is; one with a misspelt key is refused for that."""
    if not set(route.entry) <= route.known:
        return
    if "app" not in route.entry:
        text = (
            "has neither upstream nor app: where does the service answer? (upstream: http://ADDRESS:PORT) Where nginx "
            f"is to answer itself, write one of {listed(INSTEAD)}"
        )
        yield Refusal(route.place, text, route.entry)
    elif (app := route.entry["app"]) == route.app:
        yield Refusal(route.place, f"app '{app}' has no usual port: add `upstream: http://ADDRESS:PORT`", app)


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
        return LOCALHOST.get(upstream.host, "")
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
    return route.prefix == "strip" and route.base != "/"


def _stripping(route: Route) -> str:
    """Return the expression that takes the prefix away; `(?s)` lets a line end in the path be a part of the rest."""
    return f"(?s)^{literal(route.base)}(.*)"
