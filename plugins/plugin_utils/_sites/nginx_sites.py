# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: sites and routes as the declaration that `nginx_site` reconciles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ...module_utils._host.names import COMMON_SITE
from .._features import registry as features
from .._features._policy import client_files
from .._features._raw import statements
from .._features.compression import COMPRESSED
from .._features.default_site import leads_on
from .._features.place import Host
from .._features.plain_http import SERVE
from .._inventory.site import Site
from .._nginx.platform import KEEPALIVE_DIRECTIVES
from . import answers, locations, older, port_80
from .listening import Listening
from .paths import CLIMBS_MAP

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

# Bytes of a pointer, and how long a name may be where a bucket has 32 bytes and a pointer 4.
_POINTER = 8
_LONGEST_EVERYWHERE = 22
# A file name has 255 bytes at most, and logrotate writes behind that of a log.
_LONGEST_FILE = 200


# A name with an underscore is, to many services, the same as one with a hyphen. nginx reads it in the default server.
_NAMES = {"underscores_in_headers": "off", "ignore_invalid_headers": "on"}

# How long a client may take for the whole head of a request, and between two parts of a body; nginx itself grants 60
# seconds. A phone that changes its network is silent for some seconds in the middle of an upload, not for thirty.
_PATIENCE = {"client_header_timeout": "10s", "client_body_timeout": "30s"}


# What an older nginx does not know: it goes when nginx goes back.
_NEWER = ("http2", "ssl_reject_handshake")
# What the server for other names has of a default site, whose certificate may be gone when it is not one any more.
_CERTIFICATE = ("ssl_certificate", "ssl_certificate_key")

# What a server of ours says in its own right; an owner's is as he has it.
_OWN = {**_PATIENCE, **answers.error_page()}


def nginx_sites(sites: Sequence[Site], host: Host, plain: Collection[tuple[str, str]] = ()) -> list[dict[str, Any]]:
    """Return the whole declaration: the common site first, then one file for each site.

    `plain` has, by the name of their site, the old paths that an owner's server answers without HTTPS.
    """
    listening = Listening(sites, host.platform)
    found = [_site(site, host, listening) for site in sites]
    for site, declared in zip(sites, found, strict=True):
        moved = [at for at in features.places([site], host) if (site.name, at.route.moved_from) in plain]
        port_80.send_on(declared, moved)
    return [_common(sites, host, listening), *found]


def _common(sites: Sequence[Site], host: Host, listening: Listening) -> dict[str, Any]:
    platform, default, rejects = host.platform, listening.default, listening.rejects
    refusal = {"ssl_reject_handshake": "on"} if rejects else {}
    https = {
        "server_name": ["_"],
        "listen": listening.https(),
        "default": True,
        "directives": {**platform.tls(), **refusal, **_NAMES, **_OWN, "access_log": _DEFAULT_LOG},
        "owns": [*_NEWER, *_CERTIFICATE],
        # A client that shook hands under a right name and then asks for a wrong one ends here.
        "locations": [
            locations.declared("/", {"return": leads_on(default, "https") or ("421" if rejects else "444")}),
            locations.error(),
        ],
    }
    if not rejects:
        https["certificate"] = default.name if default else COMMON_SITE
    http = {
        "server_name": ["_"],
        "listen": listening.plain(),
        "default": True,
        "directives": {"server_tokens": "off", **_NAMES, **_OWN, "access_log": _DEFAULT_LOG},
        "locations": [
            locations.challenge(),
            locations.declared("/", {"return": leads_on(default, "http") or "444"}),
            locations.error(),
        ],
    }
    # The last one only where it is needed: some small builds of nginx lack `geo`.
    every = (_LOG_FORMAT, _PATH_MAP, *features.common(), CLIMBS_MAP, *features.site_common(sites), answers.maps())
    texts = (_names_hash(sites), *every, older.maps(sites, platform, rejects=rejects), *features.guards(sites, host))
    maps = "\n".join(filter(None, texts))
    files = client_files(sites, host)
    return {"name": COMMON_SITE, "directives": maps, "servers": [http, https], **({"files": files} if files else {})}


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


def _site(site: Site, host: Host, listening: Listening) -> dict[str, Any]:
    platform = host.platform
    server_names = list(site.names)
    challenge = locations.adopting_challenge() if site.adopt else locations.challenge()
    log = f"/var/log/nginx/{site.name[:_LONGEST_FILE]}.access.log constellation_edge"
    both, both_own = features.site_both(site), features.site_both_owned(site)
    kept = platform.keepalive()
    # What an owner's own line says stands in a file beside this one, in which ours would be the second.
    theirs_alone = [each.name for each in statements(site.raw) if each.name in kept and not site.adopt]
    both = {**both, **{name: value for name, value in kept.items() if name not in theirs_alone}}
    both_own = [*both_own, *KEEPALIVE_DIRECTIVES, *theirs_alone]
    http: dict[str, Any] = {
        "server_name": server_names,
        "listen": listening.plain(site),
        "directives": {"server_tokens": "off", **both, **_OWN, "access_log": log},
        "owns": [*both_own, *port_80.owned()],
        "locations": [challenge, port_80.root(site, host), locations.error()],
    }
    places = [*features.places([site], host)]
    routes = locations.in_order([locations.of_route(at) for at in places])
    ends = [locations.end(at) for at in places if locations.has_end(at)]
    answers_behind = [locations.answer(at) for at in places if locations.is_asked_first(at)]
    caches = [each for at in places for each in locations.cached(at)]
    moves = [each for at in places if at.route.moved_from for each in locations.moves(at)]
    bare = [each for at in places if not at.route.targets for each in locations.bare(at)]
    answering, more = features.site_guard(site), features.site_server(site, host)
    rooted = any("/" in (route.identity, route.moved_from) for route in site.routes)
    page = [] if rooted else [locations.without_route(site, host)]
    own = [*answers_behind, *(locations.of_page(each, site) for each in features.pages(site))]
    error = [] if any(each["location"] == locations.error()["location"] for each in own) else [locations.error()]
    https: dict[str, Any] = {
        "server_name": server_names,
        "listen": listening.https(site),
        "certificate": site.name,
        "directives": {
            **both,
            **platform.tls(),
            **older.refusals(platform, rejects=listening.rejects),
            **answering,
            **more,
            **_NAMES,
            **_OWN,
            **COMPRESSED,
            "access_log": log,
            "add_header": [*features.headers(site), *answers.headers()],
        },
        # Of headers this one alone is taken away again: others that an owner adds stay.
        "owns": [*features.site_owned(), *both_own, *_NEWER, *older.REFUSALS],
        "locations": [*routes, *caches, *ends, *bare, *moves, *page, *own, *error],
        "guards": [*older.REFUSALS, *map(locations.owned, answering)],
        **features.site_options(site),
    }
    if site.http == SERVE:
        port_80.serve_in_clear(http, https, challenge)
    whole: dict[str, Any] = {"name": site.name, **({"adopt": True} if site.adopt else {})}
    whole |= {"directives": features.file(site, host), "servers": [http, https]}
    if files := features.files(site, host):
        whole["files"] = files
    if not site.adopt:
        return whole
    # What answers on port 80 there, and what the owner logs and which headers he sends, is his.
    plain = {**port_80.LET_CHALLENGES_IN, **features.plain_guard(site)}
    http["locations"] += [locations.of_page(each, site) for each in features.plain_pages(site)]
    http["adopted"] = {
        "directives": plain,
        "guards": [*map(locations.owned, plain)],
        "without": ["/", locations.error()["location"]],
    }
    headers = features.headers(site)
    theirs = {**platform.tls(), **answering, **more, **features.site_adopted(site)}
    theirs |= {"add_header": headers} if headers else {}
    exact = [each for each in moves if each["location"].startswith("=")]
    without = [each["location"] for each in [*exact, *page, *error]]
    https["adopted"] = {"directives": theirs, "guards": [*map(locations.owned, answering)], "without": without}
    https["locations"] = [*map(locations.adopting, routes, places), *caches, *ends, *bare, *moves, *page, *own, *error]
    return whole


def every_server(site: Site, host: Host) -> frozenset[str]:
    """Return the directives that the HTTPS server of a site has whatever its owner writes into it."""
    server = _site(site, host, Listening([site], host.platform))["servers"][1]
    return frozenset((server["adopted"] if site.adopt else server)["directives"])
