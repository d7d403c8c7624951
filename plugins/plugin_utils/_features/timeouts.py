# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how long a service may be silent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ...module_utils._nginx.text.tree import Statement
from .._keys.keys import key
from .._keys.kinds import Whole
from ._grpc import is_grpc
from .feature import Directives, Feature
from .place import Place

# A host in the house answers within milliseconds; one that starts has the time of a retransmission or two.
_CONNECT = "30s"
# One of several has another beside it, and a client that waits.
_CONNECT_TO_ONE = "3s"
_LEAST_SEND = 60
_PATIENCE = "client_body_timeout"
# nginx's units of time, in seconds (nginx.org/en/docs/syntax.html); a part of a second is none here.
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME = re.compile(r"(?:[0-9]+[smhd]?)+\Z")


@dataclass(frozen=True, kw_only=True)
class Timeouts(Feature):
    """`read_timeout` of a route."""

    is_for_services: ClassVar[bool] = True
    owns: ClassVar[tuple[str, ...]] = ("proxy_connect_timeout", "proxy_send_timeout", "proxy_read_timeout")
    read_timeout: int = key(
        Whole("seconds", 1, 86400),
        "How many seconds the service may be silent before the proxy gives up.",
        "A WebSocket may be silent for as long.",
        default=7200,
        example=150,
        preset=True,
    )

    def location(self, at: Place) -> Directives:
        """Set the three times of nginx's proxy.

        By gRPC a client's stream is the body of one request, in which it may be silent for as long as the service.
        """
        patience = {_PATIENCE: f"{self.read_timeout}s"} if is_grpc(at.route) else {}
        return {
            "proxy_connect_timeout": _CONNECT_TO_ONE if len(at.route.targets) > 1 else _CONNECT,
            "proxy_send_timeout": f"{max(self.read_timeout, _LEAST_SEND)}s",
            "proxy_read_timeout": f"{self.read_timeout}s",
            **patience,
        }

    def marks(self, at: Place) -> list[list[str]]:
        """Leave an owner's own line in the location of another service to him."""
        return [[_PATIENCE]] if is_grpc(at.route) else []

    @classmethod
    def recognise(cls, statements: Sequence[Statement]) -> Mapping[str, Any]:
        """Read `proxy_read_timeout`, where it is a number of whole seconds that a route can say."""
        said = [each.args for each in statements if each.name == "proxy_read_timeout"]
        if len(said) != 1 or len(said[0]) != 1 or not _TIME.match(said[0][0]):
            return {}
        parts = re.findall(r"([0-9]+)([smhd]?)", said[0][0])
        seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
        return {"read_timeout": seconds} if 1 <= seconds <= 86400 else {}
