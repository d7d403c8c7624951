# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: directives of nginx that no key of a site says: in its server, and beside it what these lines need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...module_utils._nginx.text.defined import DEFINING, PREFIX, defined
from ...module_utils._nginx.text.identity import location_form
from ...module_utils._nginx.text.tokens import outer
from ...module_utils._nginx.text.tree import Block, Statement, said, walk
from .._keys.keys import key
from .._keys.path_forms import Path
from .._nginx.reach import Rule, taken
from ._raw import Text, file_of_key, include, statements, written
from .feature import Directives, SiteFeature
from .place import Host, Needs, Refusal
from .plain_http import SERVE

if TYPE_CHECKING:
    from .._inventory.site import Site

_SERVER, _HTTP = "raw", "raw_http"
_TAKE_OUT = "every site says it itself: take it out"
_CLIENT = "it decides whom the checks for the LAN take for the client: write it as `trusted_proxies: [ADDRESS]`"
# Of these the server of a site has its own, or a line more would count for some of its routes alone.
_SAID_BY = {
    "listen": _TAKE_OUT,
    "server_name": "write it as `server_name` or `aliases`",
    "ssl_certificate": "each site has a certificate of its own: take it out",
    "ssl_certificate_key": "each site has a certificate of its own: take it out",
    "ssl_reject_handshake": "it would close the whole site: write `maintenance: true`, or take the site out",
    "add_header": "write it as `headers: {NAME: VALUE}` in the routes",
    "proxy_set_header": "write it as `request_headers: {NAME: VALUE}` in the routes",
    "proxy_hide_header": "write it as `hide_headers: [NAME]` in the routes",
    "proxy_redirect": "redirects of a service lead below the path of its route by themselves: take it out",
    "error_page": "write a page as `error_pages: {502: FILE}`, and what leads to a login in `raw` of the routes",
    "access_log": _TAKE_OUT,
    "set_real_ip_from": _CLIENT,
    "real_ip_header": _CLIENT,
    "real_ip_recursive": _CLIENT,
    "merge_slashes": "the checks of paths rely on nginx's own choice: take it out",
    **dict.fromkeys(("gzip", "brotli", "zstd"), "write it as `compression: FORMAT`, or a list"),
    "include": "what is in the file would not be checked: write its lines here",
}
# What would answer in front of every route, of `maintenance` and of the checks for the LAN, or lead around them.
_ANSWERS = {
    "return": "it would answer in the place of every route: put it into an `if`, or write `redirect` or `maintenance`",
    "break": "conditions of the site behind it would not be asked any more: take it out",
    "rewrite": "it would lead around what is asked of the path: write `redirect` or `moved_from` in a route",
}
_LIMITS = {"limit_req": "rate_limit", "limit_conn": "connection_limit"}
_IN_IF = ("return", "set")
_SETTING = ("set", "auth_request_set")
_CAPTURED = re.compile(rf"\?P?[<']{PREFIX}", re.IGNORECASE)
_OURS = f"names that begin with {PREFIX} are the collection's: take another one"
_CLIENTS = ("set_real_ip_from", "real_ip_header", "real_ip_recursive")


@dataclass(frozen=True, kw_only=True)
class SiteRaw(SiteFeature):
    """`raw` and `raw_http` of a site."""

    raw: str = key(
        Text("auth_basic Home;"),
        "Directives of nginx for the site's HTTPS server that no key says: a text, or a mapping of names to arguments.",
        "What a key says is refused, with that key, as is what would answer in the place of all routes. A C(location) "
        "is one that clients do not reach: C(@name), or C(= /path) with C(internal;).",
        "What the site and its routes ask of each request, they ask first. Everybody on the host may read the lines.",
        default="",
        example="auth_request /login-check;",
    )
    raw_http: str = key(
        Text("limit_req_zone $binary_remote_addr zone=login:1m rate=1r/s;"),
        "Definitions of nginx beside the server, which C(raw) of the site and of its routes name: C(map), C(geo), "
        "C(upstream), C(limit_req_zone), C(log_format) and their like.",
        "Each name is known to all sites, so that no two sites say the same one.",
        default="",
        example="limit_req_zone $binary_remote_addr zone=login:1m rate=1r/s;",
    )

    def server(self, whole: Site, host: Host) -> Directives:
        """Include the file of `raw`."""
        return {"include": [include(file_of_key(_SERVER, whole.name))]} if self.raw else {}

    def file(self, whole: Site) -> Directives:
        """Include the file of `raw_http` in front of what needs it."""
        return {"include": [include(file_of_key(_HTTP, whole.name))]} if self.raw_http else {}

    def needs(self, whole: Site) -> Needs:
        """Have the files beside the site."""
        texts = {_SERVER: self.raw, _HTTP: self.raw_http}
        return Needs(
            files={
                file_of_key(each, whole.name): written(each, f"site {whole.name}", text)
                for each, text in texts.items()
                if text
            }
        )

    @classmethod
    def problems(cls, whole: Site, place: str, entry: Mapping[str, Any]) -> Iterator[Refusal]:
        """Refuse what a key says, what is not the site's to say, and what would lead around its routes."""
        faults = [(_SERVER, each) for each in _server_faults(whole)]
        faults += [(_HTTP, each) for each in _http_faults(whole.raw_http)]
        for name, (what, text) in faults:
            yield Refusal(place, f"{name}: '{what}': {text}", entry)
        for what, text in _limit_faults(whole):
            yield Refusal(place, f"{_SERVER}: '{what}': {text}", entry)
        if whole.raw and whole.http == SERVE:
            text = (
                "is for the HTTPS server alone, and by `http: serve` port 80 answers without it: take one of them out"
            )
            yield Refusal(place, f"{_SERVER} {text}", entry)

    @classmethod
    def across(cls, several: Sequence[tuple[Site, Mapping[str, Any]]]) -> Iterator[Refusal]:
        """Refuse a name that two sites define, at both places."""
        found: dict[tuple[str, str], list[int]] = {}
        for number, (site, _entry) in enumerate(several):
            for each in statements(site.raw_http, _HTTP):
                for definition in defined(each):
                    found.setdefault(definition, []).append(number)
        for (kind, name), numbers in found.items():
            for number in dict.fromkeys(numbers) if len({*numbers}) > 1 else ():
                site, entry = several[number]
                others = ", ".join(f"site {several[other][0].name}" for other in numbers if other != number)
                text = (
                    f"{_HTTP}: {kind} '{name}' is defined in {_HTTP} of {others}, too, and nginx knows each name once: "
                    "keep it in one of them, or give it another name"
                )
                yield Refusal(f"site {site.name}", text, entry)


def _server_faults(site: Site) -> Iterator[tuple[str, str]]:
    """Yield what of a server's lines is refused, and why."""
    for each in statements(site.raw):
        if each.name == "location" and each.block is not None:
            yield from _location_faults(site, each)
        elif each.name == "if" and each.block is not None:
            yield from _condition_faults(each)
        elif fault := _ANSWERS.get(each.name) or _SAID_BY.get(each.name):
            yield outer(each.name), fault
        yield from _name_faults(each)


def _limit_faults(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the limits of a server that some of its routes would lose: nginx takes those of the innermost level."""
    said_here = {each.name for each in statements(site.raw)}
    for name, limit in _LIMITS.items():
        lost = [route.path for route in site.places if getattr(route, limit)]
        if name in said_here and lost:
            text = (
                f"it would not count in route {lost[0]}, which has `{limit}`: take one of the two out, or write "
                f"`{limit}` in every route"
            )
            yield name, text


def _condition_faults(condition: Statement) -> Iterator[tuple[str, str]]:
    for each, _depth in walk(condition.block or Block([])):
        if each.name not in _IN_IF:
            yield f"if ... {outer(each.name)}", "an `if` of a server takes `return` and `set` alone here: take it out"
        yield from _name_faults(each)


def _name_faults(each: Statement) -> Iterator[tuple[str, str]]:
    """Refuse what gives a variable of ours a value."""
    sets = each.name in _SETTING and each.args and each.args[0].lower().startswith(f"${PREFIX}")
    if sets or any(map(_CAPTURED.search, each.args)):
        yield outer(said(each)), _OURS


def _location_faults(site: Site, location: Statement) -> Iterator[tuple[str, str]]:
    """Refuse what clients would reach, since that is a route, and what stands where a route or a page of ours does."""
    what, body = outer(said(location)), location.block or Block([])
    form, path = location_form(location.args)
    if form not in ("@", "="):
        yield what, "write it as a route; here are `location @name` and `location = /path` with `internal;` alone"
    elif form == "=" and not any(each.name == "internal" for each in body.body):
        yield what, "write it as a route of its own, or `internal;` into it where clients are not to reach it"
    elif form == "=" and (path.startswith("/.constellation-edge/") or _is_taken(site, path)):
        yield what, "a route or a page of the site has this path: take another one"
    elif form == "@" and path.startswith(PREFIX):
        yield what, _OURS
    for each, _depth in walk(body):
        if each.name in ("location", "include", *_CLIENTS):
            yield f"{what} ... {outer(each.name)}", _SAID_BY.get(each.name, "locations in locations are not taken here")
        yield from _name_faults(each)


def _is_taken(site: Site, path: str) -> bool:
    """Whether a path is that of a route, or one that the regular expression of a route is for."""
    forms = [Path.of(route.path) for route in site.places]
    plain = {each.text for each in forms if not each.is_expression}
    plain |= {route.moved_from for route in site.routes if route.moved_from}
    expressions = [Rule(*each) for each in forms if each.is_expression]
    return path in {form for each in plain for form in (each, each.rstrip("/"))} or taken(expressions, path) is not None


def _http_faults(raw: str) -> Iterator[tuple[str, str]]:
    """Yield what of the lines beside a server is refused, and why."""
    known: set[tuple[str, str]] = set()
    for each in statements(raw, _HTTP):
        name = outer(each.name)
        if each.name == "server" and each.block is not None:
            yield name, "write it as a site of its own"
        elif each.name == "include":
            yield name, _SAID_BY["include"]
        elif each.name not in DEFINING:
            text = "it would count for all sites, and here are definitions alone: write it in `raw` of the site"
            yield name, f"{text}, or for all into a file of your own, /etc/nginx/conf.d/NAME.conf"
        for kind, word in defined(each):
            if word.lower().startswith(PREFIX):
                yield f"{kind} {word}", _OURS
            elif (kind, word) in known:
                yield f"{kind} {word}", "it is defined twice: keep one of the two"
            known.add((kind, word))
        for inside, _depth in walk(each.block or Block([])):
            if inside.name == "include":
                yield f"{name} ... include", _SAID_BY["include"]
            if any(map(_CAPTURED.search, (inside.name, *inside.args))):
                yield outer(said(inside)), _OURS
