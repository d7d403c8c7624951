# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: sites and routes as the declaration that `nginx_site` reconciles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ...module_utils._host.names import COMMON_SITE, WEBROOT
from ...module_utils._nginx.text.quoting import quote
from .._features import registry as features
from .._features.compression import COMPRESSED
from .._features.console import Console
from .._features.feature import CHALLENGE_PATH, Page
from .._features.moved_from import MovedFrom, moved_from, sends_on
from .._features.place import Host, Place
from .._features.plain_http import OFF, SERVE
from .._inventory.site import Route, Site
from .._keys.path_forms import EXACT, Path
from .._nginx.platform import KEEPALIVE_DIRECTIVES
from . import answers, older
from .paths import CLIMBS, CLIMBS_MAP, refuse_climbing

# Access keys travel in query strings, so neither the query nor the referrer is logged; the rest is the layout of
# nginx's `combined`, which fail2ban's filters read.
_LOG_FORMAT = (
    "log_format constellation_edge '$remote_addr - $remote_user [$time_local] "
    '"$request_method $constellation_edge_path $server_protocol" $status $body_bytes_sent "-" "$http_user_agent"\';'
)
# As the client wrote it: nginx's own `$uri` is that of the page with which a request ends in an error.
_PATH_MAP = (
    'map $request_uri $constellation_edge_path { default ""; '
    '"~^(?<constellation_edge_asked>[^?]*)" $constellation_edge_asked; }'
)
# Requests for other names, in the distribution's own file but without their query.
_DEFAULT_LOG = "/var/log/nginx/access.log constellation_edge"
# Certbot and many owners answer everything on port 80 before nginx looks for a location.
_LET_CHALLENGES_IN = {f"if ($uri ~ ^{CHALLENGE_PATH.replace('.', '[.]')})": {"break": None}}

# Bytes of a pointer, and how long a name may be where a bucket has 32 bytes and a pointer 4.
_POINTER = 8
_LONGEST_EVERYWHERE = 22
# A file name has 255 bytes at most, and logrotate writes behind that of a log.
_LONGEST_FILE = 200

# A redirect to the host that was asked for.
_WITHIN = re.compile(r"\A(30[1278] )https://(?=\$host)")

# What a path without a route sets, or once did.
_PAGE = ("default_type", "return")

# A name with an underscore is, to many services, the same as one with a hyphen. nginx reads it in the default server.
_NAMES = {"underscores_in_headers": "off", "ignore_invalid_headers": "on"}

# How long a client may take for the whole head of a request, and between two parts of a body; nginx itself grants 60
# seconds. A phone that changes its network is silent for some seconds in the middle of an upload, not for thirty.
_PATIENCE = {"client_header_timeout": "10s", "client_body_timeout": "30s"}

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

# What an older nginx does not know: it goes when nginx goes back.
_NEWER = ("http2", "ssl_reject_handshake")

# What a server of ours says in its own right, and what its routes do; an owner's is as he has it.
_OWN = {**_PATIENCE, **answers.error_page()}
_OWN_PROXY = {"proxy_hide_header": list(answers.HIDDEN), "proxy_ignore_headers": answers.IGNORED, **_BUFFERS}

# Of a location of ours; an owner's has his own.
_OWN_DIRECTIVES = (
    *(f"proxy_hide_header {name}" for name in answers.HIDDEN),
    "proxy_ignore_headers",
    *_BUFFERS,
)


def nginx_sites(sites: Sequence[Site], host: Host, plain: Collection[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """Return the whole declaration: the common site first, then one file for each site.

    `plain` has, by the name of their site, the old paths that an owner's server answers without HTTPS.
    """
    found = [_site(site, host) for site in sites]
    for site, declared in zip(sites, found, strict=True):
        moved = [at for at in features.places([site], host) if (site.name, at.route.moved_from) in plain]
        _send_on_plain(declared, moved)
    return [_common(sites, host), *found]


def _common(sites: Sequence[Site], host: Host) -> dict[str, Any]:
    platform = host.platform
    refusal = {"ssl_reject_handshake": "on"} if platform.can_reject_handshake else {}
    https = {
        "server_name": ["_"],
        "listen": platform.listen_https(),
        "default": True,
        "directives": {**platform.tls(), **refusal, **_NAMES, **_OWN, "access_log": _DEFAULT_LOG},
        "owns": list(_NEWER),
        # A client that shook hands under a right name and then asks for a wrong one ends here.
        "locations": [_location("/", {"return": "421" if platform.can_reject_handshake else "444"}), _error()],
    }
    if not platform.can_reject_handshake:
        https["certificate"] = COMMON_SITE
    http = {
        "server_name": ["_"],
        "listen": platform.listen(80),
        "default": True,
        "directives": {"server_tokens": "off", **_NAMES, **_OWN, "access_log": _DEFAULT_LOG},
        "locations": [_challenge(), _location("/", {"return": "444"}), _error()],
    }
    # The last one only where it is needed: some small builds of nginx lack `geo`.
    every = (_LOG_FORMAT, _PATH_MAP, *features.common(), CLIMBS_MAP, *features.site_common(sites), answers.maps())
    texts = (_names_hash(sites), *every, older.maps(sites, platform), *features.guards(sites, host))
    maps = "\n".join(filter(None, texts))
    return {"name": COMMON_SITE, "directives": maps, "servers": [http, https]}


def _names_hash(sites: Iterable[Site]) -> str:
    """Return what makes room for the longest name, "" where every nginx has it.

    A bucket holds a pointer, the name with its length, and an end, each as long as a pointer or a multiple of it
    (`ngx_hash_init`, src/core/ngx_hash.c). By itself nginx takes a line of the processor's cache, 32 bytes on a small
    ARM and 64 on others.
    """
    longest = max((len(name) for site in sites for name in site.names), default=0)
    if longest <= _LONGEST_EVERYWHERE:
        return ""
    needed = 2 * _POINTER + -(-(longest + 2) // _POINTER) * _POINTER
    return f"server_names_hash_bucket_size {max(64, 1 << (needed - 1).bit_length())};"


def _site(site: Site, host: Host) -> dict[str, Any]:
    platform = host.platform
    server_names = list(site.names)
    challenge = _adopting_challenge() if site.adopt else _challenge()
    log = f"/var/log/nginx/{site.name[:_LONGEST_FILE]}.access.log constellation_edge"
    both, both_own = features.site_both(site), features.site_both_owned(site)
    http: dict[str, Any] = {
        "server_name": server_names,
        "listen": platform.listen(80),
        "directives": {"server_tokens": "off", **both, **platform.keepalive(), **_OWN, "access_log": log},
        "owns": [*both_own, *KEEPALIVE_DIRECTIVES, *_in_clear_owned()],
        "locations": [challenge, _plain_root(site), _error()],
    }
    places = [*features.places([site], host)]
    routes = _in_order([_route(at) for at in places])
    ends = [_end(at) for at in places if _has_end(at)]
    moves = [each for at in places if at.route.moved_from for each in _moved(at)]
    bare = [each for at in places if not at.route.targets for each in _bare(at)]
    answering, more = features.site_guard(site), features.site_server(site, host)
    rooted = any("/" in (route.identity, route.moved_from) for route in site.routes)
    page = [] if rooted else [_no_route()]
    own = [_page(each, site) for each in features.pages(site)]
    error = [] if any(each["location"] == _error()["location"] for each in own) else [_error()]
    https: dict[str, Any] = {
        "server_name": server_names,
        "listen": platform.listen_https(),
        "certificate": site.name,
        "directives": {
            **both,
            **platform.tls(),
            **platform.keepalive(),
            **older.refusals(platform),
            **answering,
            **more,
            **_NAMES,
            **_OWN,
            **COMPRESSED,
            "access_log": log,
            "add_header": [*features.headers(site), *answers.headers()],
        },
        # Of headers this one alone is taken away again: others that an owner adds stay.
        "owns": [*features.site_owned(), *both_own, *KEEPALIVE_DIRECTIVES, *_NEWER, *older.REFUSALS],
        "locations": [*routes, *ends, *bare, *moves, *page, *own, *error],
        "guards": [*older.REFUSALS, *map(_owned, answering)],
        **features.site_options(site),
    }
    if site.http == SERVE:
        _serve_in_clear(http, https, challenge)
    whole: dict[str, Any] = {"name": site.name, **({"adopt": True} if site.adopt else {})}
    whole |= {"directives": features.file(site, host), "servers": [http, https]}
    if files := features.files(site, host):
        whole["files"] = files
    if not site.adopt:
        return whole
    # What answers on port 80 there, and what the owner logs and which headers he sends, is his.
    plain = {**_LET_CHALLENGES_IN, **features.plain_guard(site)}
    http["locations"] += [_page(each, site) for each in features.plain_pages(site)]
    http["adopted"] = {
        "directives": plain,
        "guards": [*map(_owned, plain)],
        "without": ["/", _error()["location"]],
    }
    headers = features.headers(site)
    theirs = {**platform.tls(), **answering, **more, **features.site_adopted(site)}
    theirs |= {"add_header": headers} if headers else {}
    exact = [each for each in moves if each["location"].startswith("=")]
    without = [each["location"] for each in [*exact, *page, *error]]
    https["adopted"] = {"directives": theirs, "guards": [*map(_owned, answering)], "without": without}
    https["locations"] = [*map(_adopting, routes, places), *ends, *bare, *moves, *page, *own, *error]
    return whole


def _plain_root(site: Site) -> dict[str, Any]:
    """Return what answers on port 80 where no route does; what a route has left there goes."""
    answer = "444" if site.http == OFF else f"{site.http_code} https://$host$request_uri"
    return {**_no_route(), "directives": {"return": answer}}


def _serve_in_clear(http: dict[str, Any], https: dict[str, Any], challenge: dict[str, Any]) -> None:
    """Have the server on port 80 answer as the one with TLS does, and lead to itself; challenges come first."""
    guards = {each: https["directives"][each] for each in https["directives"] if _owned(each) in https["guards"]}
    guards = {**_LET_CHALLENGES_IN, **guards}
    http["directives"] |= guards
    http["guards"] = [*map(_owned, guards)]
    headers = https["directives"]["add_header"]
    http["locations"] = [challenge, *(_with_headers(each, headers) for each in https["locations"])]
    for part in ("directives", "locations"):
        http[part] = _to_itself(http[part])


def _with_headers(location: dict[str, Any], headers: list[str]) -> dict[str, Any]:
    """Return a location that says the headers of its server itself, by our mark: in that of port 80 none is ours."""
    return {**location, "marked": {"add_header": headers, **location.get("marked", {})}}


def _in_clear_owned() -> list[str]:
    """Return what a server on port 80 sets where it serves the site, in the form of `owns`."""
    guards = [each for each in (*features.site_owned(), *older.REFUSALS) if each.startswith("if ")]
    return [*map(_owned, _LET_CHALLENGES_IN), *guards]


def _to_itself(value: Any) -> Any:
    """Return a part of a declaration in which redirects within the site stay in clear text."""
    if isinstance(value, dict):
        return {name: _to_itself(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_itself(each) for each in value]
    return _WITHIN.sub(r"\1http://", value) if isinstance(value, str) else value


def _route(at: Place) -> dict[str, Any]:
    own = {} if at.site.adopt or not at.route.targets else _OWN_PROXY
    guards = features.guard(at) | refuse_climbing()
    location = _location(
        _head(at.route),
        guards | features.location(at) | own,
        # Before there was a route, a page of ours may have stood there.
        (CLIMBS, *features.owned(at), *_OWN_DIRECTIVES, *_PAGE),
    )
    location |= {"yields": ["proxy_set_header"], "guards": [*map(_owned, guards)], "marks": features.marks(at)}
    marked = _marked(at)
    return location | features.options(at) | ({"marked": marked} if marked else {})


def every_route(at: Place) -> frozenset[str]:
    """Return the directives that a route's location has whatever its keys say."""
    return frozenset() if at.site.adopt or not at.route.targets else frozenset(_OWN_PROXY)


def every_server(site: Site, host: Host) -> frozenset[str]:
    """Return the directives that the HTTPS server of a site has whatever its owner writes into it."""
    server = _site(site, host)["servers"][1]
    return frozenset((server["adopted"] if site.adopt else server)["directives"])


def _head(route: Route) -> str:
    """Return the arguments of a route's location; an expression may need quotes."""
    found = Path.of(route.path)
    return f"{found.form} {quote(found.text)}" if found.form else found.text


def _in_order(locations: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
    if "proxy_hide_header" in marked and not at.site.adopt:
        always = {_header(name) for name in answers.HIDDEN}
        marked["proxy_hide_header"] = [each for each in marked["proxy_hide_header"] if _header(each) not in always]
    return marked


def _header(line: str) -> str:
    return line.partition(" ")[0].lower()


def _no_route() -> dict[str, Any]:
    """Answer 404 at the root of a site, where nginx would have a welcome page; what a route has left there goes."""
    return _location("/", {"return": "404"}, (*_PAGE, CLIMBS, *features.left("/"), *_OWN_DIRECTIVES))


def _page(page: Page, site: Site) -> dict[str, Any]:
    """Return a location of a site's own. In an owner's server it keeps the headers of that one."""
    location = _location(page.location, page.directives, (*page.directives, *page.owns))
    marked = dict(page.marked)
    if "add_header" in marked:
        marked["add_header"] = [*features.headers(site), *answers.headers(), *marked["add_header"]]
    adopted = {"directives": page.directives, **({"marked": page.marked} if page.marked else {})}
    return {**location, **({"marked": marked} if marked else {}), "adopted": adopted}


def _moved(at: Place) -> list[dict[str, Any]]:
    """Send readers of a route's old path on; whatever else asks there gets what a path without a route does.

    In an owner's location the rest stays as it is: it may lead to the service still, so that what is kept for the LAN
    is kept there, too. Without its last slash nginx finds the path for what it proxies alone.
    """
    old = at.route.moved_from or ""
    page = _no_route()
    sending = moved_from(at.route)
    there = replace(at, route=replace(at.route, path=old))
    location = _location(old, {**sending, **page["directives"]}, dict.fromkeys([*page["owns"], *features.owned(there)]))
    location["guards"] = [*map(_owned, sending)]
    location["adopted"] = _sending(old, features.guard(at) | sending)
    bare = _location(f"= {old.rstrip('/')}", {"return": f"308 https://$host{at.route.base}$is_args$args"})
    # Another route may have this very path.
    taken = any(each.identity == bare["location"] for each in at.site.places)
    return [location] if old == "/" or taken else [location, bare]


def _has_end(at: Place) -> bool:
    """Whether a path without its last slash is a location of its service: nginx would send its clients on."""
    taken = any(each.identity == _end_of(at.route) for each in at.site.places)
    return bool(at.route.within and at.route.targets and at.route.is_prefix and not taken)


def _end(at: Place) -> dict[str, Any]:
    """Answer for the path of a location without its last slash as for the rest; an owner's location stays his."""
    there = _route(replace(at, route=replace(at.route, path=_end_of(at.route))))
    # A file that it includes is that of the location.
    marked = {"marked": found} if (found := _marked(at)) else {}
    return {**there, **marked, "adopted": {}}


def _end_of(route: Route) -> str:
    return f"{EXACT} {route.base.rstrip('/')}"


def _bare(at: Place) -> list[dict[str, Any]]:
    """Lead the path without its last slash to the route, as nginx does for what it proxies; an owner's stays his."""
    sent = {"return": f"308 https://$host{at.route.base}$is_args$args"}
    bare = _location(f"= {at.route.base.rstrip('/')}", sent) | {"adopted": {}}
    taken = any(each.identity == bare["location"] for each in at.site.places)
    return [] if at.route.base == "/" or taken or not at.route.is_prefix else [bare]


def _send_on_plain(site: dict[str, Any], places: Iterable[Place]) -> None:
    """Send readers to HTTPS, which sends them on, where an owner's server on port 80 leads to where a route was."""
    http = site["servers"][0]
    for at in places:
        old = at.route.moved_from or ""
        sending = features.guard(at) | {sends_on(old): {"return": "308 https://$host$request_uri"}}
        location = _location(old, sending) | {"adopted": _sending(old, sending), "guards": [*map(_owned, sending)]}
        http["locations"] = [each for each in http["locations"] if each["location"] != old] + [location]
        http["adopted"]["without"] = [each for each in http["adopted"]["without"] if each != old]


def _sending(old: str, directives: dict[str, Any]) -> dict[str, Any]:
    """Return what an owner's location at an old path has of ours."""
    owns = [*Console.owns, *MovedFrom.left(old)]
    return {"directives": directives, "owns": owns, "guards": [*map(_owned, directives)]}


def _owned(condition: str) -> str:
    """Return an `if` in the form of `owns`."""
    return f"{condition} {{}}"


def _adopting(location: dict[str, Any], at: Place) -> dict[str, Any]:
    """Have an owner's location keep every line that the route does not set, but for those that are ours by name."""
    ours = [each for each in location["owns"] if "constellation_edge" in each or each.startswith(("if ", "rewrite "))]
    more = {name: location[name] for name in ("guards", "marks", "yields")}
    # The headers of the server around it are the owner's.
    marked = {"marked": found} if (found := features.marked(at)) else {}
    return {**location, "adopted": {"directives": location["directives"], "owns": ours, **more, **marked}}


def _challenge() -> dict[str, Any]:
    return _location(f"^~ {CHALLENGE_PATH}", {"root": WEBROOT, "default_type": "text/plain"})


def _error() -> dict[str, Any]:
    return _location(*answers.error_location())


def _adopting_challenge() -> dict[str, Any]:
    """Answer challenges in a server whose owner may ask for a login or refuse addresses; a location of his stays."""
    open_to_all = {"auth_basic": "off", "auth_request": "off", "allow": "all"}
    plain = _challenge()
    return {**_location(plain["location"], {**plain["directives"], **open_to_all}), "adopted": {}}


def _location(location: str, directives: dict[str, Any], owns: Iterable[str] = ()) -> dict[str, Any]:
    """Return a location that decides on the directives of these names, by default of those it sets, and no others."""
    return {"location": location, "directives": directives, "owns": list(owns or directives)}
