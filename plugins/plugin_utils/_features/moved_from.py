# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who reads by a route's old path is sent on to the new one.

Of methods GET and HEAD alone are (RFC 9110 section 9.2.1, 2022, calls them safe): a body that is sent again to another
address is its sender's to decide. The status is 308 (RFC 9110 section 15.4.9), as the page has moved for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Parsed
from .._keys.names import PATH_PATTERN, route_path
from .._nginx.literal import literal
from .feature import Feature
from .place import Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Route


@dataclass(frozen=True, kw_only=True)
class MovedFrom(Feature):
    """`moved_from` of a route, which is None where the inventory leaves it to what stands at the old path."""

    not_for_grpc: ClassVar[str] = "its clients follow no redirect, so that the old path needs a route of its own"
    moved_from: str | None = key(
        Parsed("a path", PATH_PATTERN, route_path, empty=True),
        "A path that the route had before. GET and HEAD for it get a 308 (RFC 9110) to the same place below the "
        "route's path.",
        "An owner's location there stays otherwise as it is.",
        "When C(app=constellation) moves away from the site's V(/) and no other route has that path, the default is "
        "V(/), which the summary says. An empty text is no path.",
        default=None,
        otherwise="what stands there",
        example="/old/",
    )

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Name what sent readers on before there was a route."""
        return self.left(at.route.base)

    @classmethod
    def left(cls, path: str) -> tuple[str, ...]:
        """Name what sends readers on from the path."""
        return (f"{sends_on(path)} {{}}",)

    @classmethod
    def among(cls, routes: Sequence[Written], paths: Mapping[str, int]) -> Iterator[Refusal]:
        """Refuse an old path that another route has, or is sent on from."""
        left: dict[str, int] = {}
        for route in routes:
            old = route.entry.get("moved_from")
            if not isinstance(old, str) or not old:
                continue
            if old in paths or old in left:
                verb, other = ("served", paths[old]) if old in paths else ("left", left[old])
                text = f"moved_from '{old}' is {verb} by route {other}: who asks there can be sent to one place only"
                yield Refusal(f"{route.site}, route {route.number}", text, old)
            left.setdefault(old, route.number)

    def probes(self, at: Place) -> list[dict[str, Any]]:
        """Ask for the old path."""
        return [{"url": f"https://{at.site.name}{self.moved_from}", "status": [308]}] if self.moved_from else []


def sends_on(path: str) -> str:
    """Return the `if` of an old path; what it finds behind the path is as the client wrote it, with its query."""
    return rf"if ($request ~ ^(?:GET|HEAD)\s{literal(path)}(\S*))"


def moved_from(route: Route) -> dict[str, Any]:
    """Return the directive that sends readers of a route's old path on."""
    # With scheme and host: a path that begins with two slashes would be another host to a browser.
    return {sends_on(route.moved_from or ""): {"return": f"308 https://$host{route.base}$1"}}
