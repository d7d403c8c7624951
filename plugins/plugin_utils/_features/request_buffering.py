# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether nginx takes a request whole before the service gets any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .._constellation.local_server import CONSTELLATION
from .._keys.keys import key
from .._keys.kinds import FLAG
from .feature import Directives, Feature
from .place import Place, Refusal, Written

_DIRECTIVE = "proxy_request_buffering"


@dataclass(frozen=True, kw_only=True)
class RequestBuffering(Feature):
    """`request_buffering` of a route."""

    is_for_services: ClassVar[bool] = True
    not_for_grpc: ClassVar[str] = "nginx passes each part on as it comes, in both directions"
    request_buffering: bool = key(
        FLAG,
        "Whether nginx takes the whole body of a request before the service gets any of it.",
        "With V(false), an upload goes to the service as it comes, and the proxy's disk holds nothing of it. The "
        "service then has to take bodies of unknown length (chunked), and is busy for as long as its slowest client.",
        default=True,
        example=False,
        preset=True,
    )

    def location(self, at: Place) -> Directives:
        """Switch it off."""
        return {} if self.request_buffering else {_DIRECTIVE: "off"}

    def marks(self, at: Place) -> list[list[str]]:
        """Leave an owner's own line to him."""
        return [[_DIRECTIVE]]

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse it for a server that takes no body of unknown length."""
        if route.app == CONSTELLATION and route.values.get("request_buffering") is False:
            text = (
                f"request_buffering: false is not for `app: {CONSTELLATION}`, whose server takes no body without a "
                "length (it answers 411, and may stop): take the key out"
            )
            yield Refusal(route.place, text, route.entry)
