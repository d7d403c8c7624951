# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether nginx takes an answer at once, or gives each part of it on as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import FLAG
from .feature import Directives, Feature
from .place import Place


@dataclass(frozen=True, kw_only=True)
class Buffering(Feature):
    """`buffering` of a route."""

    is_for_services: ClassVar[bool] = True
    not_for_grpc: ClassVar[str] = "nginx passes each part on as it comes, in both directions"
    owns: ClassVar[tuple[str, ...]] = ("proxy_buffering",)
    buffering: bool = key(
        FLAG,
        "Whether nginx takes an answer from the service before the client has read it.",
        "With V(false), events and video come at once. A service is then busy with an answer of more than some 100 KB "
        "until its client has read it.",
        "V(true) is for one of few threads that does not stream, because nginx then takes the whole answer at once, "
        "and gives nothing on until a buffer is full.",
        default=False,
        example=True,
        preset=True,
    )

    def location(self, at: Place) -> Directives:
        """Switch it off, or on for what needs it, as an owner may have switched it off for all."""
        if self.buffering:
            return {"proxy_buffering": "on"} if at.route.cache or at.route.bandwidth else {}
        return {"proxy_buffering": "off"}
