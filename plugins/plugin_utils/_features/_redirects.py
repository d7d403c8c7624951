# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: where a service's redirects and cookies lead: to the same place below the path of its route.

A service behind a proxy knows of itself a name, a port and a path that its clients have no way to. Redirects to other
hosts stay, and of a service that is told no prefix those to other routes, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .._nginx.literal import literal
from ._rest import strips

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

# Behind a host: a path, or nothing of one. What begins with two slashes would be another host to a browser, which takes
# a backslash for a slash and passes over a tab.
_PATH = r"(?:/[/\x5c\x09]*|(?=[?#])|$)(.*)$"
# nginx reads no argument that is longer than 4 kB.
_AT_ONCE = 20
# Of these 4 kB, what the paths of other routes may take beside the names.
_ROOM = 2000


def redirects(site: Site, route: Route, addresses: Iterable[str]) -> list[str]:
    """Return the values of `proxy_redirect`, of which nginx takes the first that fits.

    `addresses` are those of the services that nginx is given instead of names. A service that listens on a socket knows
    of itself the site's names alone.
    """
    names = list(dict.fromkeys(filter(None, (*site.names, route.host))))
    targets = [each for each in route.targets if not each.is_socket]
    own = list(dict.fromkeys(filter(None, (*(each.host for each in targets), *addresses))))
    ports = _one_of(dict.fromkeys((80, 443, *(each.port for each in targets))))
    values: list[str] = []
    for begin in range(0, len(names), _AT_ONCE):
        some = names[begin : begin + _AT_ONCE]
        # By these it is this service on these ports: a machine has others, and so has a name that speaks TLS itself. A
        # port without TLS is one that the service has inside its container, and that nobody else knows.
        origin = rf"(?:(?:https?:)?//(?:{_one_of([*some, *own])})(?::(?:{ports}))?|(?:http:)?//(?:{_one_of(some)}):\d+)"
        if strips(route):
            values += _with_prefix(site, route, origin)
        else:
            if route.upstream.path:
                values.append(_from_path(route, origin))
            # One that leads from one name of the site to another is right as it is, and would lead back to itself.
            right = f"(?!https://(?:{_one_of(some)})(?:[/?#]|$))" if len(site.names) > 1 else ""
            values.append(f"~*^{right}{origin}{_PATH} /$1")
    return values


def _with_prefix(site: Site, route: Route, origin: str) -> list[str]:
    prefix = literal(route.mount.strip("/"))
    others = [_begin(each) for each in site.routes if each.base not in ("/", route.mount)]
    told = rf"(?:{prefix}(?:/|(?=[?#])|$))?(.*)$"
    stay = []
    if sum(map(len, others)) > _ROOM:
        # So many do not fit into one argument: each that leads to another route becomes itself, before all else.
        stay = [rf"~*^((?:{origin})?/(?:{some}).*)$ $1" for some in _in_parts(others)]
        others = []
    return [
        *stay,
        f"~*^(?:{origin})?/(?!{'|'.join(['/', *others])}){told} {route.mount}$1",
        # A host and nothing behind it, or a query alone.
        rf"~*^{origin}((?:[?#].*)?)$ {route.mount}$1",
    ]


def _from_path(route: Route, origin: str) -> str:
    """Return what leads from below the path that the service has itself to below the public one."""
    return f"~*^(?:{origin})?/{literal(route.upstream.path.strip('/'))}{_PATH} {route.mount}$1"


def cookie_below(route: Route) -> str:
    """Return the value of `proxy_cookie_path` for a service with a path of its own; other cookies stay as they are."""
    return rf"""~^"?/{literal(route.upstream.path.strip("/"))}(?:/|(?="?$))([^"]*)"?$ {route.mount}$1"""


def cookie_path(route: Route) -> str:
    """Return the value of `proxy_cookie_path` for a service that is told no prefix.

    A cookie for a path that its client does not know would never be sent back (RFC 6265 section 5.1.4, 2011). One for
    the root comes back as it is, and may have to be for the root: `__Host-` (RFC 6265bis section 4.1.3.2).
    """
    return f"{_cookie_path(route)} {route.mount}$1"


def owned_cookie_path(route: Route) -> str:
    """Return what `cookie_path` sets, in the form of `owns`: an owner's own ones stay."""
    return f"proxy_cookie_path {_cookie_path(route)}"


def _cookie_path(route: Route) -> str:
    return rf"""~^"?/(?!{literal(route.mount.strip("/"))}(?:[/"]|$))([^"]+)"?$"""


def _begin(route: Route) -> str:
    """Return an expression for what the paths of another route begin with, behind the first slash."""
    return literal(route.mount.lstrip("/")) + ("" if route.is_prefix else "(?:[?#]|$)")


def _in_parts(several: Iterable[str]) -> Iterator[str]:
    """Yield the alternatives joined, as many at once as have room in an argument."""
    part: list[str] = []
    for each in several:
        if part and sum(map(len, part)) + len(part) + len(each) > _ROOM:
            yield "|".join(part)
            part = []
        part.append(each)
    yield "|".join(part)


def _one_of(values: Iterable[object]) -> str:
    return "|".join(literal(str(value)) for value in values)
