# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the keys by which a route is answered by nginx itself, each in the place of a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._keys.kinds import listed
from .place import Refusal, Written

#: each key, with the name of its field
FIELDS = {"redirect": "redirect", "return": "returns", "static": "static"}
INSTEAD = tuple(FIELDS)
# By which nginx answers with its directive `return`.
_RETURNING = ("redirect", "return")
_SERVICE = "upstream"
_GENERIC = "generic"


def answers_itself(values: Mapping[str, Any]) -> bool:
    """Whether a route has no service, by the values of its fields."""
    return any(values.get(field) for field in FIELDS.values())


def returns(values: Mapping[str, Any]) -> bool:
    """Whether nginx answers by its directive `return`, by the values of the fields."""
    return any(values.get(FIELDS[key]) for key in _RETURNING)


def misplaced(route: Written, of_services: Sequence[str]) -> Iterator[Refusal]:
    """Refuse a second answer, and keys for a service beside one that nginx gives; `of_services` are those keys."""
    said = [key for key in (_SERVICE, *INSTEAD) if key in route.entry]
    if len(said) > 1:
        text = f"has {listed(said)}, and a route has one answer: take out all but one"
        yield Refusal(route.place, text, route.entry)
    elif said and said != [_SERVICE]:
        (key,) = said
        if route.entry.get("app", _GENERIC) != _GENERIC:
            text = f"app is for a route with a service, and this one has `{key}`: take one of the two out"
            yield Refusal(route.place, text, route.entry["app"])
        for other in of_services:
            if other in route.entry and other != _SERVICE:
                text = f"{other} is for a route with a service, and this one has `{key}`: take {other} out"
                yield Refusal(route.place, text, route.entry)


def of_counted(route: Written, keys: Mapping[str, str]) -> Iterator[Refusal]:
    """Refuse keys that do nothing where nginx answers by `return`; `keys` has the reason of each."""
    for own in [each for each in _RETURNING if each in route.entry]:
        for key, reason in keys.items():
            if key in route.entry:
                yield Refusal(route.place, f"{key} does not apply to `{own}`: {reason}. Take {key} out", route.entry)


def of_http(route: Written, keys: Mapping[str, str]) -> Iterator[Refusal]:
    """Refuse keys that a service which speaks gRPC has nothing of; `keys` has the reason of each."""
    targets = route.values.get("targets", ())
    for key, reason in keys.items() if targets and targets[0].is_grpc else ():
        if key in route.entry:
            yield Refusal(route.place, f"{key} does not apply to gRPC: {reason}. Take {key} out", route.entry)
