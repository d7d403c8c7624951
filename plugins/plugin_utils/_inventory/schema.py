# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: `edge_sites` checked at every depth, with the nearest valid name for what is not understood.

Nothing here knows Ansible or a host; the result is a list of plain `Site` objects, or every problem at once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._features.locations import INSTEAD, PART_KEYS
from .._features.place import Refusal, Written
from .._features.plain_http import SERVE
from .._features.raw import unprotected
from .._features.registry import FEATURES, SITE_FEATURES, problems
from .._keys.keys import fields_of, keys_of
from .._keys.kinds import kind_of, listed
from .._keys.names import UnusableValueError
from .._keys.nearest import nearest
from .._keys.path_forms import Path, any_path
from .parts import written_parts
from .refused import refused
from .site import GENERIC_APP, Route, Site
from .wishes import ROUTE_WISHES, SITE_WISHES, wish

SITE_KEYS = tuple(sorted(keys_of(Site)))
ROUTE_KEYS = tuple(sorted(keys_of(Route)))


@dataclass(frozen=True)
class Problem:
    """One mistake: `place` reads `site X, route Y`; `value` is the object whose origin names file and line."""

    place: str
    text: str
    value: object


class SchemaError(Exception):
    """Every problem of one host's `edge_sites`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.text}" for problem in problems))
        self.problems = list(problems)


def entries_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what is written of each route of a site; of one that leads elsewhere, the site."""
    return [item] if "redirect" in item else list(item["routes"])


def written_routes(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]
) -> Iterator[tuple[Mapping[str, Any], Site, Route]]:
    """Yield each route with its site and with what is written of it; `raw` is `edge_sites` as it was written."""
    for item, site in zip(raw, sites, strict=True):
        for entry, route in zip(entries_of(item), site.routes, strict=True):
            yield entry, site, route


def written_places(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site]
) -> Iterator[tuple[Mapping[str, Any], Site, Route]]:
    """Yield each route as `written_routes` does, and its locations behind it.

    A location that only a preset says is written with its route.
    """
    for entry, site, route in written_routes(raw, sites):
        yield entry, site, route
        # A preset's locations stand behind the owner's.
        said = itertools.chain(entry.get("locations", ()), itertools.repeat(entry))
        for part, location in zip(said, route.locations, strict=False):
            yield part, site, location


def read_sites(value: object, presets: Mapping[str, Mapping[str, Any]], *, adopt: bool = False) -> list[Site]:
    """Return the sites of one host, or raise SchemaError with every problem found.

    `adopt` is what a site says that says nothing of it.
    """
    reader = _Reader(presets, adopt=adopt)
    sites = reader.sites(value)
    if reader.problems:
        raise SchemaError(reader.problems)
    return sites


class _Reader:
    """Collects problems instead of stopping at the first, so that one run shows them all."""

    def __init__(self, presets: Mapping[str, Mapping[str, Any]], *, adopt: bool) -> None:
        self.presets = presets
        self.adopt = adopt
        self.problems: list[Problem] = []
        # Where an owner writes what has no key, for the site that is read.
        self.file = ""
        self.written: list[Written] = []
        # The entry in the inventory, by the identity of one that is put together for a location.
        self._whole: dict[int, object] = {}
        # The paths of the routes of the site that is read, by their identity.
        self._paths: list[Path] = []
        self.items: list[tuple[Site, Mapping[str, Any]]] = []

    def sites(self, value: object) -> list[Site]:
        if not isinstance(value, list) or not value:
            fault = "is missing: write" if value is None else "must be"
            self._say(
                "edge_sites", f"{fault} a list with at least one site: `- server_name: ...` and its `routes:`", value
            )
            return []
        sites = [self._site(item, f"site {index + 1}") for index, item in enumerate(value)]
        seen: dict[str, str] = {}
        for site in (site for site in sites if site):
            for name in site.names:
                if name in seen:
                    key = "alias" if name in site.aliases else "server_name"
                    self._say(f"site {site.name}", f"{key} '{name}' is already a name of site {seen[name]}", name)
                seen[name] = site.name
        for feature in FEATURES:
            self._refuse(feature.across(self.written, seen))
        for each in SITE_FEATURES:
            self._refuse(each.across(self.items))
        return [site for site in sites if site]

    def _site(self, item: object, place: str) -> Site | None:
        if not isinstance(item, dict):
            self._say(place, f"must be a mapping with {listed(SITE_KEYS)}, not {kind_of(item)}", item)
            return None
        before = len(self.problems)
        named = item.get("server_name")
        first = next(iter(named), None) if isinstance(named, list) else named
        if isinstance(first, str):
            place = f"site {first}"
        self.file = f"/etc/nginx/sites-available/{str(first).lower() if named != [] else 'NAME'}"
        self._site_keys(item, place)
        if named in (None, []):
            self._say(place, "has no server_name: give the name that clients ask for", item)
        values = self._read(Site, item, place, {"adopt": self.adopt})
        self._access = values.get("access")
        routes = self._redirecting(item, place, values) if "redirect" in item else self._routes(item, place)
        if len(self.problems) > before or "server_names" not in values:
            return None
        # Browsers remember it for two years: on a site that was there before, only its owner says so. They would not
        # ask in clear text any more.
        usual: dict[str, Any] = {"hsts": not values["adopt"] and values.get("http") != SERVE}
        site = Site(**(usual | values | {"routes": tuple(routes)}))
        for feature in SITE_FEATURES:
            self._refuse(feature.problems(site, place, item))
        self.items.append((site, item))
        return site

    def _redirecting(self, item: Mapping[str, Any], place: str, values: Mapping[str, Any]) -> list[Route]:
        """Return the one route of a site that leads elsewhere."""
        if "routes" in item:
            text = "has `redirect` and `routes`: take one of the two out; a route can have a `redirect` of its own"
            self._say(place, text, item)
        if values.get("redirect") is None:
            return []
        known = {"path": "/", "redirect": values["redirect"]}
        self.written.append(Written(place, place, 1, item, GENERIC_APP, known, frozenset(ROUTE_KEYS)))
        return [Route(**known)]

    def _routes(self, item: Mapping[str, Any], place: str) -> list[Route]:
        raw = item.get("routes")
        if raw is None and not set(item) <= set(SITE_KEYS):
            return []  # the unknown key is most likely `routes`, misspelt
        if not isinstance(raw, list) or not raw:
            text = "needs `routes:`, a list with at least one route"
            text += ", or `redirect: https://NAME` where all of it leads elsewhere" if raw is None else ""
            self._say(place, text, item if raw is None else raw)
            return []
        routes = []
        before = len(self.written)
        seen: dict[str, int] = {}
        self._paths = [found for each in raw if (found := _path(each))]
        for number, entry in enumerate(raw, 1):
            route = self._route(entry, number, place)
            if route is None:
                continue
            said = itertools.chain([entry], entry.get("locations", ()), itertools.repeat(entry))
            for each, written in zip((route, *route.locations), said, strict=False):
                if each.identity in seen:
                    text = (
                        f"path '{each.path}' is already that of route {seen[each.identity]}: each path leads to one "
                        "service"
                    )
                    if each.within:
                        text = (
                            f"path '{each.path}' is said already by route {seen[each.identity]}: take one of them out"
                        )
                    self._say(f"{place}, route {each.path}", text, written)
                seen[each.identity] = number
            routes.append(route)
        for feature in FEATURES:
            self._refuse(feature.among(self.written[before:], seen))
        return routes

    def _route(self, entry: object, number: int, site: str) -> Route | None:
        place = f"{site}, route {number}"
        if not isinstance(entry, dict):
            self._say(place, f"must be a mapping with {listed(ROUTE_KEYS)}, not {kind_of(entry)}", entry)
            return None
        before = len(self.problems)
        if isinstance(entry.get("path"), str):
            place = f"{site}, route {entry['path']}"
        self._route_keys(entry, place, ROUTE_KEYS)
        for part in entry["locations"] if isinstance(entry.get("locations"), list) else ():
            if isinstance(part, dict):
                self._route_keys(part, f"{place}, location {part.get('path', '')}".rstrip(), PART_KEYS)
        if "path" not in entry:
            self._say(place, "has no path: write '/' for the whole site or a prefix such as '/zm/'", entry)
        app, preset = self._app(entry, place)
        values = self._read(Route, entry, place, preset)
        written = Written(site, place, number, entry, app, values, frozenset(ROUTE_KEYS))
        self.written.append(written)
        self._refuse(refused(written, preset))
        self._refuse(problems(written))
        if len(self.problems) > before:
            return None
        settled = {field: value for feature in FEATURES for field, value in feature.settled(values).items()}
        values = {**values, "app": app, **settled}
        return Route(**{**values, "locations": tuple(self._locations(written, values, preset))})

    def _locations(self, route: Written, values: Mapping[str, Any], preset: Mapping[str, Any]) -> Iterator[Route]:
        try:
            parts = [*written_parts(route, values, preset, self._paths, self._access)]
        except UnusableValueError as problem:
            self._say(f"{route.place}, locations", str(problem), route.entry.get("locations", route.entry))
            return
        said = itertools.chain(route.entry.get("locations", ()), itertools.repeat(route.entry))
        for part, entry in zip(parts, said, strict=False):
            self._whole[id(part.entry)] = entry
            self.written.append(part)
            before = len(self.problems)
            self._refuse(refused(part, preset))
            self._refuse(problems(part))
            self._refuse(unprotected(route, part))
            if len(self.problems) == before:
                yield Route(**{"app": GENERIC_APP, **part.values, "within": part.within})

    def _read(self, declared: type, entry: Mapping[str, Any], place: str, base: Mapping[str, Any]) -> dict[str, Any]:
        """Return by field what is said of each key, in `base` where `entry` does not; the rest has its default."""
        values: dict[str, Any] = {}
        for field, (name, known) in fields_of(declared).items():
            if name in entry and not known.is_preset_only:
                value, mistakes = known.read(name, entry[name])
                for part, text, below in mistakes:
                    self._say(f"{place}, {below}" if below else place, text, _placed(part, entry, name))
                if not mistakes:
                    values[field] = value
            elif name in base:
                values[field] = (known.preset or known.kind).convert(base[name])
        return values

    def _app(self, entry: Mapping[str, Any], place: str) -> tuple[str, Mapping[str, Any]]:
        app = entry.get("app", GENERIC_APP)
        if isinstance(app, str) and app in self.presets:
            return str(app), self.presets[app]
        without = "leave `app` out, and write `upstream: http://ADDRESS:PORT`"
        self._say(place, f"app '{app}' has no preset{nearest(app, self.presets)}; for any other, {without}", app)
        return GENERIC_APP, {}

    def _site_keys(self, item: Mapping[str, Any], place: str) -> None:
        for key in item:
            if key in ROUTE_KEYS and key not in SITE_KEYS:
                self._say(place, f"unknown key '{key}': it is a key of a route, write it below `routes`", key)
            elif key not in SITE_KEYS:
                self._unknown(place, key, SITE_KEYS, SITE_WISHES)

    def _route_keys(self, entry: Mapping[str, Any], place: str, known: Sequence[str]) -> None:
        for key in entry:
            if key in known:
                continue
            if key in ROUTE_KEYS:
                self._say(place, f"unknown key '{key}': {INSTEAD[key]}", key)
            elif key in SITE_KEYS:
                self._say(place, f"unknown key '{key}': it is a key of the site, write it beside `routes`", key)
            else:
                self._unknown(place, key, known, ROUTE_WISHES)

    def _unknown(self, place: str, key: object, known: Sequence[str], wishes: Mapping[str, str]) -> None:
        instead = wish(key, wishes, self.file)
        self._say(place, f"unknown key '{key}'{': ' + instead if instead else nearest(key, known)}", key)

    def _say(self, place: str, text: str, value: object) -> None:
        self.problems.append(Problem(place, text, value))

    def _refuse(self, refusals: Iterable[Refusal]) -> None:
        for place, text, value in refusals:
            # Of a whole route or site it is the key that the sentence begins with.
            word = re.match("[a-z_]+", text)
            named = _placed(None, value, word[0]) if word and isinstance(value, dict) else None
            self._say(place, text, self._whole.get(id(value), value) if named is None else named)


def _path(entry: object) -> Path | None:
    """Return the path of a route, None where it cannot be read."""
    try:
        return Path.of(any_path(entry.get("path"))) if isinstance(entry, dict) else None
    except UnusableValueError:
        return None


def _placed(value: object, entry: Mapping[str, Any], name: str) -> object:
    """Return what names file and line of a value: its key, where it is nothing, true or false, which bear no origin."""
    if value is None or isinstance(value, bool):
        return next((key for key in entry if key == name), value)
    return value
