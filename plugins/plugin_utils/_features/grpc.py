# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what else a service that speaks gRPC needs of nginx, and what its route cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .._keys.names import Upstream
from ._grpc import is_grpc
from .feature import Directives, Feature
from .place import Needs, Place, Refusal, Written

_PATIENCE = "client_body_timeout"
_MODULE = "http_grpc_module"
# Of `probe`: what is no question to a gRPC service.
_PROBES = ("sse", "stream", "websocket")


@dataclass(frozen=True, kw_only=True)
class Grpc(Feature):
    """`upstream: grpc://` of a route."""

    is_for_services: ClassVar[bool] = True

    def location(self, at: Place) -> Directives:
        """Let a client that streams be silent for as long as its service: its stream is the body of one request."""
        return {_PATIENCE: f"{at.route.read_timeout}s"} if is_grpc(at.route) else {}

    def marks(self, at: Place) -> list[list[str]]:
        """Leave an owner's own line in the location of another service to him."""
        return [[_PATIENCE]] if is_grpc(at.route) else []

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
