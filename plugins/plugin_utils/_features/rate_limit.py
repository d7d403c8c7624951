# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: how many requests a client may send in a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .._keys.keys import key
from .._keys.kinds import OrOff, Parsed, kind_of
from .._keys.names import UnusableValueError
from ._limits import CLIENT, NOT_COUNTED, SIZE, is_first, zone
from .feature import Directives, Feature
from .place import Needs, Place
from .retry_after import WAIT, is_told

if TYPE_CHECKING:
    from .._inventory.site import Route

_KIND = "rate"
_FORM = re.compile(r"([0-9]{1,6})r/([sm])(?: burst ([0-9]{1,6}))?\Z")
_MOST = 10_000
# Refused requests of one address, and within what time they count. A page with some hundred pictures that is over its
# limit and is loaded again has fewer; who asks once a second more than he may for all of that time has more.
_REFUSED, _WITHIN = 600, "10m"
# fail2ban's own filter reads the lines of limit_req alone, in all of its versions 0.11 to 1.1: neither those of
# limit_conn, nor of requests that nginx delays, nor of a dry run.
_JAIL = {
    "name": "nginx-limit-req",
    # Ubuntu 24.04 makes systemd the default: the jail would watch the journal, where nginx writes nothing.
    "backend": "auto",
    "port": "http,https",
    "logpath": ["/var/log/nginx/error.log"],
    "maxretry": _REFUSED,
    "findtime": _WITHIN,
    "sustained": True,
}


def _rate(value: object) -> str:
    """Return the rate in its one form, or raise UnusableValueError."""
    found = _FORM.match(value) if isinstance(value, str) else None
    if not found:
        given = f"'{value}'" if isinstance(value, str) else kind_of(value)
        raise UnusableValueError(
            f"rate_limit must be requests a second or a minute, such as `10r/s`, `30r/m` or `10r/s burst 20`, or `off`,"
            f" not {given}"
        )
    requests, burst = int(found[1]), int(found[3] or 0)
    if not 1 <= requests <= _MOST:
        raise UnusableValueError(f"rate_limit '{value}' must have 1 to {_MOST} requests; for none write `return: 403`")
    if found[3] and not 1 <= burst <= _MOST:
        raise UnusableValueError(f"rate_limit '{value}' must have a burst of 1 to {_MOST}, or none at all")
    return f"{requests}r/{found[2]}" + (f" burst {burst}" if burst else "")


@dataclass(frozen=True, kw_only=True)
class RateLimit(Feature):
    """`rate_limit` of a route."""

    not_for_return: ClassVar[str] = NOT_COUNTED
    rate_limit: str = key(
        OrOff(Parsed("requests a second or a minute", r"^[0-9]+r/[sm]( burst [0-9]+)?$", _rate), ""),
        "How many requests a client may send: V(10r/s) a second, V(30r/m) a minute.",
        "They have to come evenly: of V(10r/s), one in each tenth of a second. V(burst 20) lets 20 more come at once.",
        "What is over it is answered 429. An address that is refused 600 times within 10 minutes is banned.",
        "An IPv6 client is its network of 64 bits. What the host itself asks is not counted.",
        default="",
        otherwise="no limit",
        example="10r/s burst 20",
        preset=True,
    )

    def marked(self, at: Place) -> Directives:
        """Limit them; an owner's own limits count, too."""
        if not self.rate_limit:
            return {}
        burst = self.rate_limit.partition(" burst ")[2]
        burst = f" burst={burst} nodelay" if burst else ""
        told = {"set": [f"{WAIT} {_seconds(self.rate_limit)}"]} if is_told(at.site) else {}
        return {"limit_req": [f"zone={zone(at, _KIND, _said)}{burst}"], "limit_req_status": ["429"], **told}

    def file(self, at: Place) -> Directives:
        """Return the zone that counts."""
        if not self.rate_limit or not is_first(at, _KIND, _said):
            return {}
        rate = self.rate_limit.partition(" ")[0]
        return {"limit_req_zone": [f"{CLIENT} zone={zone(at, _KIND, _said)}:{SIZE} rate={rate}"]}

    def needs(self, at: Place) -> Needs:
        """Need nginx's module, and the jail that reads its lines."""
        return Needs(jails=(_JAIL,), modules=("http_limit_req_module",)) if self.rate_limit else Needs()


def _seconds(rate: str) -> int:
    """Return after how many seconds one more request is let in, rounded up."""
    requests, _sign, unit = rate.partition(" ")[0].partition("r/")
    return 1 if unit == "s" else -(-60 // int(requests))


def _said(route: Route) -> str:
    return route.rate_limit
