# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a site and its routes: each key of an owner's is declared here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils._nginx.sites.losses import PROTECTING
from .._features.body_size import BodySize
from .._features.buffering import Buffering
from .._features.content_length import ContentLength
from .._features.feature import Feature
from .._features.request_headers import RequestHeaders
from .._features.timeouts import Timeouts
from .._features.websocket import WebSocket
from .._keys.keys import key
from .._keys.kinds import (
    FLAG,
    Codes,
    Group,
    Kind,
    Listing,
    Origins,
    Parsed,
    PathBelow,
    Several,
    Whole,
    Word,
    Words,
)
from .._keys.names import Upstream, host_name, route_path, upstream

LAN, PUBLIC = "lan", "public"
# Of `frame_ancestors`: whoever wants to.
ANY = "any"
GENERIC_APP = "generic"
CONSTELLATION = "constellation"
# Of a preset's `prefix`: the service works at the root of a site alone.
REFUSE = "refuse"
PREFIXES = ("keep", "strip")
# What `drops` of a site may name beside PROTECTING, which those of a route may name too.
SITE_DROPS = (*PROTECTING, "ssl_certificate")

_PATH_PATTERN = "^/([A-Za-z0-9._~@+-]+/)*$"
_URL_PATTERN = "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#\\s]+/?$"
_NAME_PATTERN = "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\\.?$"
_APP = Kind("a preset", {"type": "str"}, {"type": "string"})
_PROBE = Group(
    {"sse": PathBelow(), "status": Codes(), "stream": PathBelow(), "websocket": PathBelow()},
    {
        "sse": "The path of server-sent events, below that of the route.",
        "status": "The status codes that are right.",
        "stream": "The path of a stream without end, such as MJPEG, below that of the route.",
        "websocket": "The path of a WebSocket, below that of the route.",
    },
)


@dataclass(frozen=True, kw_only=True)
class _Service(Feature):
    """Where the service is, and below which path."""

    path: str = key(
        Parsed("a path", _PATH_PATTERN, route_path),
        "Where clients find the service, V(/) or a prefix such as V(/zm/).",
        example="/zm/",
    )
    app: str = key(
        _APP,
        "What a preset knows of the service; C(generic) knows nothing.",
        "The route's other keys win over the preset, which wins over their defaults.",
        default=GENERIC_APP,
        example="zoneminder",
    )
    upstream: Upstream = key(
        Parsed("`http://` or `https://`, address, port", _URL_PATTERN, upstream),
        "Scheme, host and port of the service.",
        "A name that nobody knows never keeps nginx from starting. Its route answers 502 until it is known.",
        default=Upstream("http", "", 0),
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
        Word(*PREFIXES),
        "Whether the service sees the path of the route; V(strip) takes it away.",
        "With V(strip) the service gets what the client wrote behind the prefix, and its cookies for a path get the "
        "prefix; those for V(/) stay.",
        "A path with a part of two dots, in whatever form, is answered 400.",
        default="keep",
        example="strip",
        preset=Word(*PREFIXES, REFUSE),
    )


@dataclass(frozen=True, kw_only=True)
class _Others(Feature):
    """What concerns more than one location."""

    console: str = key(
        Word(LAN, PUBLIC),
        "With C(app=constellation), who may open what the server keeps for its own host (C(localhostOnly) of a "
        "C(fileServer), as the Console comes), when the server is on the proxy's host.",
        "V(lan) answers 403 to everybody outside the LAN, V(public) lets everybody in.",
        "A server on another host keeps it for that host itself.",
        default=LAN,
        example=PUBLIC,
    )
    probe: Mapping[str, Any] = key(
        _PROBE,
        "What C(verify.yml) asks beyond the page.",
        default={},
        example={"status": [200, 401]},
    )
    moved_from: str | None = key(
        Parsed("a path", _PATH_PATTERN, route_path, empty=True),
        "A path that the route had before. GET and HEAD for it get a 308 (RFC 9110) to the same place below the "
        "route's path.",
        "An owner's location there stays otherwise as it is.",
        "When C(app=constellation) moves away from the site's V(/) and no other route has that path, the default is "
        "V(/), which the summary says. An empty text is no path.",
        default=None,
        otherwise="what stands there",
        example="/old/",
    )
    drops: tuple[str, ...] = key(
        Words("nginx's directives", PROTECTING),
        "Directives that protected a service there, and that may be lost with a change.",
        default=(),
        example=["auth_basic"],
    )


@dataclass(frozen=True, kw_only=True)
# Python takes the fields of the last base first.
class Route(_Others, ContentLength, RequestHeaders, WebSocket, BodySize, Timeouts, Buffering, _Service):
    """One public path of a site, as it is planned: what the owner says, else his preset, else the default.

    `moved_from` is None where the inventory leaves it to what stands at the old path.
    """


@dataclass(frozen=True)
class Site:
    """One certificate and its names; the first one names it."""

    server_names: tuple[str, ...] = key(
        Several("a name, or a list of names", _NAME_PATTERN, host_name),
        "The names of the site. The first one names the certificate.",
        name="server_name",
        example="home.example.org",
    )
    routes: tuple[Route, ...] = key(
        Listing("routes", Route), "What stands below which path.", "Each path leads to one service."
    )
    hsts: bool = key(
        FLAG,
        "Whether browsers are told for two years to use HTTPS alone (RFC 6797).",
        default=True,
        otherwise="true, or false on a site that adopts",
        example=False,
    )
    adopt: bool = key(
        FLAG,
        "Whether the routes go into the servers that their owner made for these names, wherever nginx reads them.",
        "Everything else in them stays. Without it, such a server is an error.",
        default=False,
        otherwise="`edge_adopt`",
        example=True,
    )
    drops: tuple[str, ...] = key(
        Words("nginx's directives", SITE_DROPS),
        "What C(drops) of a route says, for all routes; C(ssl_certificate) is one that was put in by hand.",
        default=(),
        example=["deny"],
    )
    frame_ancestors: tuple[str, ...] = key(
        Origins(ANY),
        "Origins that may show the site's pages in a frame, beside the sites of the same host; V(any) is everybody.",
        "What a service says of that itself counts.",
        default=(),
        example=["https://dashboard.example.org"],
    )

    @property
    def name(self) -> str:
        """The name of the certificate and of the site's file."""
        return self.server_names[0]
