# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a feature is: its keys, what it writes for them, what of that is its own, what it refuses and needs.

A feature is a frozen dataclass whose fields are keys. `Route` inherits those of a route, `Site` those of a site, so
that each key stands in one file with what it does. `registry` calls the methods by the class of the feature, since
every feature has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ...module_utils._nginx.text.tree import Statement
from .place import Host, Needs, Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Site

# Directives in the form that `nginx_site` takes. Of a name that has a list, each feature adds to that list.
Directives = dict[str, Any]
# Where a site has its page for errors.
ERROR_PATH = "/.constellation-edge/error"
# RFC 8555 section 8.3 (2019): where a certificate authority looks for an HTTP-01 token.
CHALLENGE_PATH = "/.well-known/acme-challenge/"
# What nginx would obey when it comes from a service (ngx_http_upstream_module's list): an answer from another location,
# such as one that is closed to its client. `X-Accel-Buffering` concerns the service's own answer alone.
IGNORED = "X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Charset"
# A header that is not sent.
NOTHING = '""'


@dataclass(frozen=True)
class Page:
    """A location of a site's own, beside those of its routes, that nginx answers itself.

    `owns` is what else may have stood there, in the form of `owns`. `marked` are single directives that carry our mark;
    `add_header` among them is beside the headers of the site.
    """

    location: str
    directives: Directives
    owns: tuple[str, ...] = ()
    marked: Directives = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One feature of a route. What a feature does not need stays as it is said here."""

    #: Whether it is for routes with a service alone. Where nginx answers itself, it sets and needs nothing, what it may
    #: have left goes, and its keys are refused.
    is_for_services: ClassVar[bool] = False
    #: Why its keys are refused for a service that speaks gRPC, as a sentence without its full stop; it sets and needs
    #: nothing there. "" where they count.
    not_for_grpc: ClassVar[str] = ""
    #: Why its keys are refused for a route with `redirect` or `return`, as a sentence without its full stop; it sets
    #: and needs nothing there, and a location does not take them from its route. "" where they count.
    not_for_return: ClassVar[str] = ""
    #: What `location` and `guard` set for any value of the keys, in the form of `owns`; all else is the owner's.
    owns: ClassVar[tuple[str, ...]] = ()
    #: The names in the form of `owns` that are left to their owner where he sets them in the location himself.
    yielded: ClassVar[frozenset[str]] = frozenset()

    def guard(self, at: Place) -> Directives:
        """Return the conditions that refuse requests. They stand first in the route's location."""
        return {}

    def location(self, at: Place) -> Directives:
        """Return the directives of the route's location."""
        return {}

    def marked(self, at: Place) -> Directives:
        """Return single directives of the route's location whose names vary: each has our mark, and needs no `owns`."""
        return {}

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Return what `location` sets at this place beside `owns`, in the form of `owns`."""
        return ()

    @classmethod
    def left(cls, path: str) -> tuple[str, ...]:
        """Return what any route may have left at a path that has none now, beside `owns`, in the form of `owns`."""
        return ()

    def marks(self, at: Place) -> list[list[str]]:
        """Return groups of directives that are ours one by one, by our mark, as `nginx_site` takes them."""
        return []

    def options(self) -> Mapping[str, Any]:
        """Return further options of the route's location, as `nginx_site` takes them."""
        return {}

    def file(self, at: Place) -> Directives:
        """Return what stands at the top of the site's file, beside its servers."""
        return {}

    @classmethod
    def common(cls) -> str:
        """Return what every location of the feature asks, for the http level of the common file."""
        return ""

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what the guards of all sites ask, for the http level of the common file."""
        return ""

    @classmethod
    def settled(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the fields whose values follow from those of other keys."""
        return {}

    @classmethod
    def problems(cls, route: Written) -> Iterable[Refusal]:
        """Yield what is wrong with one route and does not show in a single key."""
        return ()

    @classmethod
    def among(cls, routes: Sequence[Written], paths: Mapping[str, int]) -> Iterable[Refusal]:
        """Yield what is wrong between the routes of one site; `paths` has the number of the route at each path."""
        return ()

    @classmethod
    def across(cls, routes: Sequence[Written], names: Mapping[str, str]) -> Iterable[Refusal]:
        """Yield what is wrong between the routes of all sites of a host; `names` has the site of each name."""
        return ()

    def needs(self, at: Place) -> Needs:
        """Return what the route needs on its host beside nginx's configuration."""
        return Needs()

    def kept(self, at: Place) -> list[str]:
        """Return public paths below the route that nobody outside the LAN may open, which a proof asks for."""
        return []

    def probes(self, at: Place) -> list[dict[str, Any]]:
        """Return what `edge_probe` asks of the route."""
        return []

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what a person should know, for the summary."""
        return []

    @classmethod
    def recognise(cls, statements: Sequence[Statement]) -> Mapping[str, Any]:
        """Return the keys by which a route says what an owner's location says, as far as the feature knows it."""
        return {}


@dataclass(frozen=True, kw_only=True)
class SiteFeature:
    """One feature of a site. What a feature does not need stays as it is said here."""

    #: What `guard`, `server` and `headers` set for any value of the keys, in the form of `owns`.
    owns: ClassVar[tuple[str, ...]] = ()
    #: Whether `guard` and `pages` are for an adopted server on port 80, too, which may answer without HTTPS.
    is_on_plain: ClassVar[bool] = False

    def guard(self, whole: Site) -> Directives:
        """Return the conditions that answer instead of the routes of the whole site. They stand first in its server."""
        return {}

    def both(self, whole: Site) -> Directives:
        """Return directives of both servers of the site, that on port 80 as well; an adopted one has none of them."""
        return {}

    def both_own(self, whole: Site) -> tuple[str, ...]:
        """Return what `both` sets at this site for any value of the keys, in the form of `owns`."""
        return ()

    def server(self, whole: Site, host: Host) -> Directives:
        """Return further directives of the site's HTTPS server; an adopted one has those its owner does not say."""
        return {}

    def file(self, whole: Site) -> Directives:
        """Return what stands at the top of the site's file, beside its servers."""
        return {}

    def headers(self) -> list[str]:
        """Return values of `add_header` for the site's server, an adopted one as well."""
        return []

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterable[Refusal]:
        """Yield what is wrong with a site and does not show in a single key; `place` reads as in a message."""
        return ()

    @classmethod
    def across(cls, several: Sequence[tuple[Site, Mapping[str, Any]]]) -> Iterable[Refusal]:
        """Yield what is wrong between the sites of a host; each comes with what is written of it."""
        return ()

    def pages(self, whole: Site) -> list[Page]:
        """Return locations of the site's own. One at `ERROR_PATH` takes the place of the usual one."""
        return []

    def adopted(self) -> Directives:
        """Return what an adopted server has beside `guard` and `headers`, where its owner does not say it."""
        return {}

    def needs(self, whole: Site) -> Needs:
        """Return what the site needs on its host beside nginx's configuration."""
        return Needs()

    def files(self, whole: Site, host: Host) -> Mapping[str, str]:
        """Return further texts in the form of `Needs.files`, where they depend on the host."""
        return {}

    def options(self) -> Mapping[str, Any]:
        """Return further options of the site's server, as `nginx_site` takes them."""
        return {}

    @classmethod
    def common(cls, sites: Sequence[Site]) -> str:
        """Return what the servers of all sites ask, for the http level of the common file."""
        return ""

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return the same where it depends on the host."""
        return ""

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return what a person should know, for the summary."""
        return []

    def traits(self) -> Mapping[str, Any]:
        """Return what becomes of the answers of the site's routes, for `edge_probe`."""
        return {}

    def probes(self, whole: Site) -> list[dict[str, Any]]:
        """Return what `edge_probe` asks of the site, beside its routes."""
        return []

    def unproven(self) -> tuple[str, ...]:
        """Return the names of the checks of `edge_hostile_probe` that the owner decides on himself."""
        return ()
