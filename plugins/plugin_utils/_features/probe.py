# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what is asked of a route in the end, beyond its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._keys.keys import key
from .._keys.kinds import Codes, Group, PathBelow, listed
from .._keys.path_forms import Path
from .._nginx.reach import Rule, misses
from ._grpc import is_grpc
from ._instead import INSTEAD
from ._rest import strips
from .feature import Feature
from .place import Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Route

_PATHS = {
    "sse": "The path of server-sent events, below that of the route.",
    "websocket": "The path of a WebSocket, below that of the route.",
    "stream": "The path of a stream without end, such as MJPEG, below that of the route.",
}
_STATUS, _PATH = "status", "path"
# What a part that browsers do not ask may answer: all but that it cannot be reached.
_OF_INTERFACES = (200, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 410, 411, 415, 422, 426)
# No service has it. By two words where the service is told no path before it, since a method has two.
_SERVICE, _METHOD = "constellation.edge.Probe/", "ConstellationEdgeProbe"
_KIND = Group(
    dict(sorted({**dict.fromkeys((_PATH, *_PATHS), PathBelow()), _STATUS: Codes()}.items())),
    {
        **_PATHS,
        _PATH: "The path that is asked instead of the page, below that of the route. Without it nothing is asked of a "
        "route whose C(path) is a regular expression.",
        _STATUS: "The status codes that are right.",
    },
)


@dataclass(frozen=True, kw_only=True)
class Probe(Feature):
    """`probe` of a route."""

    probe: Mapping[str, Any] = key(
        _KIND,
        "What C(verify.yml) asks beyond the page.",
        default={},
        example={_STATUS: [200, 401]},
    )

    def probes(self, at: Place) -> list[dict[str, Any]]:
        """Ask for the page, and for what the owner names below it."""
        # A service may count a question without its key as a login that failed, and ban who asks.
        if at.route.redirect or at.route.returns or (at.route.within and at.route.without_login):
            return []
        base = at.route.base
        if Path.of(at.route.path).is_expression and _PATH not in self.probe:
            return []
        page = base + str(self.probe.get(_PATH, "")).lstrip("/")
        asked: dict[str, Any] = {}
        if is_grpc(at.route):
            if not at.route.is_prefix and _PATH not in self.probe:
                return []  # a method of the service would be called
            page, asked["grpc"] = page if _PATH in self.probe else base + _no_method(at.route), True
        if at.route.rate_limit or at.route.connection_limit:
            asked["limited"] = True
        asked["url"] = f"https://{at.site.name}{page}"
        for kind in (kind for kind in _PATHS if kind in self.probe):
            asked[kind] = base + str(self.probe[kind]).lstrip("/")
        if _STATUS in self.probe:
            asked[_STATUS] = self.probe[_STATUS]
        elif at.route.static:
            asked[_STATUS] = [200]
        elif at.route.within and at.route.lan_only:
            asked[_STATUS] = [*_OF_INTERFACES]
        return [asked]

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse questions that the other keys have answered, and a path that another route would answer."""
        path, asked = Path.of(route.values.get("path", "/")), route.values.get("probe", {}).get(_PATH)
        if asked and path.is_expression and misses(Rule(*path), "/" + asked.partition("?")[0].lstrip("/")):
            text = f"probe: path '{asked}' is none that '{path.form} {path.text}' matches: write one that it does"
            yield Refusal(route.place, text, route.entry)
        said = route.entry.get("probe")
        key = next((each for each in INSTEAD if each in route.entry), "")
        other = [each for each in said if each in _PATHS or key != "static"] if isinstance(said, dict) and key else []
        if other:
            yield Refusal(
                route.place, f"probe: {listed(other)} is for a service, and this has `{key}`: take it out", said
            )


def _no_method(route: Route) -> str:
    """Return what is called behind the path of a gRPC route."""
    return _METHOD if route.base != "/" and not strips(route) else _SERVICE + _METHOD
