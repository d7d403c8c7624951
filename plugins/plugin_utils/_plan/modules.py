# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: modules of nginx that routes need, and that the host's nginx was built without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._constellation.local_server import LocalServer
from .._features import registry as features
from .._features.place import Host
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
            Problem(f"site {site.name}", _lacks(module), items[site.name])
            for site, module in features.site_lacking(sites, known)
        ),
    ]


def _lacks(module: str) -> str:
    return (
        f"needs nginx's module {module}, and this nginx was built without it (`nginx -V` says so): install the "
        "package nginx of the distribution, which has it"
    )
