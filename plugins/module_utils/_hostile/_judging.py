# SPDX-License-Identifier: GPL-3.0-or-later

"""What several kinds of probes ask of an answer."""

from __future__ import annotations

import re

from ._http1 import Response
from ._http2 import NO_HTTP2
from ._wire import CLOSED, REFUSED, RESET, Seen
from .subject import Verdict

# What a host says that takes a request for none of its own, or for none at all (RFC 9110 section 15.5, 2022).
TURNED_AWAY = (400, 421)
_VERSION = re.compile(r"\d")


def refused(seen: Seen, *statuses: int) -> bool:
    """Whether a request was turned away: by no connection, by its end without an answer, or by one of the statuses."""
    if seen.status:
        return seen.status in (statuses or TURNED_AWAY) and len(seen.answers) == 1
    return seen.end in (CLOSED, RESET, REFUSED) and not seen.data


def turned_away(seen: Seen, *statuses: int) -> Verdict:
    """Return the verdict on what must be refused."""
    return Verdict(refused(seen, *statuses), str(seen))


def not_spoken(seen: Seen) -> bool:
    """Whether the host has no HTTP/2, by which nothing can be asked then."""
    return seen.end == REFUSED and seen.note == NO_HTTP2


def betrays(answer: Response) -> str:
    """Return what an answer says of the program that made it, "" for nothing.

    A page that the host made itself names nginx, at most, in its header `Server`, and no version anywhere.
    """
    server = answer.one("Server")
    if _VERSION.search(server):
        return f"Server: {server}"
    if powered := answer.one("X-Powered-By"):
        return f"X-Powered-By: {powered}"
    return ""
