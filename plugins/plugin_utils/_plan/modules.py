# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what routes need of nginx, and the host's is too old for or was built without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._constellation.local_server import LocalServer
from .._features import registry as features
from .._features._grpc import SOUND, is_grpc
from .._features.place import Host, Place
from .._inventory.schema import Problem, written_places
from .._inventory.site import Site
from .._nginx.platform import Platform


def module_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host: Mapping[str, Any], server: LocalServer
) -> list[Problem]:
    """Return each route that this nginx cannot serve as it is to be served.

    `raw` is `edge_sites` as it was written, `host` what `edge_preflight` says.
    """
    known = Host(Platform.of(host), host.get("upstreams", {}), server)
    entries = {(site.name, route.path): entry for entry, site, route in written_places(raw, sites)}
    items = {site.name: item for item, site in zip(raw, sites, strict=True)}
    return [
        *(
            Problem(f"site {at.site.name}, route {at.route.path}", _lacks(module), entries[at.site.name, at.route.path])
            for at, module in features.lacking(sites, known)
        ),
        *(
            Problem(f"site {at.site.name}, route {at.route.path}", _unsound(at), entries[at.site.name, at.route.path])
            for at in features.places(sites, known)
            if is_grpc(at.route) and known.platform.nginx < SOUND
        ),
        *(
            Problem(f"site {site.name}", _lacks(module), items[site.name])
            for site, module in features.site_lacking(sites, known)
        ),
    ]


def _unsound(at: Place) -> str:
    found, needed = (".".join(map(str, version)) for version in (at.host.platform.nginx, SOUND))
    return (
        f"upstream {at.route.upstream.written!r}: nginx {found} of this host ends many calls by gRPC with an error: it "
        f"needs nginx {needed} or newer, which newer releases of the distribution have"
    )


def _lacks(module: str) -> str:
    return (
        f"needs nginx's module {module}, and this nginx was built without it (`nginx -V` says so): install the "
        "package nginx of the distribution, which has it"
    )
