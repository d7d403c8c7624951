# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a route that leads elsewhere.

What comes along is what the client wrote behind the route's path, with its query, and never what nginx has resolved: a
line end in that would be a header of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._keys.destinations import Destination, Redirect
from .._keys.keys import key
from .._keys.path_forms import Path
from ._loops import loops
from ._quoted import quoted
from ._rest import written
from .feature import Directives, Feature
from .place import Place, Refusal, Written

_BEHIND = "constellation_edge_behind"
#: the kind of both keys
KIND = Redirect()


@dataclass(frozen=True, kw_only=True)
class Redirected(Feature):
    """`redirect` of a route."""

    redirect: Destination | None = key(
        KIND,
        "Where the route leads instead of to a service: a URL, or a path of the same site.",
        "The status is 308 (RFC 9110): for good, with the method and the body of the request. C(code) of a mapping is "
        "another one: 307 for a time; with 301 (for good), 302 (for a time) and 303 browsers make a GET of a POST. "
        "Browsers remember 301 and 308.",
        "To a destination that ends in C(/), or has no path, what the client wrote behind the route's path comes along "
        "with its query. To any other nothing does.",
        default=None,
        otherwise="a service answers",
        example="https://other.example.org/",
    )

    def location(self, at: Place) -> Directives:
        """Send everybody on."""
        if self.redirect is None:
            return {}
        if not self.redirect.keeps:
            return {"return": f"{self.redirect.code} {_argument(_url(self.redirect))}"}
        sent = {"return": f"{self.redirect.code} {_argument(_url(self.redirect) + '$' + _BEHIND)}"}
        return {_condition(at.route.base): sent, "return": "400"}

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Own the one answer, and the condition that a redirect has left."""
        return (*Redirected.left(at.route.base), *(("return",) if self.redirect else ()))

    @classmethod
    def left(cls, path: str) -> tuple[str, ...]:
        """Name the condition."""
        return (f"{_condition(path)} {{}}",)

    @classmethod
    def across(cls, routes: Sequence[Written], names: Mapping[str, str]) -> Iterator[Refusal]:
        """Refuse redirects that lead back to themselves."""
        return loops(routes, names)

    def probes(self, at: Place) -> list[dict[str, Any]]:
        """Ask where the route leads."""
        if self.redirect is None or Path.of(at.route.path).is_expression:
            return []
        leads = _url(self.redirect).replace("$host", at.site.name)
        asked = {"url": f"https://{at.site.name}{at.route.base}", "status": [self.redirect.code], "location": leads}
        return [asked]


def _url(to: Destination) -> str:
    # With scheme and host: what a client wrote behind it is never taken for a host.
    return f"{to.host or 'https://$host'}{to.path}"


def _argument(url: str) -> str:
    return url if not set(";{}#'\"") & set(url) else quoted(url)


def _condition(path: str) -> str:
    """Return the condition that finds what the client wrote behind a path; nobody else writes it in another way."""
    return f"if ($request_uri ~ ^{written(path)}(?<{_BEHIND}>.*))"
