# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a service is told of the client, and what a client may not say of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import FLAG, Matching
from ._grpc import is_grpc
from ._grpc_claims import is_emptied
from .claims import CLAIMS, METHOD
from .feature import NOTHING, Directives, Feature
from .place import Place
from .prefix_header import told_by

# A name or an address, with a port or without one: it becomes a header.
_HOST = Matching("a name such as localhost", r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_EMPTIED = tuple(f"{claim.name} {NOTHING}" for claim in CLAIMS)
_EMPTIED_BUT_METHODS = tuple(f"{claim.name} {NOTHING}" for claim in CLAIMS if claim.kind != METHOD)
_EMPTIED_HEADERS = tuple(f"proxy_set_header {claim.name}" for claim in CLAIMS)
_METHODS = tuple(f"proxy_set_header {claim.name}" for claim in CLAIMS if claim.kind == METHOD)
_OWNED = (
    "proxy_http_version",
    *(f"proxy_set_header {name}" for name in ("Host", "X-Real-IP")),
    *(f"proxy_set_header X-Forwarded-{name}" for name in ("For", "Host", "Proto", "Port")),
    "proxy_headers_hash_max_size",
    "proxy_headers_hash_bucket_size",
)


@dataclass(frozen=True, kw_only=True)
class RequestHeaders(Feature):
    """`method_override` of a route, `host` of a preset."""

    is_for_services: ClassVar[bool] = True
    method_override: bool = key(
        FLAG,
        "Whether a client may have its method replaced by a header; the editor of WordPress needs V(true).",
        default=False,
        example=True,
        preset=True,
    )
    host: str = key(
        _HOST,
        "The Host header that the service insists on, instead of the one that the client sent.",
        default="",
        example="localhost",
        preset_only=True,
    )
    owns: ClassVar[tuple[str, ...]] = _OWNED
    yielded: ClassVar[frozenset[str]] = frozenset(_EMPTIED_HEADERS)

    def location(self, at: Place) -> Directives:
        """Say who asks, and empty what services believe when it comes from their proxy, unless the route says it."""
        said = {name.lower() for name in (*at.route.request_headers, told_by(at.route))}
        emptied = _EMPTIED_BUT_METHODS if self.method_override else _EMPTIED
        return {
            "proxy_http_version": "1.1",
            "proxy_set_header": [
                f"Host {self.host or '$host'}",
                # What the client claims about itself is replaced, never appended to.
                "X-Real-IP $remote_addr",
                "X-Forwarded-For $remote_addr",
                "X-Forwarded-Host $host",
                "X-Forwarded-Proto $scheme",
                "X-Forwarded-Port $server_port",
                *(
                    each
                    for each in emptied
                    if (name := each.partition(" ")[0]).lower() not in said and _counts(at, name)
                ),
            ],
            # So many names do not fit into what nginx takes by itself.
            "proxy_headers_hash_max_size": "1024",
            "proxy_headers_hash_bucket_size": "128",
        }

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Name the emptied headers that go when the route lets them through."""
        return _METHODS if self.method_override else ()

    @classmethod
    def left(cls, path: str) -> tuple[str, ...]:
        """Name every header that a route empties."""
        return _EMPTIED_HEADERS


def _counts(at: Place, name: str) -> bool:
    """Whether a header is emptied here, and not refused."""
    return not is_grpc(at.route) or is_emptied(at, name)
