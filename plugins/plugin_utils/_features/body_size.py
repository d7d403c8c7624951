# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how large the body of a request may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import Size
from .feature import Directives, Feature
from .place import Place


@dataclass(frozen=True, kw_only=True)
class BodySize(Feature):
    """`max_body_size` of a route."""

    is_for_services: ClassVar[bool] = True
    owns: ClassVar[tuple[str, ...]] = ("client_max_body_size",)
    max_body_size: str = key(
        Size(),
        "The largest body of a request, in nginx's notation; V(0) is no limit of the proxy's.",
        default="0",
        example="10m",
        preset=True,
    )

    def location(self, at: Place) -> Directives:
        """Set the limit, which an owner may have made smaller for all."""
        return {"client_max_body_size": self.max_body_size}
