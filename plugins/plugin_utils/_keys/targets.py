# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: one upstream or several, as an owner writes them; each mistake with the item that it is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from .kinds import FLAG, Group, Kind, Mistake, Parsed, Whole
from .names import Upstream, upstream
from .sockets import SOCKET_PATTERN

_SCHEME = "([Hh][Tt][Tt][Pp]|[Gg][Rr][Pp][Cc])[Ss]?"
_PATTERN = rf"^{_SCHEME}://[^/?#\s]+(/([A-Za-z0-9._~@+-]+/)*)?$|{SOCKET_PATTERN}"
_URL, _WEIGHT, _BACKUP = "url", "weight", "backup"
_ONE = Parsed("a URL", _PATTERN, upstream)
_ITEM = Group(
    {_URL: _ONE, _WEIGHT: Whole("a number", 1, 100), _BACKUP: FLAG},
    {
        _URL: "The upstream.",
        _WEIGHT: "How many requests it gets for each one of an upstream without a weight.",
        _BACKUP: "Whether it gets requests only while none of the others answers.",
    },
)


class Targets(Kind):
    """One upstream, or a list of them, each alone or with what is said of it."""

    def __init__(self) -> None:
        """Name it."""
        item = {**_ITEM.json, "required": [_URL]}
        several = {"type": "array", "minItems": 1, "items": {"anyOf": [_ONE.json, item]}}
        super().__init__(
            words="`http://`, `https://`, `grpc://` or `grpcs://`, address, port, path; `unix:/SOCKET`; or a list",
            option={"type": "raw"},
            json={"anyOf": [_ONE.json, several]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Say what is wrong with each, and between them."""
        yield from self.read(name, value)[1]

    def read(self, name: str, value: object) -> tuple[Any, list[Mistake]]:
        """Return them as a tuple, or what is wrong."""
        if isinstance(value, dict):
            text = f"{name} must be a URL or a list: write `- url: ...` below it for one with more to say"
            return None, [Mistake(value, text)]
        if not isinstance(value, list):
            one, mistakes = _ONE.read(name, value)
            return (one,), mistakes
        if not value:
            return None, [Mistake(value, f"{name} is an empty list: write at least one `http://ADDRESS:PORT`")]
        found = [_item(f"{name}[{number}]", each) for number, each in enumerate(value, 1)]
        mistakes = [mistake for _target, wrong in found for mistake in wrong]
        targets = [target for target, _wrong in found if target]
        return tuple(targets), mistakes or list(_between(name, value, targets))

    def convert(self, value: Any) -> tuple[Upstream, ...]:
        """Return them as a tuple."""
        found: tuple[Upstream, ...] = self.read("upstream", value)[0]
        return found


def _item(name: str, value: object) -> tuple[Upstream | None, list[Mistake]]:
    if not isinstance(value, dict):
        target, mistakes = _ONE.read(name, value)
        return target, [each._replace(below=name) for each in mistakes]
    said, mistakes = _ITEM.read(name, value)
    if _URL not in value and not mistakes:
        mistakes = [Mistake(value, "has no url: write `url: http://ADDRESS:PORT`", name)]
    if mistakes:
        return None, mistakes
    return replace(said[_URL], weight=said.get(_WEIGHT, 1), backup=said.get(_BACKUP, False)), []


def _between(name: str, value: Sequence[object], targets: Sequence[Upstream]) -> Iterator[Mistake]:
    """Yield what is wrong between several: nginx sends each request to any of them, by one scheme and path."""
    first, seen = targets[0], set()
    for number, (raw, each) in enumerate(zip(value, targets, strict=True), 1):
        place = f"{name}[{number}]"
        if (each.host.lower(), each.port) in seen:
            yield Mistake(raw, f"'{each.written}' stands in the list already: take one of the two out", place)
        elif (each.scheme, each.path) != (first.scheme, first.path):
            text = f"'{each.written}' has not the scheme and the path of '{first.written}': all of a list have the same"
            yield Mistake(raw, text, place)
        seen.add((each.host.lower(), each.port))
    if all(each.backup for each in targets):
        yield Mistake(
            value, f"{name}: all are a backup, of which one is used while no other answers: name one that is none"
        )
