# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a site and its routes: what names them, and the keys of their features."""

from __future__ import annotations

from dataclasses import dataclass

from .._features.access import Access
from .._features.added_headers import AddedHeaders
from .._features.added_request_headers import AddedRequestHeaders
from .._features.aliases import Aliases
from .._features.bandwidth import Bandwidth
from .._features.body_size import BodySize
from .._features.buffering import Buffering
from .._features.cache import Cache
from .._features.compression import Compression
from .._features.connection_limit import ConnectionLimit
from .._features.console import Console
from .._features.content_length import ContentLength
from .._features.content_policy import ContentPolicy
from .._features.crawlers import Crawlers
from .._features.default_site import DefaultSite
from .._features.drops import Drops, SiteDrops
from .._features.error_pages import ErrorPages
from .._features.feature import Feature, SiteFeature
from .._features.frame_ancestors import FrameAncestors
from .._features.grpc import Grpc
from .._features.hidden_headers import HiddenHeaders
from .._features.hsts import Hsts
from .._features.index import Index
from .._features.keepalive import Keepalive
from .._features.listen import Listen
from .._features.locations import Locations
from .._features.maintenance import Maintenance
from .._features.moved_from import MovedFrom
from .._features.path import RoutePath
from .._features.plain_http import PlainHttp
from .._features.prefix_header import PrefixHeader
from .._features.probe import Probe
from .._features.rate_limit import RateLimit
from .._features.raw import Raw
from .._features.redirect import Redirected
from .._features.request_buffering import RequestBuffering
from .._features.request_headers import RequestHeaders
from .._features.retry_after import RetryAfter
from .._features.returned import Returned
from .._features.site_access import SiteAccess
from .._features.site_raw import SiteRaw
from .._features.site_redirect import SiteRedirect
from .._features.static import Static
from .._features.sticky import Sticky
from .._features.timeouts import Timeouts
from .._features.trusted_proxies import TrustedProxies
from .._features.upstream import Proxied
from .._features.upstream_tls import UpstreamTls
from .._features.users import RouteUsers, SiteUsers
from .._features.websocket import WebSocket
from .._keys.keys import key
from .._keys.kinds import FLAG, Kind, Listing, Several
from .._keys.names import NAME_PATTERN, host_name

GENERIC_APP = "generic"

_APP = Kind("a preset", {"type": "str"}, {"type": "string"})


@dataclass(frozen=True, kw_only=True)
class _RouteApp(Feature):
    """What is known of a route's service."""

    app: str = key(
        _APP,
        "What a preset knows of the service; C(generic) knows nothing.",
        "The route's other keys win over the preset, which wins over their defaults.",
        default=GENERIC_APP,
        example="zoneminder",
    )


@dataclass(frozen=True, kw_only=True)
# Python takes the fields of the last base first.
class Route(
    Drops,
    Locations,
    RouteUsers,
    Raw,
    MovedFrom,
    Probe,
    Console,
    ContentLength,
    AddedRequestHeaders,
    HiddenHeaders,
    AddedHeaders,
    RequestHeaders,
    WebSocket,
    BodySize,
    Grpc,
    Timeouts,
    Bandwidth,
    ConnectionLimit,
    RateLimit,
    RequestBuffering,
    Cache,
    Buffering,
    UpstreamTls,
    PrefixHeader,
    Keepalive,
    Sticky,
    Static,
    Returned,
    Redirected,
    Access,
    Proxied,
    _RouteApp,
    RoutePath,
):
    """One public path of a site, as it is planned: what the owner says, else his preset, else the default."""


@dataclass(frozen=True, kw_only=True)
class _SiteNames(SiteFeature):
    """The names of a site, and whose servers have them."""

    server_names: tuple[str, ...] = key(
        Several("a name, or a list of names", NAME_PATTERN, host_name),
        "The names of the site. The first one names the certificate.",
        name="server_name",
        example="home.example.org",
    )
    routes: tuple[Route, ...] = key(
        Listing("routes", Route),
        "What stands below which path.",
        "Each path leads to one service, or has one other answer.",
        default=(),
        otherwise="required, but where `redirect` is",
    )
    adopt: bool = key(
        FLAG,
        "Whether the routes go into the servers that their owner made for these names, wherever nginx reads them.",
        "Everything else in them stays. Without it, such a server is an error.",
        default=False,
        otherwise="`edge_adopt`",
        example=True,
    )


@dataclass(frozen=True, kw_only=True)
class Site(
    TrustedProxies,
    DefaultSite,
    Listen,
    PlainHttp,
    SiteRaw,
    Compression,
    Index,
    SiteUsers,
    Crawlers,
    RetryAfter,
    Maintenance,
    ErrorPages,
    ContentPolicy,
    FrameAncestors,
    SiteDrops,
    Hsts,
    SiteRedirect,
    Aliases,
    SiteAccess,
    _SiteNames,
):
    """One certificate and its names; the first one names it."""

    @property
    def name(self) -> str:
        """The name of the certificate and of the site's file."""
        return self.server_names[0]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, those that lead to the first one as well."""
        return (*self.server_names, *self.aliases)

    @property
    def places(self) -> tuple[Route, ...]:
        """All routes, each with its locations behind it."""
        return tuple(each for route in self.routes for each in (route, *route.locations))
