# SPDX-License-Identifier: GPL-3.0-or-later

"""PRIVATE: `edge_sites` checked at every depth, with the nearest valid name for what is not understood.

Nothing here knows Ansible or a host; the result is a list of plain `Site` objects, or every problem at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...module_utils._nginx.sites.losses import PROTECTING
from .names import UnusableValueError, Upstream, host_name, route_path, upstream
from .nearest import nearest
from .wishes import ROUTE_WISHES, SITE_WISHES, wish

SITE_KEYS = ("adopt", "drops", "frame_ancestors", "hsts", "routes", "server_name")
ROUTE_KEYS = (
    "app",
    "buffering",
    "console",
    "drops",
    "max_body_size",
    "method_override",
    "moved_from",
    "path",
    "prefix",
    "probe",
    "read_timeout",
    "upstream",
    "websocket",
)
PROBE_KEYS = ("sse", "status", "stream", "websocket")
PREFIXES = ("keep", "strip")
LAN, PUBLIC = "lan", "public"
CONSOLES = (LAN, PUBLIC)
# Of `frame_ancestors`: whoever wants to.
ANY = "any"
# Seconds. A stream or a WebSocket may be silent for an hour.
READ_TIMEOUT = 7200
GENERIC_APP = "generic"
CONSTELLATION = "constellation"
PROXY_PORTS = (80, 443)
# RFC 6454 section 6.2 (2011), with the wildcard of CSP level 2, section 4.2 (2016).
_ORIGIN = re.compile(r"https?://(?:\*\.)?(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(?::[0-9]{1,5})?\Z")
# What `drops` of a site may name beside PROTECTING, which those of a route may name too.
SITE_DROPS = (*PROTECTING, "ssl_certificate")


@dataclass(frozen=True)
class Problem:
    """One mistake: `place` reads `site X, route Y`; `value` is the object whose origin names file and line."""

    place: str
    text: str
    value: object


class SchemaError(Exception):
    """Every problem of one host's `edge_sites`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.place}: {problem.text}" for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Route:
    """One public path of a site; `read_timeout` in seconds, `max_body_size` in nginx's notation ("0": no limit).

    `websocket` tells whether a client may ask for a WebSocket, `method_override` whether it may have its method
    replaced by a header. `host` is the Host header that the service insists on, "" for the one that the client sent.
    `console` tells who may open what the Constellation server keeps for its own host: the LAN or everybody. `drops`
    names nginx's directives that may stop protecting the service. `moved_from` is the path from which readers are sent
    on, "" for none, None where the inventory leaves it to what stands there.
    """

    path: str
    app: str
    upstream: Upstream
    prefix: str
    buffering: bool
    read_timeout: int
    max_body_size: str
    fixed_content_length: bool
    probe: Mapping[str, Any] = field(default_factory=dict)
    console: str = LAN
    host: str = ""
    drops: tuple[str, ...] = ()
    moved_from: str | None = None
    websocket: bool = True
    method_override: bool = False


@dataclass(frozen=True)
class Site:
    """One certificate and its names; the first one names it.

    `adopt` lets its routes go into the servers that its owner made for these names. `frame_ancestors` are the origins
    that may show its pages in a frame, beside the sites of the host, or ANY alone.
    """

    server_names: tuple[str, ...]
    routes: tuple[Route, ...]
    hsts: bool
    adopt: bool = False
    drops: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the certificate and of the site's file."""
        return self.server_names[0]


def read_sites(value: object, presets: Mapping[str, Mapping[str, Any]], *, adopt: bool = False) -> list[Site]:
    """Return the sites of one host, or raise SchemaError with every problem found.

    `adopt` is what a site says that says nothing of it.
    """
    reader = _Reader(presets, adopt=adopt)
    sites = reader.sites(value)
    if reader.problems:
        raise SchemaError(reader.problems)
    return sites


class _Reader:
    """Collects problems instead of stopping at the first, so that one run shows them all."""

    def __init__(self, presets: Mapping[str, Mapping[str, Any]], *, adopt: bool) -> None:
        self.presets = presets
        self.adopt = adopt
        self.problems: list[Problem] = []
        # Where an owner writes what has no key, for the site that is read.
        self.file = ""
        # Each upstream on a port of the proxy's with its place and its text.
        self.web_upstreams: list[tuple[str, Upstream, object]] = []

    def sites(self, value: object) -> list[Site]:
        if not isinstance(value, list) or not value:
            fault = "is missing: write" if value is None else "must be"
            self._say(
                "edge_sites", f"{fault} a list with at least one site: `- server_name: ...` and its `routes:`", value
            )
            return []
        sites = [self._site(item, f"site {index + 1}") for index, item in enumerate(value)]
        seen: dict[str, str] = {}
        for site in (site for site in sites if site):
            for name in site.server_names:
                if name in seen:
                    self._say(f"site {site.name}", f"server_name '{name}' is already a name of site {seen[name]}", name)
                seen[name] = site.name
        for place, target, raw in self.web_upstreams:
            if target.is_loopback or target.host in seen:
                self._say(place, f"upstream '{raw}' is the proxy itself: give the service's own address and port", raw)
        return [site for site in sites if site]

    def _site(self, item: object, place: str) -> Site | None:
        if not isinstance(item, dict):
            self._say(place, f"must be a mapping with {_listed(SITE_KEYS)}, not {_kind(item)}", item)
            return None
        before = len(self.problems)
        raw_names = item.get("server_name")
        names = raw_names if isinstance(raw_names, list) else [raw_names]
        if names and isinstance(names[0], str):
            place = f"site {names[0]}"
        self.file = f"/etc/nginx/sites-available/{str(names[0]).lower() if names else 'NAME'}"
        self._site_keys(item, place)
        if raw_names is None or not names:
            self._say(place, "has no server_name: give the name that clients ask for", item)
            server_names: list[str] = []
        else:
            read = [self._value(place, host_name, name) for name in names]
            server_names = [name for name in dict.fromkeys(read) if name]
        routes = self._routes(item, place)
        adopt = self._typed(place, item, "adopt", bool, self.adopt)
        # Browsers remember it for two years: on a site that was there before, only its owner says so.
        hsts = self._typed(place, item, "hsts", bool, not adopt)
        drops = self._drops(place, item, SITE_DROPS)
        framers = self._frame_ancestors(place, item)
        if len(self.problems) > before or not server_names:
            return None
        return Site(tuple(server_names), tuple(routes), hsts, adopt, drops, framers)

    def _frame_ancestors(self, place: str, item: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the origins beside the sites of the host, or ANY."""
        found = item.get("frame_ancestors", [])
        if found == ANY:
            return (ANY,)
        if not isinstance(found, list):
            self._say(place, f"frame_ancestors must be a list of origins, or '{ANY}', not {_kind(found)}", found)
            return ()
        for each in found:
            if not isinstance(each, str) or not _ORIGIN.match(each):
                text = f"frame_ancestors: {each!r} is not an origin, such as https://home.example.org"
                self._say(place, text, each)
        return tuple(map(str, found))

    def _routes(self, item: Mapping[str, Any], place: str) -> list[Route]:
        raw = item.get("routes")
        if raw is None and not set(item) <= set(SITE_KEYS):
            return []  # the unknown key is most likely `routes`, misspelt
        if not isinstance(raw, list) or not raw:
            self._say(place, "needs `routes:`, a list with at least one route", item if raw is None else raw)
            return []
        routes = []
        seen: dict[str, int] = {}
        for number, entry in enumerate(raw, 1):
            route = self._route(entry, f"{place}, route {number}", place)
            if route is None:
                continue
            if route.path in seen:
                text = (
                    f"path '{route.path}' is already that of route {seen[route.path]}: each path leads to one service"
                )
                self._say(f"{place}, route {route.path}", text, entry)
            seen[route.path] = number
            routes.append(route)
        self._moves(raw, place, seen)
        return routes

    def _moves(self, entries: Sequence[object], place: str, paths: Mapping[str, int]) -> None:
        """Refuse an old path that another route has, or is sent on from."""
        left: dict[str, int] = {}
        for number, entry in enumerate(entries, 1):
            old = entry.get("moved_from") if isinstance(entry, dict) else None
            if not isinstance(old, str) or not old:
                continue
            if old in paths or old in left:
                verb, other = ("served", paths[old]) if old in paths else ("left", left[old])
                text = f"moved_from '{old}' is {verb} by route {other}: who asks there can be sent to one place only"
                self._say(f"{place}, route {number}", text, old)
            left.setdefault(old, number)

    def _route(self, entry: object, place: str, site_place: str) -> Route | None:
        if not isinstance(entry, dict):
            self._say(place, f"must be a mapping with {_listed(ROUTE_KEYS)}, not {_kind(entry)}", entry)
            return None
        before = len(self.problems)
        if isinstance(entry.get("path"), str):
            place = f"{site_place}, route {entry['path']}"
        self._route_keys(entry, place)
        if "path" not in entry:
            self._say(place, "has no path: write '/' for the whole site or a prefix such as '/zm/'", entry)
        path = self._value(place, route_path, entry["path"]) if "path" in entry else None
        app, preset = self._app(entry, place)
        target = self._upstream(entry, app, preset, place)
        prefix = self._prefix(entry, preset, app, path, place)
        route = Route(
            path=path or "",
            app=app,
            upstream=target or Upstream("http", "", 0),
            prefix=prefix,
            buffering=self._typed(place, entry, "buffering", bool, preset.get("buffering", False)),
            read_timeout=self._seconds(place, entry, preset.get("read_timeout", READ_TIMEOUT)),
            max_body_size=self._body_size(place, entry, preset.get("max_body_size", "0")),
            fixed_content_length=bool(preset.get("fixed_content_length", False)),
            probe=self._probe(entry, place),
            console=self._console(entry, app, place),
            host=str(preset.get("host", "")),
            drops=self._drops(place, entry, PROTECTING),
            moved_from=self._moved_from(entry, place),
            method_override=self._typed(place, entry, "method_override", bool, preset.get("method_override", False)),
            websocket=self._typed(place, entry, "websocket", bool, preset.get("websocket", True)),
        )
        return None if len(self.problems) > before else route

    def _app(self, entry: Mapping[str, Any], place: str) -> tuple[str, Mapping[str, Any]]:
        app = entry.get("app", GENERIC_APP)
        if isinstance(app, str) and app in self.presets:
            return str(app), self.presets[app]
        without = "leave `app` out, and write `upstream: http://ADDRESS:PORT`"
        self._say(place, f"app '{app}' has no preset{nearest(app, self.presets)}; for any other, {without}", app)
        return GENERIC_APP, {}

    def _upstream(self, entry: Mapping[str, Any], app: str, preset: Mapping[str, Any], place: str) -> Upstream | None:
        if "upstream" in entry:
            target: Upstream | None = self._value(place, upstream, entry["upstream"])
            if target and target.port in PROXY_PORTS:
                self.web_upstreams.append((place, target, entry["upstream"]))
            return target
        if "port" in preset:
            return Upstream("http", "127.0.0.1", int(preset["port"]))
        if not set(entry) <= set(ROUTE_KEYS):
            return None  # the unknown key is most likely the missing one, misspelt
        if "app" not in entry:
            self._say(
                place,
                "has neither upstream nor app: where does the service answer? (upstream: http://ADDRESS:PORT)",
                entry,
            )
        elif entry["app"] == app:
            self._say(place, f"app '{app}' has no usual port: add `upstream: http://ADDRESS:PORT`", entry["app"])
        return None

    def _prefix(
        self, entry: Mapping[str, Any], preset: Mapping[str, Any], app: str, path: str | None, place: str
    ) -> str:
        prefix = entry.get("prefix", preset.get("prefix", "keep"))
        if prefix == "refuse" and "prefix" not in entry:
            if path not in ("/", None):
                self._say(place, f"{app} does not work below a path: give it a site of its own with `path: /`", entry)
            return "keep"
        if prefix not in PREFIXES:
            self._say(place, f"prefix '{prefix}' is not known{nearest(prefix, PREFIXES)}", prefix)
            return "keep"
        return str(prefix)

    def _console(self, entry: Mapping[str, Any], app: str, place: str) -> str:
        if "console" not in entry:
            return LAN
        console = entry["console"]
        if console not in CONSOLES:
            self._say(place, f"console '{console}' is not known{nearest(console, CONSOLES)}", console)
        elif app != CONSTELLATION and entry.get("app", GENERIC_APP) == app:
            self._say(
                place, f"console is for `app: {CONSTELLATION}` alone, and this route is {app}: take it out", entry
            )
        return str(console)

    def _probe(self, entry: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        probe = entry.get("probe", {})
        if not isinstance(probe, dict):
            self._say(place, f"probe must be a mapping with {_listed(PROBE_KEYS)}, not {_kind(probe)}", probe)
            return {}
        for key in set(probe) - set(PROBE_KEYS):
            self._say(f"{place}, probe", f"unknown key '{key}'{nearest(key, PROBE_KEYS)}", key)
        for key in ("sse", "stream", "websocket"):
            if key in probe and not isinstance(probe[key], str):
                self._say(
                    f"{place}, probe", f"{key} must be a path below the route, not {_kind(probe[key])}", probe[key]
                )
        status = probe.get("status", [])
        if not isinstance(status, list) or not all(_is_status(code) for code in status):
            self._say(f"{place}, probe", "status must be a list of HTTP status codes, such as [200, 401]", status)
        return probe

    def _drops(self, place: str, item: Mapping[str, Any], known: Sequence[str]) -> tuple[str, ...]:
        drops = item.get("drops", [])
        if not isinstance(drops, list):
            self._say(place, f"drops must be a list of nginx's directives, not {_kind(drops)}", drops)
            return ()
        for name in drops:
            if name not in known:
                self._say(place, f"drops: '{name}' is not known{nearest(name, known)}", name)
        return tuple(map(str, drops))

    def _moved_from(self, entry: Mapping[str, Any], place: str) -> str | None:
        """Return the old path, "" where there is to be none, None where nothing is said."""
        old: str | None = entry.get("moved_from")
        if "moved_from" in entry and old != "":
            old = self._value(place, route_path, old)
        return old

    def _seconds(self, place: str, entry: Mapping[str, Any], default: int) -> int:
        value = entry.get("read_timeout", default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 86400:
            self._say(place, f"read_timeout {value!r} must be seconds from 1 to 86400", value)
            return default
        return value

    def _body_size(self, place: str, entry: Mapping[str, Any], default: str) -> str:
        value = str(entry.get("max_body_size", default)).lower()
        digits = value[:-1] if value[-1:] in ("k", "m", "g") else value
        if not digits.isascii() or not digits.isdigit():
            self._say(
                place,
                f"max_body_size '{value}' must be a number with k, m or g, or 0 for no limit",
                entry["max_body_size"],
            )
        return value

    def _typed(self, place: str, entry: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
        value = entry.get(key, default)
        if not isinstance(value, kind):
            self._say(place, f"{key} must be true or false, not {value!r}", value)
            return default
        return value

    def _value(self, place: str, read: Callable[[object], Any], value: object) -> Any:
        try:
            return read(value)
        except UnusableValueError as problem:
            self._say(place, str(problem), value)
            return None

    def _site_keys(self, item: Mapping[str, Any], place: str) -> None:
        for key in item:
            if key in ROUTE_KEYS and key not in SITE_KEYS:
                self._say(place, f"unknown key '{key}': it is a key of a route, write it below `routes`", key)
            elif key not in SITE_KEYS:
                self._unknown(place, key, SITE_KEYS, SITE_WISHES)

    def _route_keys(self, entry: Mapping[str, Any], place: str) -> None:
        for key in entry:
            if key in SITE_KEYS and key not in ROUTE_KEYS:
                self._say(place, f"unknown key '{key}': it is a key of the site, write it beside `routes`", key)
            elif key not in ROUTE_KEYS:
                self._unknown(place, key, ROUTE_KEYS, ROUTE_WISHES)

    def _unknown(self, place: str, key: object, known: Sequence[str], wishes: Mapping[str, str]) -> None:
        instead = wish(key, wishes, self.file)
        self._say(place, f"unknown key '{key}'{': ' + instead if instead else nearest(key, known)}", key)

    def _say(self, place: str, text: str, value: object) -> None:
        self.problems.append(Problem(place, text, value))


def _is_status(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 599


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def _kind(value: object) -> str:
    return {"str": "text", "list": "a list", "NoneType": "nothing", "int": "a number"}.get(
        type(value).__name__.removeprefix("_AnsibleTagged"), f"{value!r}"
    )
