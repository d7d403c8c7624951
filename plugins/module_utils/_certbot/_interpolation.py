# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``%(name)s`` in a renewal file becomes when certbot reads it: configobj fills in other entries of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Union

from .._host.errors import EdgeError

Value = Union[str, Sequence[str]]  # noqa: UP007 - pylint knows no other way
# The sections by their path from the top, each with its entries.
Sections = Mapping[tuple[str, ...], Mapping[str, Value]]

_NAMED = re.compile(r"%\(([^)]*)\)s")
_DEFAULT = "DEFAULT"


class RenewalError(EdgeError):
    """Certbot cannot read the file either; the message names the line."""


def filled_in(sections: Sections, section: tuple[str, ...], key: str, value: Value) -> Value:
    """Return the value of an entry as certbot sees it. Raises RenewalError where configobj finds no such entry."""
    if isinstance(value, str):
        return _filled_in(sections, section, key, value, set())
    return [_filled_in(sections, section, key, each, set()) for each in value]


def _filled_in(
    sections: Sections, section: tuple[str, ...], key: str, text: str, on_the_way: set[tuple[str, str]]
) -> str:
    # configobj tells sections apart by their own name alone.
    place = (key, section[-1] if section else "")
    if place in on_the_way:
        raise RenewalError(f"the entry {key!r} is filled in by itself")
    on_the_way.add(place)
    at = 0
    while found := _NAMED.search(text, at):
        value, origin = _fetched(sections, section, found[1])
        if not isinstance(value, str):
            raise RenewalError(f"the entry {key!r} is filled in by a list, {found[1]!r}")
        filled = _filled_in(sections, origin, found[1], value, on_the_way)
        text = text[: found.start()] + filled + text[found.end() :]
        at = found.start() + len(filled)
    on_the_way.discard(place)
    return text


def _fetched(sections: Sections, section: tuple[str, ...], name: str) -> tuple[Value, tuple[str, ...]]:
    """Return the entry of a name that is nearest to a section: its own, that of DEFAULT in it, then farther out."""
    for depth in range(len(section), -1, -1):
        around = section[:depth]
        for entries in (sections.get(around, {}), sections.get((*around, _DEFAULT), {})):
            if name in entries:
                return entries[name], around
        if _DEFAULT in sections.get(around, {}):
            raise RenewalError(f"%({name})s is looked for in DEFAULT, which is no section")
    raise RenewalError(f"%({name})s names no entry of the file; a percent sign before a bracket cannot be written here")
