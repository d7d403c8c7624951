# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how long nginx keeps an idle connection to a service, for the next request.

A service that ends an idle connection in the moment in which nginx sends a request on it has got a part of it, or all.
nginx does not send a POST again then, and its client gets a 502. So nginx has to be the first to end it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .._keys.keys import key
from .._keys.kinds import Kind, Mistake
from ._groups import USUAL, is_asked_at_requests, kept
from .feature import Feature
from .place import Host, Place

if TYPE_CHECKING:
    from .._inventory.site import Site

_LEAST, _MOST = 0.1, 3600.0
#: with a short name, since two long ones do not fit into one place of nginx's hash of variables
REUSE = "$edge_reuse"
# What ends a connection behind its request. A login by NTLM or Negotiate counts for the whole connection at some
# services, whoever's requests follow (RFC 4559 section 6, 2006). A body beside a method that has none by itself (RFC
# 9110 section 9.3.1, 2022) is left unread by some, to which it is then the next client's request. Most requests are
# found without an expression.
_MAPS = f"""\
map "$request_method:$proxy_internal_body_length$proxy_internal_chunked:$http_authorization" {REUSE} {{
    default ""; GET:: ""; HEAD:: "";
    "~*^[^:]*:[^:]*:(?:ntlm|negotiate)(?![^ ])" close;
    "~^(?!(?:POST|PUT|PATCH):)[^:]*:(?!0?:)" close;
}}"""


class _Idle(Kind):
    """False for no kept connection, true for the usual time, or seconds."""

    def __init__(self) -> None:
        """Name it."""
        number = {"type": "number", "minimum": _LEAST, "maximum": _MOST}
        super().__init__(
            words="seconds, 0.1 to 3600, or false",
            option={"type": "raw"},
            json={"anyOf": [{"type": "boolean"}, number]},
        )

    def faults(self, name: str, value: object) -> Iterator[Mistake]:
        """Refuse what is no number, and what is out of the limits."""
        if isinstance(value, bool):
            return
        if not isinstance(value, (int, float)) or not _LEAST <= value <= _MOST:
            yield Mistake(value, f"{name} {value!r} must be false, or seconds from {_LEAST} to {_MOST:.0f}")

    def convert(self, value: Any) -> int:
        """Return milliseconds, 0 for none."""
        if isinstance(value, bool):
            return USUAL if value else 0
        return round(float(value) * 1000)


@dataclass(frozen=True, kw_only=True)
class Keepalive(Feature):
    """`keepalive` of a route, which stands in the `upstream` block of its service."""

    is_for_services: ClassVar[bool] = True
    keepalive: int = key(
        _Idle(),
        "How many seconds a connection to the service stays open for the next request.",
        "It has to be less than the time after which the service itself ends an idle connection: a POST that meets "
        "that moment is lost. V(false) is for a service that takes one request of a connection, or one connection at "
        "a time.",
        "Connections are kept to addresses, and to names where nginx asks for them itself, from version 1.27.3 on. "
        "A site with C(adopt) keeps none.",
        default=USUAL,
        otherwise="0.8",
        example=False,
        preset=_Idle(),
    )

    @classmethod
    def common(cls) -> str:
        """Return the maps that say which requests end their connection."""
        return _MAPS

    @classmethod
    def notes(cls, sites: Sequence[Site], host: Host) -> list[str]:
        """Return to which names nginx keeps no connection, as one note."""
        places = (Place(route, site, host) for site in sites for route in site.places if route.targets)
        names = sorted({at.route.upstream.host for at in places if kept(at) and is_asked_at_requests(at)})
        if not names:
            return []
        version = ".".join(map(str, host.platform.nginx))
        return [
            f"nginx {version} keeps no connection to {', '.join(names)}: it asks for a name that DNS knows at each "
            "request, and opens a connection for it. Write the address into `upstream` where it does not change; nginx "
            "1.27.3 and later keep connections to names, too"
        ]
