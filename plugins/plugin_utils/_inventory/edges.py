# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what one host needs to know of every proxy of the inventory, read once a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .._constellation.local_server import CONSTELLATION
from .._keys.keys import without_secrets
from .._keys.names import Upstream
from .presets import OURS, Presets, read_presets
from .schema import SchemaError, read_sites
from .site import Route, Site
from .sources import FileProblem
from .variable_kinds import own_folder
from .variables import EDGE_GROUP, GROUPS, SENTINEL_GROUP

# Among the folders of presets, the one that the collection brings.
_OURS = ""


@dataclass(frozen=True)
class Edges:
    """The presets, each proxy's sites as far as other hosts have to do with them, and each proxy's address.

    Of the sites stand here the routes to a Constellation server on another host. The first proxy with such a server
    has all its routes to one: a sentinel without a server calls the first. A proxy whose `edge_sites` hold a mistake is
    not among the sites: its own worker reports it. `related` are the hosts that may have a sentinel which calls another
    host's server: in a fleet of homes that have all on one host, none. Of the presets, ours have the folder "", and
    those of owners the folder that they name.
    """

    presets: Mapping[str, Presets]
    sites: Mapping[str, list[Site]]
    addresses: Mapping[str, str]
    related: list[str]

    def presets_of(self, folder: str) -> Presets:
        """Return what a host knows of applications that has a folder of its own, or none ("")."""
        return _presets_of(folder, self.presets)


def survey(groups: Mapping[str, Iterable[str]], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read and validate the sites of every proxy; return it as plain data, from which `edges` makes objects."""
    presets = {_OURS: read_presets(OURS)}
    sites: dict[str, list[Site]] = {}
    addresses: dict[str, str] = {}
    for edge in groups.get(EDGE_GROUP, []):
        known = hostvars[edge]
        addresses[edge] = str(known.get("ansible_host", edge))
        folder = own_folder(known.get("edge_presets_dir"))
        if folder not in presets:
            presets[folder] = read_presets(folder)
        try:
            found = read_sites(known.get("edge_sites"), _presets_of(folder, presets).found)
            sites[edge] = _reduced(found, _is_constellation)
        except SchemaError:
            continue
    return {
        "presets": {folder: asdict(each) for folder, each in presets.items()},
        "sites": {edge: [asdict(site) for site in found] for edge, found in _of_interest(sites).items()},
        "addresses": addresses,
        "related": _related(groups, sites),
    }


def edges(plain: Mapping[str, Any]) -> Edges:
    """Return what `survey` has found."""
    sites = {edge: [_site(site) for site in found] for edge, found in plain["sites"].items()}
    presets = {folder: _presets(each) for folder, each in plain["presets"].items()}
    return Edges(presets, sites, plain["addresses"], plain["related"])


def _presets_of(folder: str, known: Mapping[str, Presets]) -> Presets:
    # A playbook of the owner's may name another folder than the host's variable.
    own = known[folder] if folder in known else read_presets(folder)
    return known[_OURS].replaced_by(own) if folder else own


def _presets(plain: Mapping[str, Any]) -> Presets:
    return Presets(plain["found"], tuple(FileProblem(**each) for each in plain["problems"]))


def _related(groups: Mapping[str, Iterable[str]], sites: Mapping[str, list[Site]]) -> list[str]:
    """Return the hosts of our groups, less the proxies with a server of their own: it is what their sentinel calls."""
    listed = set(groups.get(SENTINEL_GROUP, []))
    alone = {edge for edge, found in sites.items() if edge not in listed and any(_has_own(site) for site in found)}
    return [
        name for name in dict.fromkeys(name for group in GROUPS for name in groups.get(group, [])) if name not in alone
    ]


def _of_interest(sites: Mapping[str, list[Site]]) -> dict[str, list[Site]]:
    """Return what other hosts have to do with, or every worker of a fleet would read the routes of every home."""
    first = next((edge for edge, found in sites.items() if found), None)
    reduced = {
        edge: found if edge == first else _reduced(found, lambda route: not _is_own(route))
        for edge, found in sites.items()
    }
    return {edge: found for edge, found in reduced.items() if found}


def _reduced(sites: Iterable[Site], wanted: Callable[[Route], bool]) -> list[Site]:
    """Return the sites with the wanted routes alone, and no site without one. No secret: they go into a file."""
    reduced = [replace(without_secrets(site), routes=_public(filter(wanted, site.routes))) for site in sites]
    return [site for site in reduced if site.routes]


def _public(routes: Iterable[Route]) -> tuple[Route, ...]:
    return tuple(replace(without_secrets(route), locations=()) for route in routes)


def _is_constellation(route: Route) -> bool:
    return route.app == CONSTELLATION


def _has_own(site: Site) -> bool:
    return any(map(_is_own, site.routes))


def _is_own(route: Route) -> bool:
    return any(target.is_loopback for target in route.targets)


def _site(plain: Mapping[str, Any]) -> Site:
    routes = [
        {**route, "targets": [Upstream(**each) for each in route["targets"]], "locations": ()}
        for route in plain["routes"]
    ]
    return Site(**_with_tuples({**plain, "routes": [Route(**_with_tuples(route)) for route in routes]}))


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of fields, whose tuples are lists in plain data."""
    return {field: tuple(value) if isinstance(value, list) else value for field, value in values.items()}
