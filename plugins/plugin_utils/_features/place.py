# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a feature is told beside its keys: the route, its site, and what is known of the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .._constellation.local_server import NO_SERVER, LocalServer
from .._nginx.platform import Platform

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# What `edge_preflight` found out about each name: `_resolver.Known` as a mapping.
Names = Mapping[str, Mapping[str, Any]]


class Pinned(NamedTuple):
    """The one certificate in PEM that a service must show, and a name that it bears."""

    pem: str
    name: str


@dataclass(frozen=True)
class Host:
    """What is known of a proxy's host: its nginx, the upstreams' names, and its own Constellation server.

    `sockets` has, by the path of a Unix socket, why nginx cannot connect to it, "" where it can. `pins` has the
    certificates that services must show, by the names of their files. `by_grpc` are the places, by the name of the site
    and the identity of the path, that lead to a service by gRPC before the run. `clients` has the addresses
    of names in `allow` and `deny`.
    """

    platform: Platform
    names: Names = field(default_factory=dict)
    server: LocalServer = NO_SERVER
    sockets: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, Pinned] = field(default_factory=dict)
    by_grpc: frozenset[tuple[str, str]] = frozenset()
    clients: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a feature writes: a route, its site, and their host."""

    route: Route
    site: Site
    host: Host


@dataclass(frozen=True)
class Needs:
    """What a route needs on its host beside nginx's configuration.

    `closed_ports` are TCP ports that nobody outside may reach. `jails` are jails of fail2ban, as `fail2ban_jails` takes
    them. `files` have texts that directives name, by the names of the files in `SITE_FILES`; everybody on the host may
    read them. `modules` are standard modules of nginx, such as `http_geo_module`, which some builds are without.
    """

    closed_ports: tuple[int, ...] = ()
    jails: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """A route as its owner wrote it, with the values of the keys that could be read, by the names of their fields.

    `site` and `place` read as in a message, `number` counts from 1 within the site. `app` is the preset that counts,
    `known` are the keys that a route may have. `within` is the path of the route that this is a location of, "" for a
    route itself; what such a one does not say is in `entry` as its route says it.
    """

    site: str
    place: str
    number: int
    entry: Mapping[str, Any]
    app: str
    values: Mapping[str, Any]
    known: frozenset[str]
    within: str = ""


class Refusal(NamedTuple):
    """One mistake that a feature sees: its place, the words, and the value whose origin names file and line.

    Where the value is a whole route or site and the words begin with one of its keys, the key's origin is named.
    """

    place: str
    text: str
    value: object
