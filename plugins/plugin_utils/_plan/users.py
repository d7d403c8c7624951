# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the files of users that a host gets. A plan has their names alone; `with_secrets` adds the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._features.users import file_of, said
from .._inventory.schema import Problem, entries_of
from .._inventory.site import Route, Site
from .._keys.nearest import nearest

_USERS = "users"
#: where a file's passwords stand: keys and numbers from `edge_sites` on, or nothing for `edge_users`
At = list[str | int]


def user_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host_users: Mapping[str, object]
) -> list[Problem]:
    """Return each name that a site or route says and `edge_users` does not have; `raw` is `edge_sites` as written."""
    return [
        Problem(place, f"'{name}' is not in `edge_users`{_known(name, host_users)}", name)
        for place, names in _lists(raw, sites)
        for name in names
        if name not in host_users
    ]


def password_files(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> dict[str, dict[str, Any]]:
    """Return by the name of each file whose `users` it has, and `at` which place their passwords stand."""
    found: dict[str, dict[str, Any]] = {}
    for at, site, route in _places(raw, sites):
        name = file_of(site, route)
        if name and name not in found:
            users = said(site, route)
            where = (at if route.users else at[:1]) if isinstance(users, Mapping) else []
            found[name] = {_USERS: [*users], "at": where}
    return found


def with_secrets(
    files: Mapping[str, Mapping[str, Any]], raw: Sequence[Mapping[str, Any]], host_users: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return what `password_files` says as `nginx_site` takes it, with passwords and hashes."""
    return {name: _secrets(each, raw, host_users) for name, each in files.items()}


def _secrets(
    file: Mapping[str, Any], raw: Sequence[Mapping[str, Any]], host_users: Mapping[str, str]
) -> dict[str, str]:
    source: Any = raw
    for step in file["at"]:
        source = source[step]
    known = source[_USERS] if file["at"] else host_users
    return {name: known[name] for name in file[_USERS]}


def _places(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> Iterator[tuple[At, Site, Route]]:
    """Yield each route and location with the way to what is written of it; one that a preset says is its route's."""
    for number, (item, site) in enumerate(zip(raw, sites, strict=True)):
        for at, (entry, route) in enumerate(zip(entries_of(item), site.routes, strict=True)):
            here: At = [number] if entry is item else [number, "routes", at]
            yield here, site, route
            for part, location in enumerate(route.locations):
                is_said = part < len(entry.get("locations", ())) and _USERS in entry["locations"][part]
                yield [*here, "locations", part] if is_said else here, site, location


def _lists(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> Iterator[tuple[str, list[str]]]:
    """Yield each list of names with its place, as it was written: its entries know file and line."""
    for item, site in zip(raw, sites, strict=True):
        yield f"site {site.name}, {_USERS}", _names(item)
        for entry in entries_of(item):
            if entry is item:
                continue
            place = f"site {site.name}, route {entry['path']}"
            yield f"{place}, {_USERS}", _names(entry)
            for part in entry.get("locations", ()):
                yield f"{place}, location {part['path']}, {_USERS}", _names(part)


def _names(entry: Mapping[str, Any]) -> list[str]:
    found = entry.get(_USERS)
    return found if isinstance(found, list) else []


def _known(name: str, host_users: Mapping[str, object]) -> str:
    if not host_users:
        return ", which is not given: write `edge_users:` with a password or hash for each name beside `edge_sites`"
    return nearest(name, host_users)
