# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: parts of a service with settings of their own, each below the path of its route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .._keys.keys import fields_of, key, keys_of, preset_keys
from .._keys.kinds import Listing, Mistake, Parsed, kind_of, listed
from .._keys.nearest import nearest
from .._keys.path_forms import FORMS_PATTERN, Path, part_path
from ._instead import answers_itself
from .access import Access
from .added_headers import AddedHeaders
from .added_request_headers import AddedRequestHeaders
from .bandwidth import Bandwidth
from .body_size import BodySize
from .buffering import Buffering
from .cache import Cache
from .connection_limit import ConnectionLimit
from .content_length import ContentLength
from .feature import Feature
from .hidden_headers import HiddenHeaders
from .probe import Probe
from .rate_limit import RateLimit
from .raw import Raw
from .redirect import Redirected
from .request_buffering import RequestBuffering
from .request_headers import RequestHeaders
from .returned import Returned
from .static import Static
from .timeouts import Timeouts
from .users import RouteUsers
from .websocket import WebSocket

if TYPE_CHECKING:
    from .._inventory.site import Route

_PATH = "path"
# What a preset says of a location and of no route.
_BESIDE = (_PATH, "redirect", "return")
_OF_THE_ROUTE = "it is a key of the route, and counts for all of it: write it there"
_ANOTHER = "a location is a part of its route's service: write what leads to another one as a route of its own"
#: what is written elsewhere, with where
INSTEAD = {
    "app": _ANOTHER,
    "upstream": _ANOTHER,
    "locations": "a location has none of its own: write each in the list of the route",
    **dict.fromkeys(
        ("console", "drops", "keepalive", "moved_from", "prefix", "prefix_header", "sticky", "upstream_tls"),
        _OF_THE_ROUTE,
    ),
}


class Said(NamedTuple):
    """A location as it was written, and the values of its keys by the names of their fields."""

    entry: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _PartPath(Feature):
    path: str = key(
        Parsed("a path", FORMS_PATTERN, part_path),
        "Where it is, in the forms of the route's C(path), and without that: V(/api/) of a route V(/photos/) is "
        "V(/photos/api/).",
        "An expression that begins with C(^/) is bound to the path of the route; any other one matches anywhere below "
        "it.",
        example="/api/",
    )


@dataclass(frozen=True, kw_only=True)
# Python takes the fields of the last base first.
class Part(
    RouteUsers,
    Raw,
    Probe,
    ContentLength,
    AddedRequestHeaders,
    HiddenHeaders,
    AddedHeaders,
    RequestHeaders,
    WebSocket,
    BodySize,
    Timeouts,
    Bandwidth,
    ConnectionLimit,
    RateLimit,
    RequestBuffering,
    Cache,
    Buffering,
    Static,
    Returned,
    Redirected,
    Access,
    _PartPath,
):
    """What may be said of a part of a route."""


PART_KEYS = tuple(sorted(keys_of(Part)))


class Parts(Listing):
    """A list of parts; a preset says nothing in it that it does not say of a route, but for what nginx answers."""

    def __init__(self, *, is_preset: bool = False) -> None:
        """Name them."""
        super().__init__("locations", Part)
        self._is_preset = is_preset
        known = keys_of(Part)
        said = {**preset_keys(Part), **{name: known[name] for name in _BESIDE}}
        self._keys = {name: said[name] for name in sorted(said)} if is_preset else known

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list, and wrong values; of an owner's unknown keys `schema` tells what he may mean."""
        if not isinstance(value, list) or not value:
            text = f"must be a list with {listed([_PATH])} and other keys of a route in each, not {kind_of(value)}"
            yield Mistake(value, f"{name} {text}")
            return
        for number, each in enumerate(value, 1):
            yield from self._of_one(each, f"location {number}")

    def _of_one(self, value: object, place: str) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield Mistake(value, f"must be a mapping with {listed(sorted(self._keys))}, not {kind_of(value)}", place)
            return
        if isinstance(value.get(_PATH), str):
            place = f"location {value[_PATH]}"
        if _PATH not in value:
            yield Mistake(value, "has no path: write which part of the route it is, such as '/api/'", place)
        elif len(value) == 1:
            yield Mistake(value, "says nothing of its part: write a key beside `path`, or take it out", place)
        elif Path.of(str(value[_PATH])).identity == "/":
            yield Mistake(value, "is all of its route: write its keys in the route", place)
        for each in value if self._is_preset else ():
            if each not in self._keys:
                yield Mistake(each, f"unknown key '{each}'{nearest(each, self._keys)}", place)
        for each, known in self._keys.items():
            if each in value:
                for part, text, below in known.read(each, value[each])[1]:
                    yield Mistake(part, text, f"{place}, {below}" if below else place)

    def convert(self, value: Any) -> tuple[Said, ...]:
        """Return each with its values."""
        return tuple(Said(each, _values(each)) for each in value)


def _values(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {field: known.kind.convert(entry[name]) for field, (name, known) in fields_of(Part).items() if name in entry}


@dataclass(frozen=True, kw_only=True)
class Locations(Feature):
    """`locations` of a route: once it is read, each is a route of its own, to the same service."""

    is_for_services: ClassVar[bool] = True
    locations: tuple[Route, ...] = key(
        Parts(),
        "Parts of the service with settings of their own.",
        "What a location does not say is as the route says it. Of regular expressions the first that matches counts.",
        default=(),
        example=[{"path": "/api/", "max_body_size": "10g"}],
        preset=Parts(is_preset=True),
    )


def parts_of(said: Sequence[Said], known: Sequence[Said]) -> list[Said]:
    """Return what an owner says, then what a preset does of other paths; of the same one the owner's keys win.

    Where he says anything of a path at which nginx is to answer by the preset, the service answers, or as he says.
    """
    presets = {_identity(each): each for each in known}
    own = []
    for each in said:
        base = presets.pop(_identity(each), Said({}, {}))
        kept = {} if answers_itself(base.values) or answers_itself(each.values) else base.values
        own.append(Said(each.entry, {**kept, **each.values}))
    return [*own, *presets.values()]


def _identity(said: Said) -> str:
    return Path.of(said.values[_PATH]).identity
