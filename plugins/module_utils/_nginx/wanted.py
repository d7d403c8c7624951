# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of locations, checked and turned into statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from . import declare
from .errors import ConfigError
from .identity import Key, LocationKey, key, location_key
from .tree import Statement

# Names of directives, and keys of single ones among those of a name.
Owns = frozenset[Union[str, Key]]  # noqa: UP007 - an alias that is evaluated at run time
Parents = tuple[LocationKey, ...]

# The arguments of a location in a module's declaration.
STATE: dict[str, Any] = {"type": "str", "choices": ["present", "exact", "absent"], "default": "present"}
LOCATION: dict[str, Any] = {
    "location": {"type": "str", "required": True},
    "directives": {"type": "raw"},
    "state": STATE,
    "owns": {"type": "list", "elements": "str", "default": []},
    "parents": {"type": "list", "elements": "str", "default": []},
    "before": {"type": "str"},
    "after": {"type": "str"},
}


@dataclass(frozen=True)
class WantedLocation:
    """One location: its head, its body and where it stands.

    `parents` are the locations around it, the outermost first. With `state` present, `owns` tells the directives that
    the body decides alone; every other one is left.
    """

    head: Statement
    body: list[Statement]
    state: str = "present"
    before: LocationKey | None = None
    after: LocationKey | None = None
    owns: Owns = frozenset()
    parents: Parents = ()

    @property
    def key(self) -> LocationKey:
        """What identifies it for nginx among its siblings."""
        return location_key(self.head.args)


def locations(given: Sequence[Mapping[str, Any]] | None, where: str) -> list[WantedLocation]:
    """Return the locations of a server; two of one identity are an error."""
    found: list[WantedLocation] = []
    states: dict[Parents, str] = {}
    for each in given or []:
        one = _location(each, where)
        path = (*one.parents, one.key)
        if path in states:
            raise ConfigError(
                f"{where}, location {each['location']!r}: is listed twice; for nginx it is the same location"
            )
        states[path] = one.state
        found.append(one)
    for one in found:
        beside = one.before or one.after
        if beside == one.key:
            raise ConfigError(f"{where}, location {declare.shown(one.key)}: cannot stand beside itself; name another one")
        if beside and states.get((*one.parents, beside)) == "absent":
            raise ConfigError(
                f"{where}, location {declare.shown(one.key)}: is to stand beside location {declare.shown(beside)}, "
                "which is listed as absent; name one that stays"
            )
        for depth in range(1, len(one.parents) + 1):
            state = states.get(one.parents[:depth], "present")
            if state != "present":
                name = declare.shown(one.parents[depth - 1])
                raise ConfigError(
                    f"{where}, location {declare.shown(one.key)}: its parent {name} is listed as {state}, which"
                    " decides on what is in it; write this location into the parent's directives, or say present there"
                )
    return found


def _location(given: Mapping[str, Any], where: str) -> WantedLocation:
    place = f"{where}, location {given['location']!r}"
    before, after = given.get("before"), given.get("after")
    if before and after:
        raise ConfigError(f"{place}: takes 'before' or 'after', not both")
    return WantedLocation(
        declare.location_head(given["location"], where),
        declare.directives(given.get("directives"), place),
        given.get("state") or "present",
        declare.key_of(before, f"{place}, before") if before else None,
        declare.key_of(after, f"{place}, after") if after else None,
        owned(given.get("owns"), place),
        tuple(declare.key_of(str(parent), f"{place}, parents") for parent in given.get("parents") or []),
    )


def owned(given: Iterable[object] | None, place: str) -> Owns:
    """Return what `owns` names: a directive's name, or a name with the argument that tells one of several apart."""
    found: set[str | Key] = set()
    for each in given or []:
        statement = declare.owned_directive(each, f"{place}, owns")
        single = key(statement)
        if len(statement.words) > 1 and len(single) == 1:
            raise ConfigError(
                f"{place}, owns: {each!r} is not the name of a directive, which stands once; leave out its value"
            )
        found.add(single if len(statement.words) > 1 else statement.name)
    return frozenset(found)
