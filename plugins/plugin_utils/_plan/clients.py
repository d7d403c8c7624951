# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: names in `allow` and `deny` whose addresses nobody knows, and those whose last addresses count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._inventory.schema import Problem, written_places
from .._inventory.site import Site
from .._keys.networks import is_name

_KEYS = ("allow", "deny")
Found = Mapping[str, Mapping[str, Any]]


def client_problems(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], found: Found) -> list[Problem]:
    """Return each name without an address, where it is written.

    `raw` is `edge_sites` as it was written, `found` what `edge_preflight` says of the names.
    """
    return [
        Problem(place, f"{key}: {name} counts for nobody, because {found[name]['problem']}: {_remedy(name)}", part)
        for place, key, names, part in _listed(raw, sites)
        for name in names
        if is_name(name) and name in found and not found[name]["addresses"]
    ]


def client_notes(found: Found) -> list[str]:
    """Return what is to be known of names that DNS does not answer for as it should."""
    return [
        f"allow and deny: {name} counts as {', '.join(each['addresses'])}: {each['problem']}"
        for name, each in found.items()
        if each["addresses"] and each["problem"]
    ]


def _listed(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]
) -> Iterator[tuple[str, str, tuple[str, ...], object]]:
    """Yield each list: its place, its key, what it names, and the value that knows its file and line."""
    for site, whole in zip(sites, raw, strict=True):
        yield from ((f"site {site.name}", key, getattr(site, key), whole[key]) for key in _KEYS if key in whole)
    for entry, site, route in written_places(raw, sites):
        place = f"site {site.name}, route {route.path}"
        yield from ((place, key, getattr(route, key), entry[key]) for key in _KEYS if key in entry)


def _remedy(name: str) -> str:
    return f"look at its spelling and at `dig {name}` on the host, write an address in its place, or take it out"
