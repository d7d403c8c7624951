# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: a start page at the root of a site, with a link to each of its routes."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ...module_utils._host.names import SITE_FILES
from .._keys.keys import key
from .._keys.kinds import FLAG
from .._keys.path_forms import Path
from ._files import file_of
from ._grpc import is_grpc
from ._policy import ASKS, policy, strangers
from .feature import Page, SiteFeature
from .logins import password_file
from .place import Needs, Refusal

if TYPE_CHECKING:
    from .._inventory.site import Route, Site

_PATH = "/.constellation-edge/index"
# A preset of this name knows nothing of the service.
_NAMELESS = "generic"
_file = partial(file_of, "index", "html")


@dataclass(frozen=True, kw_only=True)
class Index(SiteFeature):
    """`index` of a site."""

    index: bool = key(
        FLAG,
        "Whether the root of the site has a page with a link to each route, where no route has V(/).",
        "Regular expressions have no link, nor have gRPC services and routes that only C(return) a status.",
        "Everybody who may open the site reads it. Otherwise the root answers 404.",
        default=False,
        example=True,
    )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse it where something else answers at the root."""
        if not whole.index:
            return
        if whole.adopt:
            text = "index: a site that adopts keeps what its owner's server answers at /: take one of the two out"
            yield Refusal(place, text, entry)
        if whole.redirect:
            yield Refusal(place, "index: a site that leads elsewhere has no start page: take `index` out", entry)
            return
        for route in whole.routes:
            if route.identity in ("/", "= /"):
                text = f"index: route {route.path} answers there: take `index` out, or give the route another path"
                yield Refusal(place, text, entry)
            elif route.moved_from == "/":
                text = f"index: / leads to route {route.path} (moved_from): take one of the two out"
                yield Refusal(place, text, entry)

    def pages(self, whole: Site) -> list[Page]:
        """Return the page, and what leads to it."""
        if not whole.index:
            return []
        file = {"internal": None, "default_type": "text/html", "alias": f"{SITE_FILES}/{_file(_page(whole))}"}
        asks = policy(whole).lines(password_file(whole))
        return [
            # nginx serves no file for a path that ends with a slash.
            Page("= /", {"rewrite": f"^ {_PATH} last"}),
            # A browser asks each time whether there are other routes by now.
            Page(f"= {_PATH}", {**file, **asks}, ASKS, {"add_header": ["Cache-Control no-cache always"]}),
        ]

    def needs(self, whole: Site) -> Needs:
        """Have the page beside the site."""
        text = _page(whole)
        return Needs(files={_file(text): text}) if whole.index else Needs()

    def probes(self, whole: Site) -> list[dict[str, Any]]:
        """Ask for the page."""
        asked = {"url": f"https://{whole.name}/", "status": [200], **strangers(policy(whole))}
        return [asked] if whole.index else []


def _page(site: Site) -> str:
    """Return the page, in which nothing is from elsewhere."""
    name = html.escape(site.name)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{name}</title>\n<h1>{name}</h1>\n<ul>\n{''.join(map(_item, site.routes))}</ul>\n</html>\n"
    )


def _item(route: Route) -> str:
    """Return a link to a route, with the name of its application where that is known."""
    found = Path.of(route.path)
    if found.is_expression or route.returns or is_grpc(route):
        return ""
    path = html.escape(found.text)
    app = "" if route.app == _NAMELESS else f"{html.escape(route.app)} "
    return f'<li>{app}<a href="{path}">{path}</a></li>\n'
