# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: what an owner's own servers mean for the sites: conflicts, services that differ, lineages in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._constellation.local_server import CONSTELLATION
from .._features._policy import policies
from .._inventory.schema import Problem, written_places
from .._inventory.site import Route, Site
from .standing import Server, has_port, leads_there, leads_to_all, origin_and_path, owners_servers, path_of

# Where certbot keeps the certificate of a lineage (its manual, "Where are my certificates?").
_LINEAGE = re.compile(r"/etc/letsencrypt/live/([^/]+)/[^/]+\Z")


def standing_problems(
    raw: Sequence[Mapping[str, Any]], sites: Sequence[Site], servers: Sequence[Server]
) -> list[Problem]:
    """Return every name that an owner's server has, and every location of it that says another thing than the route.

    `raw` is `edge_sites` as it was written, `servers` what `edge_preflight` found.
    """
    problems: list[Problem] = []
    for item, site in zip(raw, sites, strict=True):
        theirs = owners_servers(site, servers)
        if not site.adopt and theirs:
            problems.append(Problem(f"site {site.name}", _conflict(theirs), item))
        elif site.adopt:
            problems += [Problem(f"site {site.name}", text, item) for text in _in_clear(site, theirs)]
            for entry, _site, route in written_places([item], [site]):
                place = f"site {site.name}, route {route.path}"
                problems += [Problem(place, text, entry) for text in _differences(site, route, theirs)]
    return problems


def _in_clear(site: Site, servers: Iterable[Server]) -> Iterator[str]:
    """Yield each server of an owner's that answers without HTTPS what the site asks about."""
    if all(found.is_open for found in policies(site)):
        return
    for server in servers:
        if has_port(server, "80") and not server["redirects"]:
            yield (
                f"access counts on HTTPS alone, and {server['file']}:{server['line']} answers {site.name} on port 80 "
                "without asking who comes: write `return 301 https://$host$request_uri;` there, or take access out"
            )


def certificates(sites: Sequence[Site], servers: Sequence[Server]) -> list[dict[str, Any]]:
    """Return the certificates to have, for `certbot_certificate`.

    An adopted server keeps the certificate that it has: a lineage of certbot's is asked for by its own name, and no
    other is issued; what certbot did not make is nobody's to issue.
    """
    names: dict[str, list[str]] = {}
    for site in sites:
        lineage = _lineage(owners_servers(site, servers)) if site.adopt else ""
        if lineage is not None:
            names.setdefault(lineage or site.name, []).extend(site.names)
    return [{"name": name, "names": list(dict.fromkeys(found))} for name, found in names.items()]


def probe_traits(site: Site, route: Route, servers: Sequence[Server]) -> dict[str, bool]:
    """Return what an adopted server makes of a route's answers, for `edge_probe`."""
    if not site.adopt:
        return {}
    theirs = owners_servers(site, servers)
    https = [server for server in theirs if has_port(server, "443")]
    locations = [each for server in https for each in server["locations"] if path_of(each) == route.identity]
    traits = {"guarded": True} if any(each["denies"] for each in locations or https) else {}
    http = [server for server in theirs if has_port(server, "80")]
    return traits | ({"redirect": False} if http and not any(server["redirects"] for server in http) else {})


def notes(sites: Iterable[Site], servers: Sequence[Server]) -> list[str]:
    """Return what an owner should know of what stays on port 80."""
    return [
        f"http://{site.name}/ is answered without HTTPS by {server['file']}:{server['line']}, which stays as its owner "
        "made it; `return 301 https://$host$request_uri;` there sends everybody on"
        for site in sites
        if site.adopt
        for server in owners_servers(site, servers)
        if has_port(server, "80") and not server["redirects"]
    ]


def _lineage(servers: Iterable[Server]) -> str | None:
    """Return the lineage of the first certificate that the servers name, "" without one, None for another one."""
    path = next((server["certificate"] for server in servers if server["certificate"]), "")
    found = _LINEAGE.match(path)
    return found.group(1) if found else (None if path else "")


def _conflict(servers: Sequence[Server]) -> str:
    # The one that proxies is what the owner knows as his site; the other one redirects to it.
    leads = [(server, location) for server in servers for location in server["locations"] if location["upstream"]]
    server = leads[0][0] if leads else servers[0]
    doing = f", which leads to {leads[0][1]['upstream']}" if leads else ""
    return (
        f"{' and '.join(server['names'])} is served already by {server['file']}:{server['line']}{doing}, and that was "
        "not made by constellation.edge. Write `adopt: true` into the site (or `edge_adopt: true` for all sites) to "
        "have its routes go into that server, with everything else in it as it is; or take the name out of one of the "
        "two"
    )


def _differences(site: Site, route: Route, servers: Iterable[Server]) -> list[str]:
    """Return in words each location of an owner's that says another thing of a route's path or of its server."""
    paths = {each.identity for each in site.places}
    texts: list[str] = []
    for server in servers:
        for location in server["locations"] if has_port(server, "443") else []:
            place = f"{server['file']}:{location['line']} has location {location['location']}"
            if path_of(location) == route.identity and not route.targets:
                texts += _another_answer(location, place)
            elif location["ours"]:
                continue
            elif path_of(location) == route.identity:
                texts += _other_service(route, location, place)
            elif path_of(location) == route.moved_from:
                texts += _not_its_own(route, location, place)
            elif route.app == CONSTELLATION and not route.within and path_of(location) not in paths:
                texts += _another_path(route, location, place)
    return texts


def _another_answer(location: Mapping[str, Any], place: str) -> list[str]:
    """Tell of an owner's location where nginx is to answer otherwise: two answers in one are none that can be told."""
    if location["ours"] and not location.get("taken"):
        return []
    what = f"with {location['upstream']}" if location["upstream"] else "of its owner"
    return [
        f"has an answer of its own, but {place} {what}: which of the two is right? Take the location out there, and "
        "the run makes one; or take the route out of the inventory"
    ]


def _another_path(route: Route, location: Mapping[str, Any], place: str) -> list[str]:
    """Tell of a path under which a Constellation server would not answer any more."""
    if not leads_there(route, location):
        return []
    old = path_of(location)
    ways = ""
    if old.startswith("/") and old.endswith("/"):
        ways = f", or write `path: {old}` into the route, or `moved_from: {old}` to send readers on"
    return [
        f"leads to {route.upstream.written}, and {place} with {location['upstream']}: the server answers under the "
        f"path of its route alone. Take the location out there{ways}"
    ]


def _not_its_own(route: Route, location: Mapping[str, Any], place: str) -> list[str]:
    """Tell of an old path under which an owner serves something else by now."""
    if leads_there(route, location):
        return []
    what = _with(location)
    return [
        f"moved_from '{route.moved_from}' would send its readers on to {route.base}, but {place} {what}: take one of "
        "the two out"
    ]


def _other_service(route: Route, location: Mapping[str, Any], place: str) -> list[str]:
    if not leads_to_all(route, location):
        return [
            f"leads to {_and(each.written for each in route.targets)}, but {place} {_with(location)}: which of the "
            "two is right? Write the service of that line into the route's upstream, or take the location out there"
        ]
    theirs = _prefix(location)
    ours = _sent(route)
    # At the root of a site nothing is kept or taken away.
    if theirs == ours or (route.base == "/" and {theirs, ours} <= {"keep", "strip"}):
        return []
    if theirs in ("keep", "strip"):
        remedy = f"write `prefix: {theirs}` into the route"
    elif theirs.endswith("/"):
        remedy = f"write `upstream: {route.upstream.url}{theirs}` into the route"
    else:
        remedy = "take the location out there"
    return [
        f"{_way(ours)}, but {place} with {location['upstream']}, which {_way(theirs)}: {remedy}, or change that line"
    ]


def _sent(route: Route) -> str:
    """Return what a route does with its path, in the form of `_prefix`."""
    behind = route.base.removeprefix(route.mount)
    if route.upstream.path or (route.prefix == "strip" and behind):
        return (route.upstream.path or "/") + behind
    return "strip" if route.prefix == "strip" else "keep"


def _with(location: Mapping[str, Any]) -> str:
    """Return where a location leads, as the message says it."""
    several = location.get("servers", [])
    if several:
        return f"with {location['upstream']}, which is {_and(several)}"
    return f"with {location['upstream']}" if location["upstream"] else "without proxy_pass"


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)


def _way(prefix: str) -> str:
    """Return what happens to the path of a location, as `_prefix` tells it."""
    return {"keep": "sends the path on as it is", "strip": "takes the path away"}.get(prefix, "puts another one in")


def _prefix(location: Mapping[str, Any]) -> str:
    """Return what a location's `proxy_pass` does with its path: "keep", "strip", or the path that it puts in."""
    _origin, path = origin_and_path(str(location["upstream"]))
    if path in ("", path_of(location)):
        return "keep"
    return "strip" if path == "/" else path
