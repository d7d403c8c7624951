# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what nginx does not refuse before it knows the request, refused in each server of ours.

An older one, such as Ubuntu 22.04's, refuses neither TLS for another name nor two lengths; a newer one takes TLS for
another name where it leads to a default site.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._features.feature import ERROR_PATH
from .._inventory.site import Site
from .._nginx.literal import literal
from .._nginx.platform import Platform

_ASTRAY, _LENGTHS = "$constellation_edge_astray", "$constellation_edge_lengths"
# A server's conditions are asked again when an error gets its page, which must not be an error once more.
_PAGE = literal(ERROR_PATH)
#: what `refusals` can set, in the form of `owns`
REFUSALS = (f"if ({_ASTRAY}) {{}}", f"if ({_LENGTHS}) {{}}")


def maps(sites: Iterable[Site], platform: Platform, *, rejects: bool) -> str:
    """Return what the refusals ask, for the http level; "" for an nginx that needs none; see `refusals`."""
    texts = []
    if not rejects:
        # What shook hands without TLS gets its answer elsewhere.
        known = " ".join(f'"~*^on:{_names([site.name])}:{_names(site.names)}:" 0;' for site in sites)
        head = f'map "$https:$server_name:$ssl_server_name:$uri" {_ASTRAY}'
        page = rf'"~^[^:]*:[^:]*:[^:]*:{_PAGE}(?!\x0a)$" 0;'
        texts.append(f'{head} {{ volatile; default 1; "~^:" 0; {page} {known} }}')
    if not platform.refuses_two_lengths:
        # What stands behind a body whose length is said in two ways is a request to one reader, and none to another.
        head = f'map "$http_content_length:$http_transfer_encoding:$uri" {_LENGTHS}'
        texts.append(rf'{head} {{ volatile; default 0; "~^[^:]*:[^:]*:{_PAGE}(?!\x0a)$" 0; "~^[^:]+:[^:]" 1; }}')
    return "\n".join(texts)


def refusals(platform: Platform, *, rejects: bool) -> dict[str, Any]:
    """Return the directives of a server: another name in TLS than the site's, and a length that is said twice.

    `rejects` tells whether TLS for a name that nobody has ends in its handshake.
    """
    astray = {} if rejects else {f"if ({_ASTRAY})": {"return": "421"}}
    return astray | ({} if platform.refuses_two_lengths else {f"if ({_LENGTHS})": {"return": "400"}})


def _names(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(literal, names))})"
