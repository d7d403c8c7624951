# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which headers of a service no client gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.header_kinds import HeaderNames
from .._keys.keys import key
from .feature import Directives, Feature
from .place import Place


@dataclass(frozen=True, kw_only=True)
class HiddenHeaders(Feature):
    """`hide_headers` of a route."""

    is_for_services: ClassVar[bool] = True
    hide_headers: tuple[str, ...] = key(
        HeaderNames(),
        "Headers of the service's answers that no client gets.",
        "C(Strict-Transport-Security) and C(X-Powered-By) are always among them, but on a site that adopts.",
        "Where one of a service's is hidden that the site says otherwise, such as C(X-Frame-Options), the site sends "
        "none instead; write one into C(headers).",
        default=(),
        example=["X-Generator"],
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Hide them."""
        return {"proxy_hide_header": [*self.hide_headers]} if self.hide_headers else {}
