# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how nginx reaches an upstream so that a name without an address never keeps it from starting.

An address stands in `proxy_pass`. A name is asked for while nginx runs: in an `upstream` block where nginx knows
`resolve`, else through a variable, since only then does `proxy_pass` not ask at start. A name that DNS does not know
but the host does is written as the address that the host knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from .._constellation.local_server import CONSTELLATION
from .._keys.keys import key
from .._keys.kinds import Whole, Word, listed
from .._keys.names import Upstream
from .._keys.path_forms import Path
from .._keys.targets import Targets
from .._nginx.literal import literal
from ._addresses import is_asked, is_literal, known_address, note, resolver
from ._groups import block, fixed, group
from ._instead import INSTEAD, answers_itself
from ._redirects import cookie_below, cookie_path, owned_cookie_path, redirects
from ._rest import REST, behind, strips, take_rest, taken_rest
from ._sockets import socket_notes, sockets
from .feature import Directives, Feature
from .place import Host, Needs, Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# Of a preset's `prefix`: the service works at the root of a site alone.
_REFUSE = "refuse"
_PREFIXES = ("keep", "strip", "header")
#: where our sites listen
PROXY_PORTS = (80, 443)
VARIABLE = "$constellation_edge_upstream"


@dataclass(frozen=True, kw_only=True)
class Proxied(Feature):
    """`upstream` and `prefix` of a route, `port` of a preset."""

    is_for_services: ClassVar[bool] = True
    owns: ClassVar[tuple[str, ...]] = ("proxy_pass", "proxy_redirect", "resolver")
    targets: tuple[Upstream, ...] = key(
        Targets(),
        "Scheme, host and port of the service, or the Unix socket on which it listens.",
        "A path is the service's own one, and takes the place of the route's.",
        "Of a list, each request goes to the next one that answers; an item may be a mapping with C(url), C(weight) "
        "and C(backup).",
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
        """Look for the service at the preset's port of the proxy's host where the route does not say where it is.

        A service whose own path is the public one gets what the client wrote, as without a path.
        """
        if answers_itself(values):
            return {}
        if "targets" not in values:
            here = {"targets": (Upstream("http", "127.0.0.1", values["port"]),)}
            return {**here, "prefix": "keep"} if values.get("prefix") == _REFUSE else here
        targets = values["targets"]
        if targets and all(each.path == Path.of(values["path"]).text for each in targets):
            return {"targets": tuple(replace(each, path="") for each in targets), "prefix": "keep"}
        return {"prefix": "keep"} if values.get("prefix") == _REFUSE else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse a route without a service, and a path that does not fit to what the service can."""
        if not {"upstream", *INSTEAD} & set(route.entry) and "port" not in route.values:
            yield from _nowhere(route)
        if route.values.get("prefix") == _REFUSE and route.values.get("path") not in ("/", "^~ /", None):
            text = f"{route.app} does not work below a path: give it a site of its own with `path: /`"
            yield Refusal(route.place, text, route.entry)
        yield from _unfit(route)

    @classmethod
    def across(cls, routes: Sequence[Written], names: Mapping[str, str]) -> Iterator[Refusal]:
        """Refuse an upstream that is the proxy itself."""
        for route in (each for each in routes if not each.within):
            for target in route.values.get("targets", ()):
                if target.port in PROXY_PORTS and (target.is_loopback or target.host in names):
                    yield Refusal(route.place, itself(target), route.entry["upstream"])

    def file(self, at: Place) -> Directives:
        """Return the `upstream` block of the route; each site has its own, so that its file is whole."""
        name = group(at)
        return {f"upstream {name}": block(at)} if name else {}

    def location(self, at: Place) -> Directives:
        """Say where requests go, and with which path."""
        # `grpc_pass` takes no path.
        path = "" if self.upstream.is_grpc else behind(at.route, is_adopted=at.site.adopt)
        taken = take_rest(at.route) if REST in path else {}
        if strips(at.route):
            taken["proxy_cookie_path"] = cookie_path(at.route)
        if self.upstream.is_grpc and (strips(at.route) or self.upstream.path):
            taken["rewrite"] = f"{_stripping(at.route)} {self.upstream.path or '/'}$1 break"
        names = at.host.names
        known = [known_address(each, names) for each in self.targets if not each.is_socket]
        if name := group(at):
            told = {"proxy_pass": f"{self.upstream.scheme}://{name}{path}"}
        elif is_asked(self.upstream, names):
            told = self._by_variable(at, path)
        else:
            told = {"proxy_pass": _passed(replace(self.upstream, host=known_address(self.upstream, names)), path)}
        return {**taken, **told, "proxy_redirect": redirects(at.site, at.route, known)}

    def _by_variable(self, at: Place, path: str) -> Directives:
        found = at.host.names[self.upstream.host]
        # With a variable nginx does not replace the location's path by itself.
        replaced = {"rewrite": f"{_stripping(at.route)} /$1 break"} if path and REST not in path else {}
        return {
            "set": f"{VARIABLE} {found['full_name']}",
            **replaced,
            "resolver": resolver(found, at.host.platform),
            "proxy_pass": _passed(replace(self.upstream, host=VARIABLE), "" if replaced else path),
        }

    def marked(self, at: Place) -> Directives:
        """Have the cookies of a service with a path of its own come back, and say when another one of several is asked.

        What a service may have got is not sent again where that could do something twice: nginx repeats no POST, PATCH
        or LOCK that it has begun to send.
        """
        cookies = {"proxy_cookie_path": [cookie_below(at.route)]} if any(each.path for each in self.targets) else {}
        return {**cookies, **({"proxy_next_upstream": ["error timeout"]} if len(self.targets) > 1 else {})}

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Name, of `set` and `rewrite` and their like, nothing but our own lines."""
        route = at.route
        return (f"set {VARIABLE}", f"rewrite {_stripping(route)}", taken_rest(route), owned_cookie_path(route))

    def needs(self, at: Place) -> Needs:
        """Close the service's own port, where it is on the proxy's host."""
        here = (each for each in self.targets if at.host.server.is_at(each))
        return Needs(closed_ports=tuple(each.port for each in here if not each.is_socket))

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what is to be known of names that DNS does not know, and of sockets that nginx cannot reach."""
        names = host.names
        unknown = [note(name, names[name]) for name in asked_names(sites) if not names[name]["in_dns"]]
        return [*unknown, *_fixed_notes(sites, host), *socket_notes(sites, host.sockets)]


def is_named(at: Place) -> bool:
    """Whether nginx reaches the service by TLS through an `upstream` block, whose name is not the service's."""
    return at.route.upstream.is_tls and group(at) != ""


def unknown(at: Place) -> list[str]:
    """Return the names of a list for which nobody has an address now, where nginx would not start with them."""
    return [name for name, address in fixed(at).items() if not address]


def itself(target: Upstream) -> str:
    """Return what is said of an upstream that would ask the proxy for what it asks its upstream for."""
    return f"upstream '{target.written}' is the proxy itself: give the service's own address and port"


def asked(sites: Sequence[Site], hosts: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return what `edge_preflight` is asked about the upstreams, and about further `hosts`, by its options."""
    return {
        "names": asked_names(sites),
        "hosts": sorted({*_on_our_ports(sites), *hosts}),
        "sockets": sockets(sites),
    }


def asked_names(sites: Iterable[Site]) -> list[str]:
    """Return the names that have to be looked up on the host."""
    targets = (target for site in sites for route in site.routes for target in route.targets)
    return sorted({target.host for target in targets if not is_literal(target)})


def _on_our_ports(sites: Iterable[Site]) -> list[str]:
    """Return the hosts of upstreams on a port of our sites, which may be the proxy's by a name that nobody has said."""
    targets = (target for site in sites for route in site.routes for target in route.targets)
    return sorted({target.host for target in targets if target.port in PROXY_PORTS})


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


def _unfit(route: Written) -> Iterator[Refusal]:
    """Refuse a `prefix` beside a path in `upstream`, and what a Constellation server has not."""
    targets: Sequence[Upstream] = route.values.get("targets", ())
    path = next((each.path for each in targets if each.path), "")
    if route.app == CONSTELLATION and len(targets) > 1:
        text = "a Constellation server is one, which knows its sentinels and packages: write the one `upstream`"
        yield Refusal(route.place, text, route.entry["upstream"])
    elif route.app == CONSTELLATION and (path or any(each.is_socket or each.is_grpc for each in targets)):
        text = (
            "a Constellation server listens on a port, below the path of its route, which the run sets there: write "
            "`upstream: http://ADDRESS:PORT`"
        )
        yield Refusal(route.place, text, route.entry["upstream"])
    elif path and "prefix" in route.entry:
        text = f"upstream has the path {path}, which takes the place of the route's: take `prefix` out"
        yield Refusal(route.place, text, route.entry["prefix"])


def _fixed_notes(sites: Sequence[Site], host: Host) -> Iterator[str]:
    """Yield which names of lists this nginx was given as addresses."""
    found = {
        name: at for site in sites for route in site.routes for name, at in fixed(Place(route, site, host)).items()
    }
    for name, address in found.items():
        yield (
            f"upstream {name} stands in a list, and this nginx asks for names of a list when it starts alone: it was "
            f"given the address {address}. When that changes, run the playbook again; or write the address into the "
            "list"
        )


def _passed(target: Upstream, path: str) -> str:
    """Return the value of `proxy_pass`."""
    if target.is_socket:
        return f"{target.url}:{path}" if path else target.url
    # The port parts the host from a variable, for who reads it.
    return f"{target.scheme}://{target.host}:{target.port}{path}" if REST in path else f"{target.url}{path}"


def _stripping(route: Route) -> str:
    """Return the expression that takes the prefix away; `(?s)` lets a line end in the path be a part of the rest."""
    return f"(?s)^{literal(route.mount)}(.*)"
