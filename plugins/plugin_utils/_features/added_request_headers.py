# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: headers of a route's own that a service gets with each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from .._keys.header_kinds import Headers, variables
from .._keys.keys import key
from ._quoted import quoted
from .claims import CLAIMS, IDENTITY, Claim
from .feature import Directives, Feature
from .place import Place, Refusal, Written

_EVERY_ROUTE = "is said by every route: take it out"
_CONNECTIONS = "is about nginx's own connection to the service (RFC 9110 section 7.6.1): take it out"
_WEBSOCKET = "is said by every route: take it out, or write `websocket: false`"
_REFUSED = {
    **dict.fromkeys(("host", "x-real-ip"), _EVERY_ROUTE),
    **dict.fromkeys((f"x-forwarded-{name}" for name in ("for", "host", "proto", "port")), _EVERY_ROUTE),
    **dict.fromkeys(("upgrade", "connection"), _WEBSOCKET),
    **dict.fromkeys(("keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"), _CONNECTIONS),
    "content-length": "is the length of what the client sends, which nginx says: take it out",
}
# What nginx knows by itself: no client decides on it. `$host` is a name of the site.
_DECIDED = frozenset(
    (
        *("connection", "host", "hostname", "https", "msec", "remote_addr", "remote_port", "request_id", "scheme"),
        *("server_addr", "server_name", "server_port", "time_iso8601", "time_local"),
    )
)
_CERTIFICATE = "ssl_client_"
_BY_NAME = {claim.name.lower(): claim for claim in CLAIMS}


@dataclass(frozen=True, kw_only=True)
class AddedRequestHeaders(Feature):
    """`request_headers` of a route."""

    is_for_services: ClassVar[bool] = True
    request_headers: Mapping[str, str] = key(
        Headers(_REFUSED, is_request=True),
        "Headers that the service gets with each request, in the place of those of the client.",
        "A value may have variables of nginx, such as V($remote_addr). One that is empty takes the header away.",
        "A header that services believe from their proxy takes no value that a client decides on, and no user's name.",
        default={},
        example={"X-Script-Name": "/octoprint"},
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Send them."""
        lines = [f"{name} {quoted(value)}" for name, value in self.request_headers.items()]
        return {"proxy_set_header": lines} if lines else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse what would let a client say what services believe, or would make everybody the same user."""
        for name, value in route.values.get("request_headers", {}).items():
            # To some services a dot is a hyphen.
            claim = _BY_NAME.get(name.lower().replace(".", "-"))
            text = _lie(claim, value) if claim and value else ""
            if text:
                written = route.entry.get("request_headers")
                at = written.get(name, written) if isinstance(written, dict) else route.entry
                yield Refusal(route.place, f"request_headers: '{name}' {text}", at)


def _lie(claim: Claim, value: str) -> str:
    """Return why a header cannot have a value, "" where it can."""
    named = variables(value)
    theirs = next((each for each in named if each not in _DECIDED and not each.startswith(_CERTIFICATE)), "")
    if theirs:
        return (
            f"is believed when it comes from the proxy ({claim.believer}), and a client may decide on `${theirs}`: "
            "write a fixed value, or a variable that no client decides on, such as $remote_addr"
        )
    if claim.kind == IDENTITY and not any(each.startswith(_CERTIFICATE) for each in named):
        return (
            f"says who is logged in ({claim.believer}): everybody who reaches the route would be that user. Take it "
            "out; a `proxy_set_header` of your own behind a login stays in the route's location"
        )
    return ""
