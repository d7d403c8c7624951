# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the features of a route, in the order in which their directives stand, and those of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from ...module_utils._nginx.text.tree import Statement
from .._keys.keys import keys_of
from ._grpc import all_spoken, is_grpc, owned_by_both, spoken
from ._instead import misplaced, of_counted, of_http
from .access import Access
from .added_headers import AddedHeaders
from .added_request_headers import AddedRequestHeaders
from .aliases import Aliases
from .bandwidth import Bandwidth
from .body_size import BodySize
from .buffering import Buffering
from .cache import Cache
from .compression import Compression
from .connection_limit import ConnectionLimit
from .console import Console
from .content_length import ContentLength
from .content_policy import ContentPolicy
from .crawlers import Crawlers
from .default_site import DefaultSite
from .drops import Drops, SiteDrops
from .error_pages import ErrorPages
from .feature import Directives, Feature, Page, SiteFeature
from .frame_ancestors import FrameAncestors
from .grpc import Grpc
from .hidden_headers import HiddenHeaders
from .hsts import Hsts
from .index import Index
from .keepalive import Keepalive
from .listen import Listen
from .locations import Locations
from .maintenance import Maintenance
from .moved_from import MovedFrom
from .path import RoutePath
from .place import Host, Needs, Place, Refusal, Written
from .plain_http import PlainHttp
from .prefix_header import PrefixHeader
from .probe import Probe
from .rate_limit import RateLimit
from .raw import Raw
from .redirect import Redirected
from .request_buffering import RequestBuffering
from .request_headers import RequestHeaders
from .retry_after import RetryAfter
from .returned import Returned
from .site_access import SiteAccess
from .site_raw import SiteRaw
from .site_redirect import SiteRedirect
from .static import Static
from .sticky import Sticky
from .timeouts import Timeouts
from .trusted_proxies import TrustedProxies
from .upstream import Proxied
from .upstream_tls import UpstreamTls
from .users import RouteUsers, SiteUsers
from .websocket import WebSocket

if TYPE_CHECKING:
    from .._inventory.site import Site

FEATURES: tuple[type[Feature], ...] = (
    Access,
    Proxied,
    Sticky,
    Keepalive,
    Redirected,
    Returned,
    Static,
    UpstreamTls,
    RequestHeaders,
    PrefixHeader,
    AddedRequestHeaders,
    HiddenHeaders,
    AddedHeaders,
    WebSocket,
    ContentLength,
    Timeouts,
    Grpc,
    BodySize,
    Buffering,
    Cache,
    RequestBuffering,
    RateLimit,
    ConnectionLimit,
    Bandwidth,
    Console,
    Probe,
    RouteUsers,
    Raw,
    Locations,
    MovedFrom,
    Drops,
    RoutePath,
)
SITE_FEATURES: tuple[type[SiteFeature], ...] = (
    TrustedProxies,
    SiteAccess,
    Listen,
    DefaultSite,
    PlainHttp,
    Aliases,
    SiteUsers,
    Maintenance,
    Crawlers,
    SiteRedirect,
    Hsts,
    FrameAncestors,
    ContentPolicy,
    ErrorPages,
    RetryAfter,
    Index,
    Compression,
    SiteRaw,
    SiteDrops,
)


def places(sites: Sequence[Site], host: Host) -> Iterator[Place]:
    """Yield the place of each route and location."""
    return (Place(route, site, host) for site in sites for route in site.places)


def active(at: Place) -> Iterator[type[Feature]]:
    """Yield the features that count at a place: those for a service do where there is one, by its protocol."""
    here = (feature for feature in FEATURES if at.route.targets or not feature.is_for_services)
    spoken_here = (feature for feature in here if not (feature.not_for_grpc and is_grpc(at.route)))
    is_returned = at.route.redirect or at.route.returns
    return (feature for feature in spoken_here if not (feature.not_for_return and is_returned))


def problems(route: Written) -> Iterator[Refusal]:
    """Yield what is wrong with one route."""
    yield from misplaced(route, [key for each in FEATURES if each.is_for_services for key in keys_of(each)])
    yield from of_http(
        route, {key: each.not_for_grpc for each in FEATURES if each.not_for_grpc for key in keys_of(each)}
    )
    yield from of_counted(
        route, {key: each.not_for_return for each in FEATURES if each.not_for_return for key in keys_of(each)}
    )
    for feature in FEATURES:
        yield from feature.problems(route)


def guard(at: Place) -> Directives:
    """Return the conditions of all features that refuse requests in a route's location."""
    return _merged(feature.guard(at.route, at) for feature in active(at))


def location(at: Place) -> Directives:
    """Return the directives of all features in a route's location."""
    return all_spoken(at.route, _merged(feature.location(at.route, at) for feature in active(at)))


def marks(at: Place) -> list[list[str]]:
    """Return the groups of directives that are ours by our mark."""
    groups = (
        [spoken(at.route, name) for name in group] for feature in FEATURES for group in feature.marks(at.route, at)
    )
    return [known for group in groups if (known := [*filter(None, group)])]


def marked(at: Place) -> Directives:
    """Return the directives of all features in a route's location that carry our mark one by one."""
    return all_spoken(at.route, _merged(feature.marked(at.route, at) for feature in active(at)))


def options(at: Place) -> Directives:
    """Return the further options of a route's location."""
    return _merged(feature.options(at.route) for feature in FEATURES)


def file(site: Site, host: Host) -> Directives:
    """Return what the features have at the top of a site's file."""
    routes = (feature.file(at.route, at) for at in places([site], host) for feature in active(at))
    return dict(sorted(_merged(chain(routes, (feature.file(site, site) for feature in SITE_FEATURES))).items()))


def owned(at: Place) -> list[str]:
    """Return what the features own in a route's location, in the form of `owns`."""
    here = [*active(at)]
    gone = [name for feature in FEATURES if feature not in here for name in feature.left(at.route.base)]
    names = [name for each in FEATURES for name in (*each.owns, *each.owns_here(at.route, at))]
    return owned_by_both(at, names + gone)


def left(path: str) -> list[str]:
    """Return what any route may have left at a path that has none now, in the form of `owns`."""
    return [name for feature in FEATURES for name in (*feature.owns, *feature.left(path))]


def common() -> list[str]:
    """Return what the common file has for the features of routes."""
    return [text for feature in FEATURES if (text := feature.common())]


def guards(sites: Sequence[Site], host: Host) -> list[str]:
    """Return what the common file has for the guards of all routes and sites."""
    every: tuple[type[Feature] | type[SiteFeature], ...] = (*FEATURES, *SITE_FEATURES)
    return [text for feature in every if (text := feature.guards(sites, host))]


def notes(sites: Sequence[Site], host: Host) -> list[str]:
    """Return what a person should know of the routes and sites."""
    every: tuple[type[Feature] | type[SiteFeature], ...] = (*FEATURES, *SITE_FEATURES)
    return [note for feature in every for note in feature.notes(sites, host)]


def closed_ports(sites: Sequence[Site], host: Host) -> list[int]:
    """Return the ports of the host that nobody outside may reach."""
    return sorted({port for _at, need in _needs(sites, host) for port in need.closed_ports})


def jails(sites: Sequence[Site], host: Host) -> list[dict[str, Any]]:
    """Return the jails of fail2ban that the routes ask for, each name once."""
    found = {str(jail["name"]): dict(jail) for _at, need in _needs(sites, host) for jail in need.jails}
    return [*found.values()]


def files(site: Site, host: Host) -> dict[str, str]:
    """Return the texts that directives of a site name, by the names of their files."""
    needs = [*(need for _at, need in _needs([site], host)), *(feature.needs(site, site) for feature in SITE_FEATURES)]
    texts = [*(need.files for need in needs), *(feature.files(site, site, host) for feature in SITE_FEATURES)]
    return {name: text for each in texts for name, text in each.items()}


def lacking(sites: Sequence[Site], host: Host) -> Iterator[tuple[Place, str]]:
    """Yield each module that a route needs and that this nginx was built without."""
    return ((at, each) for at, need in _needs(sites, host) for each in need.modules if each in host.platform.without)


def site_lacking(sites: Sequence[Site], host: Host) -> Iterator[tuple[Site, str]]:
    """Yield each module that a site needs beside its routes, and that this nginx was built without."""
    several = ((site, feature.needs(site, site)) for site in sites for feature in SITE_FEATURES)
    return ((site, each) for site, need in several for each in need.modules if each in host.platform.without)


def _needs(sites: Sequence[Site], host: Host) -> Iterator[tuple[Place, Needs]]:
    return ((at, feature.needs(at.route, at)) for at in places(sites, host) for feature in active(at))


def kept(site: Site, host: Host) -> list[str]:
    """Return the public paths of a site that nobody outside the LAN may open."""
    return [path for at in places([site], host) for feature in active(at) for path in feature.kept(at.route, at)]


def probes(at: Place) -> list[dict[str, Any]]:
    """Return what is asked of a route."""
    return [probe for feature in active(at) for probe in feature.probes(at.route, at)]


def recognised(statements: Sequence[Statement]) -> Mapping[str, Any]:
    """Return the keys that say what an owner's location says, as far as the features know it."""
    return {name: value for feature in FEATURES for name, value in feature.recognise(statements).items()}


def site_guard(site: Site) -> Directives:
    """Return the conditions of all features that answer instead of the routes."""
    return _merged(feature.guard(site, site) for feature in SITE_FEATURES)


def site_probes(site: Site) -> list[dict[str, Any]]:
    """Return what is asked of a site beside its routes."""
    return [probe for feature in SITE_FEATURES for probe in feature.probes(site, site)]


def headers(site: Site) -> list[str]:
    """Return the values of `add_header` that the features of a site have for its server."""
    return [value for feature in SITE_FEATURES for value in feature.headers(site)]


def pages(site: Site) -> list[Page]:
    """Return the locations of a site's own that its features have."""
    return [page for feature in SITE_FEATURES for page in feature.pages(site, site)]


def plain_guard(site: Site) -> Directives:
    """Return the conditions of a site that an adopted server on port 80 has, too."""
    return _merged(feature.guard(site, site) for feature in SITE_FEATURES if feature.is_on_plain)


def plain_pages(site: Site) -> list[Page]:
    """Return the locations of a site's own that an adopted server on port 80 has, too."""
    return [page for feature in SITE_FEATURES if feature.is_on_plain for page in feature.pages(site, site)]


def traits(site: Site) -> dict[str, Any]:
    """Return what becomes of the answers of a site's routes, for `edge_probe`."""
    return {name: value for feature in SITE_FEATURES for name, value in feature.traits(site).items()}


def site_adopted(site: Site) -> Directives:
    """Return what the features of a site have in an adopted server alone."""
    return _merged(feature.adopted(site) for feature in SITE_FEATURES)


def site_server(site: Site, host: Host) -> Directives:
    """Return the further directives of a site's HTTPS server."""
    return _merged(feature.server(site, site, host) for feature in SITE_FEATURES)


def site_owned() -> list[str]:
    """Return what the features of a site own in its server, in the form of `owns`."""
    return [name for feature in SITE_FEATURES for name in feature.owns]


def site_both(site: Site) -> Directives:
    """Return the directives of both servers of a site."""
    return _merged(feature.both(site, site) for feature in SITE_FEATURES)


def site_both_owned(site: Site) -> list[str]:
    """Return what the features of a site own in both of its servers, in the form of `owns`."""
    return [name for feature in SITE_FEATURES for name in feature.both_own(site, site)]


def site_options(site: Site) -> Directives:
    """Return the further options of a site's server."""
    return _merged(feature.options(site) for feature in SITE_FEATURES)


def site_common(sites: Sequence[Site]) -> list[str]:
    """Return what the common file has for the features of sites."""
    return [text for feature in SITE_FEATURES if (text := feature.common(sites))]


def unproven(site: Site) -> list[str]:
    """Return the checks of a site that its owner decides on himself."""
    return [name for feature in SITE_FEATURES for name in feature.unproven(site)]


def _merged(several: Iterator[Mapping[str, Any]]) -> Directives:
    """Return all directives; of a name that has lists, one list."""
    found: Directives = {}
    for each in several:
        for name, values in each.items():
            if isinstance(values, list):
                found.setdefault(name, []).extend(values)
            else:
                found[name] = values
    return found
