# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what a site's server on port 80 answers: it leads to HTTPS, serves the routes, or closes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._features import registry as features
from .._features.feature import CHALLENGE_PATH
from .._features.moved_from import sends_on
from .._features.place import Host, Place
from .._features.plain_http import OFF
from .._inventory.site import Site
from . import locations, older

# Certbot and many owners answer everything on port 80 before nginx looks for a location.
LET_CHALLENGES_IN = {f"if ($uri ~ ^{CHALLENGE_PATH.replace('.', '[.]')})": {"break": None}}

# A redirect to the host that was asked for.
_WITHIN = re.compile(r"\A(30[12378] )https://(?=\$host)")


def root(site: Site, host: Host) -> dict[str, Any]:
    """Return what answers on port 80 where no route does; what a route has left there goes."""
    answer = "444" if site.http == OFF else f"{site.http_code} https://$host$request_uri"
    return {**locations.without_route(site, host), "directives": {"return": answer}}


def serve_in_clear(http: dict[str, Any], https: dict[str, Any], challenge: dict[str, Any]) -> None:
    """Have the server on port 80 answer as the one with TLS does, and lead to itself; challenges come first."""
    guards = {
        each: https["directives"][each] for each in https["directives"] if locations.owned(each) in https["guards"]
    }
    guards = {**LET_CHALLENGES_IN, **guards}
    http["directives"] |= guards
    http["guards"] = [*map(locations.owned, guards)]
    headers = https["directives"]["add_header"]
    http["locations"] = [challenge, *(_with_headers(each, headers) for each in https["locations"])]
    for part in ("directives", "locations"):
        http[part] = _to_itself(http[part])


def _with_headers(location: dict[str, Any], headers: list[str]) -> dict[str, Any]:
    """Return a location that says the headers of its server itself, by our mark: in that of port 80 none is ours.

    One in another location gets those of that one.
    """
    if "parents" in location:
        return location
    return {**location, "marked": {"add_header": headers, **location.get("marked", {})}}


def owned() -> list[str]:
    """Return what a server on port 80 sets where it serves the site, in the form of `owns`."""
    guards = [each for each in (*features.site_owned(), *older.REFUSALS) if each.startswith("if ")]
    return [*map(locations.owned, LET_CHALLENGES_IN), *guards]


def _to_itself(value: Any) -> Any:
    """Return a part of a declaration in which redirects within the site stay in clear text."""
    if isinstance(value, dict):
        return {name: _to_itself(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_itself(each) for each in value]
    return _WITHIN.sub(r"\1http://", value) if isinstance(value, str) else value


def send_on(site: dict[str, Any], places: Iterable[Place]) -> None:
    """Send readers to HTTPS, which sends them on, where an owner's server on port 80 leads to where a route was."""
    http = site["servers"][0]
    for at in places:
        old = at.route.moved_from or ""
        sending = features.guard(at) | {sends_on(old): {"return": "308 https://$host$request_uri"}}
        location = locations.declared(old, sending) | {
            "adopted": locations.of_old_path(old, sending, at),
            "guards": [*map(locations.owned, sending)],
        }
        http["locations"] = [each for each in http["locations"] if each["location"] != old] + [location]
        http["adopted"]["without"] = [each for each in http["adopted"]["without"] if each != old]
