# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of nginx that no key of a route says, as their owner writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...module_utils._nginx.sites.losses import PROTECTING
from ...module_utils._nginx.text.tree import Block, walk
from .._keys.keys import key
from .._keys.kinds import listed
from ._raw import Text, file_of_key, include, statements, written
from .feature import Directives, Feature
from .place import Needs, Place, Refusal, Written

# What a location has of several keys: one more line would take the place of those of the site, or of the route.
_SAID_BY = {
    "add_header": "write it as `headers: {NAME: VALUE}`",
    "proxy_set_header": "write it as `request_headers: {NAME: VALUE}`",
    "proxy_hide_header": "write it as `hide_headers: [NAME]`",
    "grpc_pass": "write it as `upstream: grpc://ADDRESS:PORT`",
    "grpc_set_header": "write it as `request_headers: {NAME: VALUE}`",
    "grpc_hide_header": "write it as `hide_headers: [NAME]`",
    "proxy_redirect": "redirects of the service lead below the path of the route by themselves: take it out",
    "location": "write it as a route of its own",
}


@dataclass(frozen=True, kw_only=True)
class Raw(Feature):
    """`raw` of a route."""

    raw: str = key(
        Text("limit_rate 1m;"),
        "Directives of nginx for the route's location that no key says: a text, or a mapping of names to arguments.",
        "What a key says is refused, with that key. Whether the rest is right nginx says, before it is live.",
        "Everybody on the host may read them.",
        default="",
        example="limit_rate 1m;",
    )

    def marked(self, at: Place) -> Directives:
        """Include the file."""
        return {"include": [include(_file(at))]} if self.raw else {}

    def needs(self, at: Place) -> Needs:
        """Have the file beside the site."""
        place = f"site {at.site.name}, route {at.route.path}"
        return Needs(files={_file(at): written("raw", place, self.raw)} if self.raw else {})

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse what would take the place of other lines without a word of nginx's."""
        for each, _depth in walk(Block(statements(route.values.get("raw", "")))):
            if each.name in _SAID_BY:
                yield Refusal(route.place, f"raw: '{each.name}': {_SAID_BY[each.name]}", route.entry)


def answering(raw: str) -> str:
    """Return the first directive by which nginx would answer, or look elsewhere, before it asks who comes."""
    said = (each.name for each, _depth in walk(Block(statements(raw))))
    return next((name for name in said if name in ("return", "rewrite")), "")


def unprotected(route: Written, part: Written) -> Iterator[Refusal]:
    """Refuse a location without what its route's lines ask of a client: its own take their place, as do its files."""
    own, others = ({each.name for each in statements(said.values.get("raw", ""))} for said in (part, route))
    lost = sorted((others - own) & {*PROTECTING})
    # What nginx answers by `return` is answered before anybody is asked for a login.
    if lost and not {"redirect", "return"} & {*part.entry}:
        text = (
            f"raw of the route, in which {listed(lost)} asks something of clients, does not count here: write it here "
            "as well, or what lifts it, such as `auth_basic off;`"
        )
        yield Refusal(part.place, text, part.entry)


def _file(at: Place) -> str:
    return file_of_key("raw", at.site.name, at.route.identity)
