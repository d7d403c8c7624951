# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: from where the pages of a site may load what they are made of, and where they may send something.

The policies follow the cheat sheet of OWASP (Content Security Policy Cheat Sheet, read 2026-11-30), with the directives
of CSP level 3 (W3C working draft). `basic` lets a page do what many applications do: code and style in the page itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._keys.keys import key
from .._keys.kinds import WordOrOff
from .feature import SiteFeature
from .place import Refusal

if TYPE_CHECKING:
    from .._inventory.site import Site

OFF, BASIC, STRICT = "off", "basic", "strict"
# nginx reads no argument that is longer than 4 kB, and who may frame a page has half of it.
_LONGEST = 1500
# By level; `connect-src` is completed by the names of the site.
_LOADS = {
    BASIC: "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; connect-src 'self' data: blob:",
    STRICT: "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "connect-src 'self'",
}


@dataclass(frozen=True, kw_only=True)
class ContentPolicy(SiteFeature):
    """`content_policy` of a site."""

    content_policy: str = key(
        WordOrOff(OFF, BASIC, STRICT),
        "From where browsers load what the site's pages consist of (C(Content-Security-Policy)).",
        "V(basic) is the site alone: pages load nothing from other hosts and send them no form. V(strict) also keeps "
        "code and style out that stand in a page, which many applications need.",
        "A service that says C(Content-Security-Policy) or C(X-Frame-Options) itself keeps what it says. C(headers) of "
        "a route can say another policy.",
        default=OFF,
        example=BASIC,
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse it where the headers are an owner's."""
        if whole.adopt and whole.content_policy != OFF:
            text = (
                "content_policy: a site that adopts keeps the headers of its owner's server: write "
                "`add_header Content-Security-Policy ...;` there, or `headers` into the routes"
            )
            yield Refusal(place, text, entry)


def loads(site: Site) -> str:
    """Return the directives of a site's policy beside `frame-ancestors`, "" for none.

    Older browsers do not take a WebSocket of the same host for `'self'` (Safari before 15.4, 2022).
    """
    if site.content_policy == OFF:
        return ""
    sockets = " ".join(f"wss://{name}" for name in site.server_names)
    return f"{_LOADS[site.content_policy]} {sockets if len(sockets) <= _LONGEST else 'wss:'}"
