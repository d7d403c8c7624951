# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: answers that nginx keeps on its disk, so that the service is not asked for them again.

What is kept was given to a client without any login, and by an answer that says for how long. RFC 9111 (2022) is the
standard; where nginx does less than it asks for, less is kept:

- A request that could be somebody's own (`_PERSONAL`) goes past the cache, both ways. nginx by itself would keep the
  answer to one with `Authorization` (section 3.5), and knows nothing of cookies.
- nginx forgets `must-revalidate`, `proxy-revalidate` and `s-maxage` when the service is off, and would show such an
  answer when it is old (section 4.2.4): it is not kept.
- `proxy_cache_valid` says nothing here, so that no answer is kept without a time of its own.
- `proxy_cache_lock` is off: of clients that ask for the same picture at once, such as that of a camera, all but one
  would wait for half a second and more although the answer may not be kept (`ngx_http_file_cache_lock_wait`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ...module_utils._host.names import CACHES
from .._constellation.local_server import CONSTELLATION
from .._keys.keys import key
from .._keys.names import Upstream
from .._keys.path_forms import EXACT, EXPRESSIONS, FIRST, REGEX_ANY_CASE, Path
from .._nginx.reach import Rule, shared
from ._cache_kind import SIZE, TYPES, CacheKind
from ._lan import INSIDE, lan_networks
from .feature import IGNORED, Directives, Feature
from .place import Host, Needs, Place, Refusal, Written
from .trusted_proxies import trusts

if TYPE_CHECKING:
    from .._inventory.site import Site

# Whether a request may be answered from a cache, whether it comes from the LAN, whether the client wants an answer of
# now, and which answers are not kept. With longer names nginx warns that its hash of variables is full.
_SHARED, _FROM = "$constellation_edge_all", "$constellation_edge_lan"
_AGAIN, _UNKEPT = "$constellation_edge_new", "$constellation_edge_not"
# An error could be one that somebody has provoked. What has ten megabytes could fill the disk before nginx makes room;
# what a service compresses on its way does not say how much it has.
_STATUS_AND_LENGTH = r"~*^200:\d{0,7}:"
_WITHOUT = "(?!.*(?:must-revalidate|proxy-revalidate|s-maxage))"
# Before nginx 1.23.0 a variable has the first header of a name, and a cached answer is one for the last `Vary` alone.
_SEES_ALL = (1, 23, 0)
# The headers by which clients say who they are, beside cookies. Immich: immich.app/docs/api; Jellyfin and Emby:
# jellyfin/jellyfin Jellyfin.Server.Implementations/Security/AuthorizationContext.cs; Plex: X-Plex-Token of
# plexapi.readthedocs.io; GitLab and Gitea: docs.gitlab.com/api/rest/authentication; PhotoPrism: docs.photoprism.dev.
_CREDENTIALS = (
    *("authorization", "cookie", "api_key", "apikey", "x_api_key", "x_api_token", "x_auth", "x_auth_token"),
    *("x_access_token", "x_token", "x_session_id", "x_session_token", "x_user_token", "x_immich_user_token"),
    *("x_immich_share_key", "x_emby_token", "x_emby_authorization", "x_mediabrowser_token", "x_plex_token"),
    *("private_token", "deploy_token", "job_token"),
    # Navidrome, Gotify, Grocy, NocoDB, Joplin, Redmine, Vault, Synology; and general words.
    *("x_nd_authorization", "x_gotify_key", "grocy_api_key", "xc_auth", "x_api_auth", "x_redmine_api_key"),
    *("x_vault_token", "x_syno_token", "x_goog_api_key", "x_authorization", "proxy_authorization", "x_auth_key"),
    *("token", "access_token", "auth_token", "x_authentication", "x_authentication_token", "x_csrf_token"),
)
# What else makes an answer one for this request alone: parts, upgrades, and other sites that read it in a browser.
_ALONE = ("range", "upgrade", "origin")
# A body with a length or in chunks, by which a `GET` could get another answer than one without.
_BODY = "$content_length$http_transfer_encoding"
_PERSONAL = "".join(f"$http_{name}" for name in (*_CREDENTIALS, *_ALONE)) + _BODY
_ITSELF = "proxy_cache"
# Directives of a location that keeps answers, and that an owner may have written there while no key said it.
_LINES = (
    "proxy_cache_bypass",
    "proxy_cache_convert_head",
    "proxy_cache_key",
    "proxy_cache_lock",
    "proxy_cache_min_uses",
    "proxy_cache_revalidate",
    "proxy_cache_use_stale",
    "proxy_cache_valid",
    "proxy_no_cache",
)
# Letters of the site in the name of a directory, which has 255 bytes at most.
_LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Cache(Feature):
    """`cache` of a route."""

    is_for_services: ClassVar[bool] = True
    not_for_grpc: ClassVar[str] = "nginx keeps none of its answers"
    owns: ClassVar[tuple[str, ...]] = (_ITSELF,)
    cache: Mapping[str, Any] = key(
        CacheKind(),
        "Whether nginx keeps answers of the service on the proxy's disk, and gives them to others who ask for them.",
        "An answer is kept for as long as its C(Cache-Control) or C(Expires) says, and never without one. Requests "
        "with a login or a cookie go to the service.",
        "While the service is off, an answer that is old is given in its place.",
        "With C(types), answers for files of these types alone are kept. Without it all are, which needs "
        "C(buffering=true).",
        default={},
        otherwise="nothing is kept",
        example={SIZE: "2g", TYPES: ["images", ".pbf"]},
    )

    def location(self, at: Place) -> Directives:
        """Keep the answers of the whole location, or switch an owner's cache off, which would need buffering."""
        if _is_whole(at):
            said = kept(at)
            return {name: said[name] for name in said if not (name == _ITSELF and at.site.adopt)}
        return {} if at.route.buffering else {_ITSELF: "off"}

    def marked(self, at: Place) -> Directives:
        """Tell whether an answer comes from the cache; one that never could has no such header.

        In an owner's location, a line that leads to a cache of ours has our mark: it goes with the cache, his stays.
        """
        told = {"add_header": ["X-Cache-Status $upstream_cache_status"]} if self.cache else {}
        return told | ({_ITSELF: _variable(at)} if _is_whole(at) and at.site.adopt else {})

    def marks(self, at: Place) -> list[list[str]]:
        """Leave an owner's own lines to him."""
        return [[*_LINES]]

    def file(self, at: Place) -> Directives:
        """Return the cache of the route, and which of its requests may be answered from it."""
        if not self.cache:
            return {}
        rules = "levels=1:2 use_temp_path=off inactive=30d"
        zone = f"keys_zone={_zone(at)}:10m max_size={self.cache[SIZE]}"
        return {
            "proxy_cache_path": [f"{CACHES}{_name(at)} {rules} {zone}"],
            f"map {_SHARED} {_variable(at)}": {"default": "off", "1": _zone(at)},
        }

    @classmethod
    def guards(cls, sites: Sequence[Site], host: Host) -> str:
        """Return what each cache asks, "" where there is none."""
        if not any(route.cache for site in sites for route in site.places):
            return ""
        lan = " ".join(f"{network} lan;" for network in lan_networks(host))
        known = trusts(sites)
        old = host.platform.nginx < _SEES_ALL
        vary, no_other = (":$upstream_http_vary", "(?:Accept-Encoding)?:") if old else ("", "")
        return "\n".join(
            (
                f'map "$request_method:$ssl_client_verify:{_PERSONAL}" {_SHARED} '
                '{ default ""; "~^(?:GET|HEAD):(?:NONE)?:$" 1; }',
                f'map $http_cache_control {_AGAIN} {{ default ""; "~*no-cache" 1; }}',
                f'map "$upstream_status:$upstream_http_content_length{vary}:$upstream_http_cache_control" {_UNKEPT} '
                f'{{ default 1; "{_STATUS_AND_LENGTH}{no_other}{_WITHOUT}" ""; }}',
                f'map {INSIDE} {_FROM} {{ default ""; 1 lan; }}' if known else f'geo {_FROM} {{ default ""; {lan} }}',
            )
        )

    def needs(self, at: Place) -> Needs:
        """Need what tells the LAN from the rest."""
        return Needs(modules=("http_geo_module",)) if self.cache else Needs()

    @classmethod
    def problems(cls, route: Written) -> Iterator[Refusal]:
        """Refuse it where answers are nobody else's, or cannot be kept."""
        cache = route.values.get("cache")
        targets: Sequence[Upstream] = route.values.get("targets", ())
        if not cache or "cache" not in route.entry or (targets and targets[0].is_grpc):
            return
        for text in _faults(route, cache):
            yield Refusal(route.place, f"cache {text}", route.entry)

    @classmethod
    def among(cls, routes: Sequence[Written], paths: Mapping[str, int]) -> Iterator[Refusal]:
        """Refuse types whose files another route of the site takes by an expression: nginx would look here first."""
        known = [route for route in routes if "path" in route.values]
        others = [Path.of(route.values["path"]) for route in known]
        beside = [Rule(*path) for path in others if path.form in EXPRESSIONS]
        for route, path in zip(known, others, strict=True):
            types: Sequence[str] = route.values.get("cache", {}).get(TYPES, ()) if "cache" in route.entry else ()
            for other in beside if types and path.form == "" else ():
                if text := _taken(path, Rule(REGEX_ANY_CASE, _ending(types)), other, others):
                    yield Refusal(route.place, f"cache: {text}", route.entry)


def cached_files(at: Place) -> str:
    """Return the expression of the location in that of a route whose answers alone are kept, "" for none."""
    types = at.route.cache.get(TYPES)
    return f"{REGEX_ANY_CASE} {_ending(types)}" if types else ""


def _is_whole(at: Place) -> bool:
    """Whether all answers of a route are kept."""
    return bool(at.route.cache) and not at.route.cache[TYPES]


def kept(at: Place) -> Directives:
    """Return what a location has whose answers are kept.

    What is the service's to say is said here again, since what an owner has said for all sites would count. Of
    the status of `proxy_cache_valid` nothing is kept.
    """
    encoding = "$http_accept_encoding" if at.host.platform.nginx < _SEES_ALL else ""
    return {
        "proxy_ignore_headers": IGNORED,
        _ITSELF: _variable(at),
        "proxy_cache_key": f"{_FROM}{encoding}$scheme://$host:$server_port$request_uri",
        "proxy_cache_valid": "599 1s",
        "proxy_cache_bypass": _AGAIN,
        "proxy_no_cache": _UNKEPT,
        "proxy_cache_revalidate": "on",
        "proxy_cache_use_stale": "error timeout http_502 http_503 http_504",
        "proxy_cache_convert_head": "on",
        "proxy_cache_min_uses": "1",
        "proxy_cache_lock": "off",
    }


def _faults(route: Written, cache: Mapping[str, Any]) -> Iterator[str]:
    form = Path.of(str(route.values.get("path", "/"))).form
    if route.app == CONSTELLATION:
        yield f"is not for `app: {CONSTELLATION}`, whose answers are events and files of one user: take it out"
    if route.values.get("method_override"):
        yield "is not for a route with `method_override`, where a GET can change something: take one of the two out"
    if not cache[TYPES] and route.values.get("request_buffering") is False:
        yield (
            "is not for a route with `request_buffering: false`, where nginx does not know whether a request has a "
            "body: write `request_buffering: true`, or name `types`"
        )
    if not cache[TYPES] and not route.values.get("buffering"):
        yield (
            "without `types` has nginx take each answer whole, so that no event and no video would come at once: name "
            "`types`, such as [images], or write `buffering: true` beside it if the route has neither"
        )
    if cache[TYPES] and form == EXACT:
        yield "`types` are of files below a path, and this is one path alone: take `types` out"


def _taken(path: Path, files: Rule, other: Rule, every: Sequence[Path]) -> str:
    """Return why an expression and the files of a route cannot be in one site, "" where they can."""
    below = [Rule(*each) for each in every if each.form in ("", FIRST, EXACT) and each.text.startswith(path.text)]
    found = shared(files, other, below, Rule(*path))
    if found is None:
        return ""
    said = f"path '{other.form} {other.text}'"
    lost = (
        f"would no longer get files of these `types`, such as {found}"
        if found
        else ("might no longer get files of these `types` (such an expression is not judged)")
    )
    return (
        f"{said} {lost}, since nginx looks into the route's own location first: take `cache` out here, and write as "
        f"the last of the route's `locations`: {{path: '{files.form} {files.text}', buffering: true, cache: 1g}}"
    )


def _ending(types: Sequence[str]) -> str:
    return rf"\.(?:{'|'.join(re.escape(each) for each in types)})$"


def _name(at: Place) -> str:
    """Return what of a name is the cache's own: another service at the same path has another cache."""
    route = at.route
    digest = hashlib.sha256(repr((at.site.name, route.identity, route.targets, route.prefix)).encode()).hexdigest()
    return f"{at.site.name[:_LONGEST]}-{digest[:8]}"


def _zone(at: Place) -> str:
    return f"constellation_edge_{_name(at)}"


def _variable(at: Place) -> str:
    return f"$edge_{_name(at).rpartition('-')[2]}"
