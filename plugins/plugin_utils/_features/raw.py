# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of nginx that no key says, as their owner writes them.

They stand in a file of their own, which the location includes: what is not a whole directive cannot end anything there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...module_utils._host.names import SITE_FILES
from ...module_utils._nginx.text.declare import directives
from ...module_utils._nginx.text.tokens import ConfigError, outer
from ...module_utils._nginx.text.tree import Block, Statement, walk
from .._keys.keys import key
from .._keys.kinds import Kind, Mistake, kind_of
from ._files import file_of
from .feature import Directives, Feature
from .place import Needs, Place, Refusal, Written

# What a location has of several keys: one more line would take the place of those of the site, or of the route.
_SAID_BY = {
    "add_header": "write it as `headers: {NAME: VALUE}`",
    "proxy_set_header": "write it as `request_headers: {NAME: VALUE}`",
    "proxy_hide_header": "write it as `hide_headers: [NAME]`",
    "proxy_redirect": "redirects of the service lead below the path of the route by themselves: take it out",
    "location": "write it as a route of its own",
}
# What YAML folds into one line (`>`), so that directives become a part of a comment.
_COMMENTED = re.compile(r"\A[^\n]*#[^\n]*;[^\n]*\Z")
_HEAD = "# `raw` of the inventory, written by constellation.edge: change it there.\n"
_file = partial(file_of, "raw", "conf")


class Text(Kind):
    """Directives of nginx, as a text or as a mapping of names to arguments."""

    def __init__(self) -> None:
        """Name it."""
        json = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "minProperties": 1}]}
        super().__init__(words="directives of nginx, as a text or a mapping", option={"type": "raw"}, json=json)

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no list of whole directives."""
        if not isinstance(value, (str, dict)) or not value:
            text = "must be directives of nginx, such as `limit_rate 1m;`, as a text or a mapping"
            yield Mistake(value, f"{name} {text}, not {kind_of(value)}")
            return
        try:
            if isinstance(value, str) and _COMMENTED.search(value.strip()):
                text = (
                    "has a comment that goes to the end of its only line: write `raw: |`, and each on a line of its own"
                )
                yield Mistake(value, f"{name} {text}")
            elif not directives(value, name):
                yield Mistake(value, f"{name} has no directive: write one, such as `limit_rate 1m;`, or take it out")
        except ConfigError as error:
            yield Mistake(value, str(error))

    def convert(self, value: Any) -> str:
        """Return the text."""
        if isinstance(value, str):
            return value if value.endswith("\n") else f"{value}\n"
        return "".join(f"{outer(each.dumps()).strip()}\n" for each in directives(value, "raw"))


@dataclass(frozen=True, kw_only=True)
class Raw(Feature):
    """`raw` of a route."""

    raw: str = key(
        Text(),
        "Directives of nginx for the route's location that no key says: a text, or a mapping of names to arguments.",
        "What a key says is refused, with that key. Whether the rest is right nginx says, before it is live.",
        "Everybody on the host may read them.",
        default="",
        example="limit_rate 1m;",
    )

    def marked(self, at: Place) -> Directives:
        """Include the file."""
        return {"include": [f"{SITE_FILES}/{_file(self.raw)}"]} if self.raw else {}

    def needs(self, at: Place) -> Needs:
        """Have the file beside the site."""
        return Needs(files={_file(self.raw): _HEAD + self.raw} if self.raw else {})

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse what would take the place of other lines without a word of nginx's."""
        for each, _depth in walk(Block(statements(route.values.get("raw", "")))):
            if each.name in _SAID_BY:
                yield Refusal(route.place, f"raw: '{each.name}': {_SAID_BY[each.name]}", route.entry)


def statements(raw: str) -> list[Statement]:
    """Return the directives of a route's `raw`."""
    return directives(raw, "raw")
