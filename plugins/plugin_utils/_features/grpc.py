# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what else a service that speaks gRPC needs of nginx, and what its route cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .._keys.names import Upstream
from ._grpc import is_grpc
from ._grpc_claims import CLAIMED_MAP, REFUSAL, REFUSING, refuses
from .feature import Directives, Feature
from .place import Host, Needs, Place, Refusal, Written

if TYPE_CHECKING:
    from .._inventory.site import Site

_MODULE = "http_grpc_module"
# Of `probe`: what is no question to a gRPC service.
_PROBES = ("sse", "stream", "websocket")


@dataclass(frozen=True, kw_only=True)
class Grpc(Feature):
    """`upstream: grpc://` of a route."""

    is_for_services: ClassVar[bool] = True

    def guard(self, at: Place) -> Directives:
        """Refuse a client that says what services believe of their proxy."""
        return dict(REFUSAL) if is_grpc(at.route) and refuses(at) else {}

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return the map that is asked."""
        several = (Place(route, site, host) for site in sites for route in site.places)
        return CLAIMED_MAP if any(is_grpc(at.route) and refuses(at) for at in several) else ""

    def owns_here(self, at: Place) -> tuple[str, ...]:
        """Own the refusal."""
        return (REFUSING,) if is_grpc(at.route) else ()

    def needs(self, at: Place) -> Needs:
        """Name nginx's module."""
        return Needs(modules=(_MODULE,)) if is_grpc(at.route) else Needs()

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse what is asked of a web page; what `not_for_grpc` says refuses whole keys."""
        targets: Sequence[Upstream] = route.values.get("targets", ())
        if not targets or not targets[0].is_grpc:
            return
        said = route.entry.get("probe")
        for name in [each for each in _PROBES if each in said] if isinstance(said, dict) else ():
            text = f"probe: {name} is no question to a gRPC service, which is asked for a method: take it out"
            yield Refusal(route.place, text, said)
