# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of an owner's `raw` that his route says already by a key, or that every route says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...module_utils._nginx.text.identity import ORDERED
from .._constellation.local_server import LocalServer
from .._features import registry as features
from .._features.feature import Feature
from .._features.place import Host, Place
from .._features.raw import statements
from .._inventory.schema import Problem, written_places
from .._inventory.site import Site
from .._keys.keys import keys_of
from .._keys.kinds import listed
from .._nginx.platform import Platform
from .._sites.nginx_sites import every_route


def repeated_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host: Mapping[str, Any], server: LocalServer
) -> list[Problem]:
    """Return what a route says twice; `raw` is `edge_sites` as it was written, `host` what `edge_preflight` says."""
    known = Host(Platform.of(host), host.get("upstreams", {}), server)
    return [
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
        keys = [name for feature in features.active(at) if each.name in _said(feature, at) for name in keys_of(feature)]
        if keys:
            yield f"raw: '{each.name}' is set by the route itself: write it with {listed(sorted(keys))}, or take it out"
        elif each.name in every_route(at):
            yield f"raw: '{each.name}' is set by every route: take it out"


def _said(feature: type[Feature], at: Place) -> frozenset[str]:
    return frozenset({*feature.location(at.route, at), *feature.marked(at.route, at)})
