# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the features of a route, in the order in which their directives stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._nginx.text.tree import Statement
from .body_size import BodySize
from .buffering import Buffering
from .content_length import ContentLength
from .feature import Directives, Feature
from .request_headers import RequestHeaders
from .timeouts import Timeouts
from .websocket import WebSocket

FEATURES: tuple[type[Feature], ...] = (RequestHeaders, WebSocket, ContentLength, Timeouts, BodySize, Buffering)


def location(route: Feature) -> Directives:
    """Return the directives of all features in a route's location."""
    found: Directives = {}
    for feature in FEATURES:
        for name, values in feature.location(route).items():
            if isinstance(values, list):
                found.setdefault(name, []).extend(values)
            else:
                found[name] = values
    return found


def owned(route: Feature | None = None) -> list[str]:
    """Return what the features own in a route's location, in the form of `owns`; without a route what any may set."""
    return [name for feature in FEATURES for name in feature.owned(route or feature())]


def common() -> list[str]:
    """Return what the common file has for the features."""
    return [text for feature in FEATURES if (text := feature.common())]


def recognised(statements: Sequence[Statement]) -> Mapping[str, Any]:
    """Return the keys that say what an owner's location says, as far as the features know it."""
    return {name: value for feature in FEATURES for name, value in feature.recognise(statements).items()}
