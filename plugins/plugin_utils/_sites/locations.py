# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: the locations of a server: those of routes and of pages, and what leads to them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...module_utils._host.names import WEBROOT
from ...module_utils._nginx.text.quoting import quote
from .._features import registry as features
from .._features._grpc import PASSES, all_spoken, left, owned_by_both, spoken
from .._features._policy import ASKS, policy
from .._features._tries import COUNTS
from .._features.access import Access
from .._features.cache import cached_files, kept
from .._features.console import Console
from .._features.feature import CHALLENGE_PATH, IGNORED, Page
from .._features.logins import password_file
from .._features.moved_from import MovedFrom, moved_from
from .._features.place import Host, Place
from .._inventory.site import Route, Site
from .._keys.path_forms import EXACT, Path
from . import answers
from .paths import CLIMBS, refuse_climbing

# What a path without a route sets, or once did.
_PAGE = ("default_type", "return")

# Without buffering a service is done as soon as this much of its answer is read, and the kernel's own buffers hold the
# rest of most. An answer's head has to fit into it, too. nginx keeps what it does not use.
_BUFFERS = {
    "proxy_buffer_size": "64k",
    "proxy_buffers": "8 64k",
    "proxy_busy_buffers_size": "128k",
    # These have to be as large, and an owner may have made them smaller for all.
    "proxy_temp_file_write_size": "128k",
    "proxy_max_temp_file_size": "1024m",
}

# What a route of ours says in its own right; an owner's location is as he has it.
_OWN_PROXY = {"proxy_hide_header": list(answers.HIDDEN), "proxy_ignore_headers": IGNORED, **_BUFFERS}

# Of a location of ours; an owner's has his own.
_OWN_DIRECTIVES = (
    *(f"proxy_hide_header {name}" for name in answers.HIDDEN),
    "proxy_ignore_headers",
    *_BUFFERS,
)


# Below the directory of any server; nobody has such a file.
_NO_FILE = "/.constellation-edge/no-file"

# What a location in a location does not get from the one around it.
_AGAIN = ("set", "rewrite", "proxy_pass")


def of_route(at: Place) -> dict[str, Any]:
    """Return the location of a route, in a server of ours."""
    own = {} if at.site.adopt or not at.route.targets else _OWN_PROXY
    guards = features.guard(at) | refuse_climbing()
    said = _asked_first(at) if is_asked_first(at) else features.location(at)
    location = declared(
        _head(at.route),
        guards | said | all_spoken(at.route, own),
        # Before there was a route, a page of ours may have stood there.
        (CLIMBS, *features.owned(at), *owned_by_both(at, _OWN_DIRECTIVES), *_PAGE),
    )
    location |= {
        "yields": [spoken(at.route, "proxy_set_header")],
        "guards": [*map(owned, guards)],
        "marks": features.marks(at),
    }
    marked = _marked(at)
    if is_asked_first(at):
        marked = {name: lines for name, lines in marked.items() if name in COUNTS}
    return location | features.options(at) | ({"marked": marked} if marked else {})


def is_asked_first(at: Place) -> bool:
    """Whether nginx would answer a route before it asks who comes: `return` counts before its access phase."""
    is_answer = bool(at.route.redirect or at.route.returns)
    return is_answer and not policy(at.site, at.route).is_open


def _asked_first(at: Place) -> dict[str, Any]:
    """Return what asks who comes and then leads to the answer: nginx looks for files behind its access phase."""
    asks = {name: value for name, value in features.location(at).items() if name in ASKS}
    return {**asks, "try_files": f"{_NO_FILE} {_answer_of(at.route)}"}


def answer(at: Place) -> dict[str, Any]:
    """Return the answer of a route that is asked first, as a location that no client can ask for."""
    said = {name: value for name, value in features.location(at).items() if name not in ASKS}
    more = {name: lines for name, lines in _marked(at).items() if name not in COUNTS}
    marked = {"marked": more} if more else {}
    names = [owned(each) if each.startswith("if ") else each for each in said]
    return {**declared(_answer_of(at.route), said, (*names, *_PAGE)), **marked}


def _answer_of(route: Route) -> str:
    return f"@constellation_edge_{hashlib.sha256(route.path.encode()).hexdigest()[:8]}"


def every_route(at: Place) -> frozenset[str]:
    """Return the directives that a route's location has whatever its keys say."""
    return frozenset() if at.site.adopt or not at.route.targets else frozenset(all_spoken(at.route, _OWN_PROXY))


def _head(route: Route) -> str:
    """Return the arguments of a route's location; an expression may need quotes."""
    found = Path.of(route.path)
    return f"{found.form} {quote(found.text)}" if found.form else found.text


def in_order(locations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the locations, each for a regular expression behind the one before it: nginx takes the first that fits."""
    last = ""
    for each in locations:
        if each["location"].startswith("~"):
            if last:
                each["after"] = last
            last = each["location"]
    return locations


def _marked(at: Place) -> dict[str, Any]:
    """Return what a route's location has with marks of its own, beside what each location of ours says anyhow.

    nginx drops the server's `add_header` where a location has one, so those stand there, too. One that the route says
    is as it says.
    """
    marked = features.marked(at)
    if "add_header" in marked:
        lines = (*features.headers(at.site), *answers.headers(), *marked["add_header"])
        marked["add_header"] = [*{_header(line): line for line in lines}.values()]
    hiding = spoken(at.route, "proxy_hide_header")
    if hiding in marked and not at.site.adopt:
        always = {_header(name) for name in answers.HIDDEN}
        marked[hiding] = [each for each in marked[hiding] if _header(each) not in always]
    return marked


def _header(line: str) -> str:
    return line.partition(" ")[0].lower()


def without_route(site: Site, host: Host) -> dict[str, Any]:
    """Answer 404 at the root of a site, where nginx would have a welcome page; what a route has left there goes."""
    gone = (*features.left("/"), *_OWN_DIRECTIVES, *left(site, "/", host))
    return declared("/", {"return": "404"}, (*_PAGE, CLIMBS, *gone))


def of_page(page: Page, site: Site) -> dict[str, Any]:
    """Return a location of a site's own. In an owner's server it keeps the headers of that one."""
    names = [owned(each) if each.startswith("if ") else each for each in page.directives]
    location = declared(page.location, page.directives, (*names, *page.owns))
    marked = dict(page.marked)
    if "add_header" in marked:
        marked["add_header"] = [*features.headers(site), *answers.headers(), *marked["add_header"]]
    adopted = {"directives": page.directives, **({"marked": page.marked} if page.marked else {})}
    return {**location, **({"marked": marked} if marked else {}), "adopted": adopted}


def cached(at: Place) -> list[dict[str, Any]]:
    """Return the location whose answers are kept, in that of its route: whatever is said there counts here, too.

    Beside it, an expression would be taken before the prefixes of other routes. nginx inherits neither where requests
    go nor what decides before that, so these are said again, with the lines that may hold more of the kind.
    """
    head = cached_files(at)
    if not head:
        return []
    there = replace(at, route=replace(at.route, path=head, within=at.route.mount))
    # Conditions are those of the route itself: whatever its path hides, its files do, too.
    said = features.guard(at) | refuse_climbing() | features.location(there)
    again = {name: value for name, value in said.items() if name in _AGAIN or name.startswith("if ")}
    more = {"include": files} if (files := features.marked(at).get("include")) else {}
    # What is not kept would otherwise lie on the disk until its client has read it. A body has to be known before its
    # request is answered.
    buffers = {"proxy_buffering": "on", "proxy_request_buffering": "on", "proxy_max_temp_file_size": "0"}
    body = {**again, **buffers, **kept(at), **more}
    return [{"location": head, "parents": [_head(at.route)], "state": "exact", "directives": body}]


def moves(at: Place) -> list[dict[str, Any]]:
    """Send readers of a route's old path on; whatever else asks there gets what a path without a route does.

    In an owner's location the rest stays as it is: it may lead to the service still, so that what is kept for the LAN
    is kept there, too. Without its last slash nginx finds the path for what it proxies alone.
    """
    old = at.route.moved_from or ""
    page = without_route(at.site, at.host)
    sending = moved_from(at.route)
    there = replace(at, route=replace(at.route, path=old))
    location = declared(old, {**sending, **page["directives"]}, dict.fromkeys([*page["owns"], *features.owned(there)]))
    location["guards"] = [*map(owned, sending)]
    location["adopted"] = of_old_path(old, features.guard(at) | sending, at)
    short = declared(f"= {old.rstrip('/')}", {"return": f"308 https://$host{at.route.base}$is_args$args"})
    # Another route may have this very path.
    taken = any(each.identity == short["location"] for each in at.site.places)
    return [location] if old == "/" or taken else [location, short]


def has_end(at: Place) -> bool:
    """Whether a path without its last slash is a location of its service: nginx would send its clients on."""
    taken = any(each.identity == _end_of(at.route) for each in at.site.places)
    return bool(at.route.within and at.route.targets and at.route.is_prefix and not taken)


def end(at: Place) -> dict[str, Any]:
    """Answer for the path of a location without its last slash as for the rest; an owner's location stays his."""
    # A cache is that of the location itself.
    there = of_route(replace(at, route=replace(at.route, path=_end_of(at.route), cache={})))
    # A file that it includes is that of the location.
    marked = {"marked": found} if (found := _marked(at)) else {}
    return {**there, **marked, "adopted": {}}


def _end_of(route: Route) -> str:
    return f"{EXACT} {route.base.rstrip('/')}"


def bare(at: Place) -> list[dict[str, Any]]:
    """Lead the path without its last slash to the route, as nginx does for what it proxies; an owner's stays his."""
    sent = {"return": f"308 https://$host{at.route.base}$is_args$args"}
    short = declared(_end_of(at.route), sent) | {"adopted": {}}
    taken = any(each.identity == short["location"] for each in at.site.places)
    return [] if at.route.base == "/" or taken or not at.route.is_prefix else [short]


def of_old_path(old: str, conditions: dict[str, Any], at: Place) -> dict[str, Any]:
    """Return what an owner's location at an old path has of ours: what it may still lead to is asked for as before."""
    owns = [*Console.owns, *Access.owns, *MovedFrom.left(old)]
    asks = policy(at.site, at.route).lines(password_file(at.site, at.route))
    marks = Access.marks(at.route, at)
    return {"directives": conditions | asks, "owns": owns, "guards": [*map(owned, conditions)], "marks": marks}


def owned(condition: str) -> str:
    """Return an `if` in the form of `owns`."""
    return f"{condition} {{}}"


def adopting(location: dict[str, Any], at: Place) -> dict[str, Any]:
    """Have an owner's location keep every line that the route does not set, but for those that are ours by name."""
    ours = [each for each in location["owns"] if "constellation_edge" in each or each.startswith(("if ", "rewrite "))]
    # Of two that say where a request goes, nginx takes the later one.
    ours += [each for each in PASSES if at.route.targets and each not in location["directives"]]
    more = {name: location[name] for name in ("guards", "marks", "yields")}
    # The headers of the server around it are the owner's.
    marked = {"marked": found} if (found := features.marked(at)) else {}
    return {**location, "adopted": {"directives": location["directives"], "owns": ours, **more, **marked}}


def challenge() -> dict[str, Any]:
    """Return where challenges for certificates are answered."""
    return declared(f"^~ {CHALLENGE_PATH}", {"root": WEBROOT, "default_type": "text/plain"})


def error() -> dict[str, Any]:
    """Return the usual page for errors."""
    return declared(*answers.error_location())


def adopting_challenge() -> dict[str, Any]:
    """Answer challenges in a server whose owner may ask for a login or refuse addresses; a location of his stays."""
    open_to_all = {"auth_basic": "off", "auth_request": "off", "allow": "all"}
    plain = challenge()
    return {**declared(plain["location"], {**plain["directives"], **open_to_all}), "adopted": {}}


def declared(location: str, directives: dict[str, Any], owns: Iterable[str] = ()) -> dict[str, Any]:
    """Return a location that decides on the directives of these names, by default of those it sets, and no others."""
    return {"location": location, "directives": directives, "owns": list(owns or directives)}
