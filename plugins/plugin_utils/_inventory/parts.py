# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the locations of a route, each as a route to the same service; what one does not say its route says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._features._instead import answers_itself, returns
from .._features._policy import known
from .._features.access import Access
from .._features.locations import Parts, Said, parts_of
from .._features.place import Written
from .._features.registry import FEATURES
from .._keys.access_kind import PUBLIC, Rule
from .._keys.keys import fields_of, keys_of
from .._keys.path_forms import FIRST, Path, below, refuse_twice
from .._nginx.reach import Rule as Location
from .._nginx.reach import misses
from .site import Route

_LOCATIONS = "locations"
# What is about the route's own path. What a cache holds is of one location.
_OF_THE_PATH = ("path", _LOCATIONS, "moved_from", "drops", "probe", "cache")
# What a preset says of who may ask.
_ABOUT_ACCESS = ("lan_only", "without_login")
# What is about a service, beside the keys of the features that say so.
_OF_A_SERVICE = ("app", "raw")


def written_parts(
    route: Written,
    values: Mapping[str, Any],
    preset: Mapping[str, Any],
    routes: Collection[Path],
    access: Rule | None,
) -> Iterator[Written]:
    """Yield the locations of a route, or raise UnusableValueError.

    `values` are those of the route by the names of their fields, once what follows from them is settled. `routes` are
    the paths of the site's routes, `access` is what the site says. Of the preset's locations none counts that changes
    nothing, or where the owner has said something closer, and none at all where the route is no prefix.
    """
    own: tuple[Said, ...] = route.values[_LOCATIONS] if _LOCATIONS in route.entry else ()
    found = parts_of(own, Parts(is_preset=True).convert(preset.get(_LOCATIONS, ())))
    for said in found[: len(own)]:
        refuse_twice(values["path"], said.values["path"])
        yield _written(route, values, said)
    for said in found[len(own) :] if Path.of(values["path"]).form in ("", FIRST) else ():
        part = _written(route, values, said)
        if not (_is_idle(values, said, access) or _is_taken(values, part, own, routes)):
            yield part


def _written(route: Written, values: Mapping[str, Any], said: Said) -> Written:
    left = {*_OF_THE_PATH, *(_of_services() if answers_itself(said.values) else ())}
    left |= {*_not_for_return()} if returns(said.values) else set()
    names = {field: name for field, (name, _key) in fields_of(Route).items()}
    kept = {field: value for field, value in values.items() if names[field] not in left}
    entry = {key: value for key, value in route.entry.items() if key not in left}
    return replace(
        route,
        place=f"{route.place}, location {said.values['path']}",
        entry={**entry, **said.entry},
        values={
            **kept,
            **said.values,
            **Access.settled(said.values),
            "path": below(values["path"], said.values["path"]),
        },
        within=values["path"],
    )


def _is_taken(values: Mapping[str, Any], part: Written, own: Sequence[Said], routes: Collection[Path]) -> bool:
    """Whether an owner's route or location is asked in the place of a preset's, or says who may ask around it."""
    begin, path = Path.of(values["path"]).text, Path.of(part.values["path"])
    around = [each for each in routes if each.is_expression or len(each.text) > len(begin)]
    around += [Path.of(below(values["path"], each.values["path"])) for each in own if "access" in each.values]
    return any(
        not misses(Location(*each), path.text)
        if each.is_expression
        else each.identity == path.identity or (each.form in ("", FIRST) and path.text.startswith(each.text))
        for each in around
    )


def _is_idle(values: Mapping[str, Any], said: Said, access: Rule | None) -> bool:
    """Whether all that a preset says of a location is who may ask, and that is who may ask its route."""
    if not {*said.values} <= {"path", *_ABOUT_ACCESS}:
        return False
    rule = values.get("access", access)
    of_route, of_part = (
        known(PUBLIC if rule is None else rule, **{name: bool(each.get(name)) for name in _ABOUT_ACCESS})
        for each in (values, {**values, **said.values})
    )
    return of_route == of_part


def _not_for_return() -> Iterator[str]:
    for feature in FEATURES:
        if feature.not_for_return:
            yield from keys_of(feature)


def _of_services() -> Iterator[str]:
    yield from _OF_A_SERVICE
    for feature in FEATURES:
        if feature.is_for_services:
            yield from keys_of(feature)
