# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: which path a service gets: the public one, what the client wrote behind it, or that below its own path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._keys.path_forms import Path
from .._nginx.literal import literal

if TYPE_CHECKING:
    from .._inventory.site import Route

REST = "$constellation_edge_rest"


def strips(route: Route) -> bool:
    """Whether a service gets what is behind the path of its route alone."""
    return route.prefix == "strip" and route.mount != "/" and not route.upstream.path


def behind(route: Route, *, is_adopted: bool) -> str:
    """Return what `proxy_pass` has behind the service's address; with "" nginx sends on what the client wrote.

    An owner's location is not to depend on a variable of ours: there nginx resolves the escapes of a path from which it
    takes the prefix. A service with a path of its own gets them as they are everywhere, since the directive that sets
    the variable stands in the same location, and stays there with it.
    """
    if route.upstream.path:
        return f"{route.upstream.path.rstrip('/')}{REST}"
    if not strips(route):
        return ""
    if not is_adopted:
        return REST
    # nginx takes no path beside a regular expression.
    return REST if Path.of(route.path).is_expression else "/" + route.base.removeprefix(route.mount)


def take_rest(route: Route) -> dict[str, Any]:
    """Return the directive by which `REST` is what the client wrote behind the route's path, with its query.

    Who writes the path itself in a way that is not known here gets 400.
    """
    return {_rest_of(route): {"return": "400"}}


def taken_rest(route: Route) -> str:
    """Return what `take_rest` sets, in the form of `owns`."""
    return f"{_rest_of(route)} {{}}"


def _rest_of(route: Route) -> str:
    name = REST.removeprefix("$")
    return f"if ($request_uri !~ ^{written(route.mount.rstrip('/'))}(?<{name}>/.*))"


def written(path: str) -> str:
    """Return an expression for a path; some clients escape its signs, and some double its slashes."""
    return "".join(
        letter if letter.isalnum() else "/+" if letter == "/" else rf"(?:{literal(letter)}|%{_digits(letter)})"
        for letter in path
    )


def _digits(letter: str) -> str:
    """Return an expression for the two digits of an escape (RFC 3986 section 2.1, 2005: in either letter case)."""
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.lower()}]" for digit in f"{ord(letter):02X}")
