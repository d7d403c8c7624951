# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: services that take no request without a length of its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import FLAG
from .feature import Directives, Feature
from .place import Place

_LENGTH = "$constellation_edge_length"


@dataclass(frozen=True, kw_only=True)
class ContentLength(Feature):
    """`fixed_content_length` of a preset."""

    is_for_services: ClassVar[bool] = True
    not_for_grpc: ClassVar[str] = "its requests have no length of their own"
    owns: ClassVar[tuple[str, ...]] = ("proxy_set_header Content-Length",)
    fixed_content_length: bool = key(
        FLAG,
        "Whether a body of no length is sent as C(Content-Length: 0).",
        default=False,
        example=True,
        preset_only=True,
    )

    def location(self, at: Place) -> Directives:
        """Send the length that nginx itself sends on, 0 where there is no body."""
        return {"proxy_set_header": [f"Content-Length {_LENGTH}"]} if self.fixed_content_length else {}

    @classmethod
    def common(cls) -> str:
        """Return the map of that length."""
        return f'map $proxy_internal_body_length {_LENGTH} {{ default $proxy_internal_body_length; "" 0; }}'
