# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of an owner's `raw` that his route or site says already by a key, or that every one says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...module_utils._nginx.text.identity import ORDERED
from .._constellation.local_server import LocalServer
from .._features import registry as features
from .._features._grpc import all_spoken
from .._features._raw import statements
from .._features.feature import Feature
from .._features.place import Host, Place
from .._inventory.schema import Problem, written_places
from .._inventory.site import Site
from .._keys.keys import keys_of
from .._keys.kinds import listed
from .._nginx.platform import Platform
from .._sites.locations import every_route
from .._sites.nginx_sites import every_server


def repeated_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host: Mapping[str, Any], server: LocalServer
) -> list[Problem]:
    """Return what is said twice; `raw` is `edge_sites` as it was written, `host` what `edge_preflight` says."""
    known = Host(Platform.of(host), host.get("upstreams", {}), server)
    of_sites = [
        Problem(f"site {site.name}", text, item)
        for item, site in zip(raw, sites, strict=True)
        if site.raw
        for text in _repeated_by_site(site, known)
    ]
    return of_sites + [
        Problem(f"site {site.name}, route {route.path}", text, entry)
        for entry, site, route in written_places(raw, sites)
        if route.raw
        for text in _repeated(Place(route, site, known))
    ]


def _repeated(at: Place) -> Iterator[str]:
    for each in statements(at.route.raw):
        # Of these one more is one more.
        if each.block is not None or each.name in ORDERED:
            continue
        if keys := _keys(at, each.name):
            yield f"raw: '{each.name}' is set by the route itself: {_instead(keys)}"
        elif each.name in every_route(at):
            yield f"raw: '{each.name}' is set by every route: take it out"


def _repeated_by_site(site: Site, host: Host) -> Iterator[str]:
    always = every_server(site, host) | {*_in_files(site, host)}
    places = [*features.places([site], host)]
    for each in statements(site.raw):
        if each.block is not None or each.name in ORDERED:
            continue
        if each.name in always:
            yield f"raw: '{each.name}' is set by the site itself: {_instead(_site_keys(site, host, each.name))}"
        elif places and all(_sets(at, each.name) for at in places):
            keys = _instead([name for at in places for name in _keys(at, each.name)])
            yield f"raw: '{each.name}' would count nowhere, since every route of the site sets it: {keys}"


def _instead(keys: Sequence[str]) -> str:
    return f"write it with {listed(sorted({*keys}))}, or take it out" if keys else "take it out"


def _site_keys(site: Site, host: Host, name: str) -> list[str]:
    """Return the keys of a site that set a directive."""
    direct = [key for each in features.SITE_FEATURES if name in each.server(site, site, host) for key in keys_of(each)]
    return direct or _in_files(site, host).get(name, [])


def _in_files(site: Site, host: Host) -> dict[str, list[str]]:
    """Return the directives of files that the site's server includes, each with the keys that say it."""
    return {
        each.name: [*keys_of(feature)]
        for feature in features.SITE_FEATURES
        for text in feature.files(site, site, host).values()
        for each in statements(text)
    }


def _sets(at: Place, name: str) -> bool:
    return name in every_route(at) or bool(_keys(at, name))


def _keys(at: Place, name: str) -> list[str]:
    """Return the keys of a route that set a directive."""
    return [key for feature in features.active(at) if name in _said(feature, at) for key in keys_of(feature)]


def _said(feature: type[Feature], at: Place) -> frozenset[str]:
    return frozenset(all_spoken(at.route, {**feature.location(at.route, at), **feature.marked(at.route, at)}))
