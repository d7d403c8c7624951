# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether a client may ask a service for a WebSocket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import FLAG
from ._groups import kept
from .feature import NOTHING, Directives, Feature
from .keepalive import REUSE
from .place import Place

_UPGRADE, _CONNECTION = "$constellation_edge_upgrade", "$constellation_edge_connection"
# What asks for a WebSocket (RFC 6455 section 4.1, 2011) and nothing else: a service that answers 101 is given whatever
# its client sends from then on. Texts in a map are compared without regard to case; methods that nginx takes have none.
_MAPS = f"""\
map $http_sec_websocket_key $constellation_edge_keyed {{ default yes; "" no; }}
map "$constellation_edge_keyed:$server_protocol:$request_method:$http_sec_websocket_version:$http_upgrade" \
{_UPGRADE} {{ default ""; yes:HTTP/1.1:GET:13:websocket websocket; }}
map {_UPGRADE} {_CONNECTION} {{ default upgrade; "" {REUSE}; }}"""


@dataclass(frozen=True, kw_only=True)
class WebSocket(Feature):
    """`websocket` of a route."""

    is_for_services: ClassVar[bool] = True
    not_for_grpc: ClassVar[str] = "it has streams of its own and no WebSocket"
    owns: ClassVar[tuple[str, ...]] = ("proxy_set_header Upgrade", "proxy_set_header Connection")
    websocket: bool = key(
        FLAG, "Whether a client may ask the service for a WebSocket.", default=True, example=False, preset=True
    )

    def location(self, at: Place) -> Directives:
        """Pass on what asks for a WebSocket, or nothing of it."""
        none = REUSE if kept(at) else NOTHING
        upgrade, connection = (_UPGRADE, _CONNECTION) if self.websocket else (NOTHING, none)
        return {"proxy_set_header": [f"Upgrade {upgrade}", f"Connection {connection}"]}

    @classmethod
    def common(cls) -> str:
        """Return the maps of both."""
        return _MAPS
