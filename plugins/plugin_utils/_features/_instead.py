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
_SERVICE = "upstream"
_GENERIC = "generic"


def answers_itself(values: Mapping[str, Any]) -> bool:
    """Whether a route has no service, by the values of its fields."""
    return any(values.get(field) for field in FIELDS.values())


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


def of_http(route: Written, keys: Mapping[str, str]) -> Iterator[Refusal]:
    """Refuse keys that a service which speaks gRPC has nothing of; `keys` has the reason of each."""
    targets = route.values.get("targets", ())
    for key, reason in keys.items() if targets and targets[0].is_grpc else ():
        if key in route.entry:
            yield Refusal(route.place, f"{key} does not apply to gRPC: {reason}. Take {key} out", route.entry)
