# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the locations of a route, each as a route to the same service; what one does not say its route says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .._features._instead import answers_itself, returns
from .._features.locations import Parts, Said, parts_of
from .._features.place import Written
from .._features.registry import FEATURES
from .._keys.keys import fields_of, keys_of
from .._keys.path_forms import FIRST, Path, below, refuse_twice
from .site import Route

_LOCATIONS = "locations"
# What is about the route's own path. What a cache holds is of one location.
_OF_THE_PATH = ("path", _LOCATIONS, "moved_from", "drops", "probe", "cache")
# What is about a service, beside the keys of the features that say so.
_OF_A_SERVICE = ("app", "raw")


def written_parts(
    route: Written, values: Mapping[str, Any], preset: Mapping[str, Any], taken: Collection[str]
) -> Iterator[Written]:
    """Yield the locations of a route, or raise UnusableValueError.

    `values` are those of the route by the names of their fields, once what follows from them is settled. Of the
    preset's locations none counts whose path is a route's own, by its identity in `taken`, and none at all where the
    route is no prefix.
    """
    own: tuple[Said, ...] = route.values[_LOCATIONS] if _LOCATIONS in route.entry else ()
    known = Parts(is_preset=True).convert(preset.get(_LOCATIONS, ()))
    found = parts_of(own, known)
    for said in found[: len(own)]:
        refuse_twice(values["path"], said.values["path"])
        yield _written(route, values, said)
    for said in found[len(own) :] if Path.of(values["path"]).form in ("", FIRST) else ():
        part = _written(route, values, said)
        if Path.of(part.values["path"]).identity not in taken:
            yield part


def _written(route: Written, values: Mapping[str, Any], said: Said) -> Written:
    left = {*_OF_THE_PATH, *(_of_services() if answers_itself(said.values) else ())}
    left |= {*_not_for_return()} if returns(said.values) else set()
    names = {field: name for field, (name, _key) in fields_of(Route).items()}
    known = {field: value for field, value in values.items() if names[field] not in left}
    entry = {key: value for key, value in route.entry.items() if key not in left}
    return replace(
        route,
        place=f"{route.place}, location {said.values['path']}",
        entry={**entry, **said.entry},
        values={**known, **said.values, "path": below(values["path"], said.values["path"])},
        within=values["path"],
    )


def _not_for_return() -> Iterator[str]:
    for feature in FEATURES:
        if feature.not_for_return:
            yield from keys_of(feature)


def _of_services() -> Iterator[str]:
    yield from _OF_A_SERVICE
    for feature in FEATURES:
        if feature.is_for_services:
            yield from keys_of(feature)
