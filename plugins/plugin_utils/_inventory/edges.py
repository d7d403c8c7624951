# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what one host needs to know of every proxy of the inventory, read once a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from .names import Upstream
from .schema import CONSTELLATION, Route, SchemaError, Site, read_sites
from .variables import EDGE_GROUP, GROUPS, SENTINEL_GROUP

_PRESETS = os.path.join(os.path.dirname(__file__), "..", "..", "..", "presets", "presets.yml")


@dataclass(frozen=True)
class Edges:
    """The presets, the sites of each proxy as far as a Constellation server stands behind them, and its address.

    A proxy whose `edge_sites` hold a mistake is not among the sites: its own worker reports it. `related` are the hosts
    that may have a sentinel which calls another host's server: in a fleet of homes that have all on one host, none.
    """

    presets: Mapping[str, Mapping[str, Any]]
    sites: Mapping[str, list[Site]]
    addresses: Mapping[str, str]
    related: list[str]


def survey(groups: Mapping[str, Iterable[str]], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read and validate the sites of every proxy; return it as plain data, from which `edges` makes objects."""
    with open(_PRESETS, encoding="utf-8") as stream:
        presets = yaml.safe_load(stream)
    sites: dict[str, list[dict[str, Any]]] = {}
    addresses: dict[str, str] = {}
    for edge in groups.get(EDGE_GROUP, []):
        known = hostvars[edge]
        addresses[edge] = str(known.get("ansible_host", edge))
        try:
            sites[edge] = [asdict(site) for site in _constellation(read_sites(known.get("edge_sites"), presets))]
        except SchemaError:
            continue
    return {"presets": presets, "sites": sites, "addresses": addresses, "related": _related(groups, sites)}


def edges(plain: Mapping[str, Any]) -> Edges:
    """Return what `survey` has found."""
    sites = {edge: [_site(site) for site in found] for edge, found in plain["sites"].items()}
    return Edges(plain["presets"], sites, plain["addresses"], plain["related"])


def _related(groups: Mapping[str, Iterable[str]], sites: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Return the hosts of our groups, less the proxies with a server of their own: it is what their sentinel calls."""
    listed = set(groups.get(SENTINEL_GROUP, []))
    alone = {edge for edge, found in sites.items() if edge not in listed and any(_is_own(site) for site in found)}
    return [
        name for name in dict.fromkeys(name for group in GROUPS for name in groups.get(group, [])) if name not in alone
    ]


def _is_own(site: Mapping[str, Any]) -> bool:
    return any(Upstream(**route["upstream"]).is_loopback for route in site["routes"])


def _constellation(sites: Iterable[Site]) -> list[Site]:
    """Return the sites with those routes alone that other hosts of the inventory have to do with."""
    reduced = [
        Site(site.server_names, tuple(route for route in site.routes if route.app == CONSTELLATION), site.hsts)
        for site in sites
    ]
    return [site for site in reduced if site.routes]


def _site(plain: Mapping[str, Any]) -> Site:
    routes = [Route(**{**route, "upstream": Upstream(**route["upstream"])}) for route in plain["routes"]]
    return Site(tuple(plain["server_names"]), tuple(routes), plain["hsts"])
