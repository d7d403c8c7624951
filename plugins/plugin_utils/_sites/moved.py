# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: who reads by a route's old path is sent on to the new one.

Of methods GET and HEAD alone are (RFC 9110 section 9.2.1, 2022, calls them safe): a body that is sent again to another
address is its sender's to decide. The status is 308 (RFC 9110 section 15.4.9), as the page has moved for good.
"""

from __future__ import annotations

from typing import Any

from .._inventory.site import Route
from .redirects import literal


def sends_on(path: str) -> str:
    """Return the `if` of an old path; what it finds behind the path is as the client wrote it, with its query."""
    return rf"if ($request ~ ^(?:GET|HEAD)\s{literal(path)}(\S*))"


def moved_from(route: Route) -> dict[str, Any]:
    """Return the directive that sends readers of a route's old path on."""
    # With scheme and host: a path that begins with two slashes would be another host to a browser.
    return {sends_on(route.moved_from or ""): {"return": f"308 https://$host{route.path}$1"}}
