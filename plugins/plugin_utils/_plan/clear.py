# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: routes without `app` that would serve the host's Constellation server without TLS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._constellation.local_server import LocalServer
from .._features.plain_http import SERVE, in_clear
from .._inventory.schema import Problem, written_routes
from .._inventory.site import Site


def clear_problems(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], server: LocalServer) -> list[Problem]:
    """Return each route that leads to the server on a site with `http: serve`; `raw` is `edge_sites` as written."""
    return [
        Problem(f"site {site.name}, route {route.path}", in_clear(route), entry)
        for entry, site, route in written_routes(raw, sites)
        if site.http == SERVE and server.serves(route)
    ]
