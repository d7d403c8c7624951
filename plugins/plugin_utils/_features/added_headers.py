# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: headers of a route's own that clients get with each answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._keys.header_kinds import Headers
from .._keys.keys import key
from ._quoted import quoted
from .feature import Directives, Feature
from .place import Place, Refusal, Written

_CONNECTION = "is about nginx's own connection to the client (RFC 9110 section 7.6.1): take it out"
_BODY = "describes the service's own answer, which says it already: take it out"
_REFUSED = {
    **dict.fromkeys(
        ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"), _CONNECTION
    ),
    **dict.fromkeys(("content-length", "content-type", "content-encoding", "content-range"), _BODY),
    **dict.fromkeys(("date", "server"), "is said by nginx in every answer: take it out"),
}
# What a site says by itself. nginx sends no header that is empty, so that a route can have one of these not said.
_OF_THE_SITE = frozenset(
    (
        "strict-transport-security",
        "x-content-type-options",
        "referrer-policy",
        "content-security-policy",
        "x-frame-options",
    )
)


@dataclass(frozen=True, kw_only=True)
class AddedHeaders(Feature):
    """`headers` of a route."""

    headers: Mapping[str, str] = key(
        Headers(_REFUSED),
        "Headers that clients get with each answer of the route, beside those of the site.",
        "The route's value takes the place of the site's own, as of C(Referrer-Policy); an empty one sends none.",
        "A header of the service's of the same name is sent as well, unless C(hide_headers) names it. An error page "
        "that nginx itself makes has the headers of the site alone.",
        default={},
        example={"X-Robots-Tag": "noindex"},
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Add them."""
        lines = [f"{name} {quoted(value)} always" for name, value in self.headers.items()]
        return {"add_header": lines} if lines else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse an empty header that nobody would have said."""
        for name, value in route.values.get("headers", {}).items():
            if not value and name.lower() not in _OF_THE_SITE:
                text = f"headers: '{name}' has no value: write one, or `hide_headers: [{name}]` to have none sent"
                yield Refusal(route.place, text, route.entry)
