# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the files of users that a host gets. A plan has their names alone; `with_secrets` adds the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...module_utils._nginx.logins.rules import is_hash
from .._features._policy import policy
from .._features.logins import EVERYBODY, file_of, users_of
from .._inventory.schema import Problem, entries_of
from .._inventory.site import Route, Site
from .._keys.nearest import nearest
from .._keys.users import can_be_read
from .._literal import line_of

_USERS = "users"
_NEEDLESS = (
    "users counts nowhere, since access does not say `login` there: write `login` into access, or take `users` out"
)
_NOBODY = (
    "access asks for a `login` that nobody has: write `edge_users:` with a password or hash for each name beside "
    "`edge_sites`, or `users` beside access"
)
#: where a file's passwords stand: keys and numbers from `edge_sites` on, or nothing for `edge_users`
At = list[str | int]


def user_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host_users: Mapping[str, object]
) -> list[Problem]:
    """Return what is wrong with who may log in; `raw` is `edge_sites` as written, `host_users` is `edge_users`."""
    unknown = [
        Problem(place, f"'{name}' is not in `edge_users`{_known(name, host_users)}", name)
        for place, names in _said(raw, list)
        for name in names
        if name not in host_users
    ]
    return [*unknown, *_without_users(raw, sites, host_users), *_needless(raw, sites)]


def _without_users(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], host_users: Mapping[str, object]
) -> Iterator[Problem]:
    """Yield each site in which a login is asked for that nobody has."""
    nobody = {site.name for _at, site, route in _asking(raw, sites) if not users_of(site, route)}
    for item, site in zip(raw, sites, strict=True):
        if site.name in nobody and not host_users:
            yield Problem(f"site {site.name}", _NOBODY, item)


def _needless(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> Iterator[Problem]:
    """Yield each `users` that nobody asks for."""
    asked = {file_of(site, route) for _at, site, route in _asking(raw, sites)}
    for item, site in zip(raw, sites, strict=True):
        if site.users and site.name not in asked:
            yield Problem(f"site {site.name}", _NEEDLESS, item)
        for route in site.places:
            if route.users and file_of(site, route) not in asked:
                first, *_others = route.users
                yield Problem(f"site {site.name}, route {route.path}", _NEEDLESS, first)


def readable_problems(
    raw: Sequence[Mapping[str, Any]], host_users: Mapping[str, object], files: Sequence[str]
) -> list[Problem]:
    """Return each password that one of these files shows, although it came to its place by a template."""
    return [
        Problem(place, f"the password of '{user}' {can_be_read(file, line)}", secret)
        for place, logins in [("edge_users", host_users), *_said(raw, dict)]
        for user, secret in logins.items()
        if isinstance(secret, str) and not is_hash(secret)
        for file, line in _first_with(str(secret), files)
    ]


def _first_with(secret: str, files: Sequence[str]) -> list[tuple[str, int]]:
    return next(([(os.path.relpath(each), line)] for each in files if (line := line_of(secret, each))), [])


def password_files(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> dict[str, dict[str, Any]]:
    """Return by the name of each file whose `users` it has, and `at` which place their passwords stand."""
    found: dict[str, dict[str, Any]] = {}
    for at, site, route in _asking(raw, sites):
        name, users = file_of(site, route) or EVERYBODY, users_of(site, route)
        if name == EVERYBODY:
            found[name] = {"at": []}
        elif name not in found:
            where = (at if route and route.users else at[:1]) if isinstance(users, Mapping) else []
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
    return {name: known[name] for name in file.get(_USERS, known)}


def _asking(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> Iterator[tuple[At, Site, Route | None]]:
    """Yield what asks for a login: routes and locations, and the start page of a site."""
    for at, site, route in _places(raw, sites):
        if policy(site, route).asks_for_login and (route or site.index):
            yield at, site, route


def _places(raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]) -> Iterator[tuple[At, Site, Route | None]]:
    """Yield each place with the way to what is written of it, each site first; what a preset says is its route's."""
    for number, (item, site) in enumerate(zip(raw, sites, strict=True)):
        yield [number], site, None
        for at, (entry, route) in enumerate(zip(entries_of(item), site.routes, strict=True)):
            here: At = [number] if entry is item else [number, "routes", at]
            yield here, site, route
            for part, location in enumerate(route.locations):
                is_said = part < len(entry.get("locations", ())) and _USERS in entry["locations"][part]
                yield [*here, "locations", part] if is_said else here, site, location


def _said(raw: Sequence[Mapping[str, Any]], kind: type) -> Iterator[tuple[str, Any]]:
    """Yield each `users` of a kind with its place, as it was written: its parts know file and line."""
    for item in raw:
        site = f"site {_first(item['server_name'])}"
        yield from _of(item, site, kind)
        for entry in item.get("routes", ()):
            place = f"{site}, route {entry['path']}"
            yield from _of(entry, place, kind)
            for part in entry.get("locations", ()):
                yield from _of(part, f"{place}, location {part['path']}", kind)


def _of(entry: Mapping[str, Any], place: str, kind: type) -> Iterator[tuple[str, Any]]:
    if isinstance(entry.get(_USERS), kind):
        yield f"{place}, {_USERS}", entry[_USERS]


def _first(names: Any) -> Any:
    return names[0] if isinstance(names, list) else names


def _known(name: str, host_users: Mapping[str, object]) -> str:
    if not host_users:
        return ", which is not given: write `edge_users:` with a password or hash for each name beside `edge_sites`"
    return nearest(name, host_users)
