# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how fast a client gets an answer.

nginx switches its limit off for what it passes on as it comes (`ngx_http_upstream_send_response`, `r->limit_rate = 0`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from .._keys.keys import key
from .._keys.kinds import OrOff, Parsed, kind_of
from .._keys.names import UnusableValueError
from .feature import Directives, Feature
from .place import Place, Refusal, Written

# nginx takes no `g` here (`ngx_parse_size`).
_FORM = re.compile(r"([0-9]{1,9})([km]?)\Z")
_BYTES = {"": 1, "k": 1024, "m": 1024 * 1024}
_LEAST, _MOST = 1024, 1024**3


def _bandwidth(value: object) -> str:
    """Return it as nginx takes it, or raise UnusableValueError."""
    is_said = isinstance(value, (str, int)) and not isinstance(value, bool)
    found = _FORM.match(str(value).lower()) if is_said else None
    if not found or not _LEAST <= int(found[1]) * _BYTES[found[2]] <= _MOST:
        given = f"'{value}'" if is_said else kind_of(value)
        raise UnusableValueError(
            f"bandwidth must be bytes a second from 1k to 1024m, such as `500k` or `2m`, or `off`, not {given}"
        )
    return found[0]


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Feature):
    """`bandwidth` of a route."""

    not_for_return: ClassVar[str] = "nginx sends a few bytes there"
    not_for_grpc: ClassVar[str] = "nginx passes each part on as it comes, and limits nothing"
    bandwidth: str = key(
        OrOff(Parsed("bytes a second, with k or m", "^[0-9]+[kmKM]?$", _bandwidth), ""),
        "How many bytes a second a client gets of one answer: V(1m) is 1024 kB, some 8 Mbit.",
        "Two answers at once get as much each. It is the average since the request, so that a stream which was silent "
        "may catch up. What a client sends, and a WebSocket, has no limit.",
        "A service needs C(buffering=true) beside it: nginx does not limit what it passes on as it comes.",
        default="",
        otherwise="no limit",
        example="1m",
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Limit it."""
        return {"limit_rate": [self.bandwidth]} if self.bandwidth else {}

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse it where nginx would limit nothing."""
        if route.values.get("bandwidth") and route.values.get("targets") and not route.values.get("buffering"):
            text = (
                "bandwidth limits nothing without `buffering: true`: nginx does not limit what it passes on as it comes"
                ". Write `buffering: true` beside it if the route has neither events nor live video, else take "
                "bandwidth out (in a location: `bandwidth: off`)"
            )
            yield Refusal(route.place, text, route.entry)
