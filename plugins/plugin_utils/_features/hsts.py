# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: whether browsers ask for a site by HTTPS alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import FLAG
from .feature import SiteFeature

# RFC 6797 (2012); the value that Mozilla Server Side TLS 6.0 recommends, in seconds: two years.
HSTS_SECONDS = 63072000


@dataclass(frozen=True, kw_only=True)
class Hsts(SiteFeature):
    """`hsts` of a site."""

    owns: ClassVar[tuple[str, ...]] = ("add_header Strict-Transport-Security",)
    hsts: bool = key(
        FLAG,
        "Whether browsers are told for two years to use HTTPS alone (RFC 6797).",
        default=True,
        otherwise="true, or false on a site that adopts or has `http: serve`",
        example=False,
    )

    def headers(self) -> list[str]:
        """Say it with every answer."""
        return [f'Strict-Transport-Security "max-age={HSTS_SECONDS}" always'] if self.hsts else []
