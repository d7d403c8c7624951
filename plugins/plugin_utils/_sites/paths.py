# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a path is read once: what decides on a request and what answers it have the same one before them.

nginx chooses the location by the path with its escapes and dots resolved, and sends on what the client wrote. A service
that takes the written one by its beginning, or resolves more than nginx does, would answer for another route.
"""

from __future__ import annotations

from typing import Any

# Once or more escaped, in UTF-8 that is longer than it may be (RFC 3629 section 3, 2003), or as IIS writes it.
_ESCAPED = r"%(?:25)*"
_DOT = rf"(?:\.|{_ESCAPED}(?:2e|(?:c0|e0{_ESCAPED}80|f0{_ESCAPED}80{_ESCAPED}80){_ESCAPED}ae|u002e))"
_LONG_SLASH = rf"(?:(?:c0|e0{_ESCAPED}80|f0{_ESCAPED}80{_ESCAPED}80){_ESCAPED}af|(?:c1|e0{_ESCAPED}81){_ESCAPED}9c)"
_SLASH = rf"(?:[/\x5c]|{_ESCAPED}(?:2f|5c|{_LONG_SLASH}|u002f|u005c))"
# Servlet containers take what stands behind a semicolon out of the path before they resolve dots.
_END = rf"(?:{_SLASH}|[;?#]|{_ESCAPED}3b|$)"
_CLIMBS = "$constellation_edge_climbs"
#: for the http level: whether the path that the client wrote has a part of two dots, however it is written
CLIMBS_MAP = f'map $request_uri {_CLIMBS} {{ default 0; "~*^[^?]*{_SLASH}{_DOT}{_DOT}{_END}" 1; }}'
# What `refuse_climbing` sets, in the form of `owns`.
CLIMBS = f"if ({_CLIMBS}) {{}}"


def refuse_climbing() -> dict[str, Any]:
    """Return the directive that answers 400 to a path with a part of two dots; no browser sends one."""
    return {f"if ({_CLIMBS})": {"return": "400"}}
