# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hundred `edge_sites`: those of the documents, those of the scenarios, and made ones that use every key.

They are plain data, the same in every run for the same checkout.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from .checkout import ROOT

COUNT = 200
SEED = 18
_DOCUMENTS = ("README.md", "docs/guides/*.md", "docs/guides/*/*.md")
# What stands for a value that only a running scenario knows.
_HOLE = "192.0.2.7"
_UPSTREAMS = (
    "http://127.0.0.1:8088",
    "http://localhost:8080",
    "http://[::1]:3000",
    "http://192.168.0.12:8081",
    "https://192.168.0.13",
    "http://[fd00::5]:8123",
    "https://nas.home.test:5001",
    "http://printer.box",
    "http://gone.home.test:81",
)
_PROTECTING = ("auth_basic", "auth_jwt", "auth_request", "deny", "limit_conn", "limit_req", "ssl_verify_client")
_ORIGINS = ("https://dashboard.example.org", "https://*.example.org", "http://192.168.0.9:8080")
_PROBES = ({"status": [200, 401]}, {"sse": "events"}, {"websocket": "ws", "stream": "video"}, {"status": [302]})
_HEADERS = {
    "headers": {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"},
    "hide_headers": ["X-Generator"],
    "request_headers": {"X-Script-Name": "/app", "X-Seen-By": "$hostname"},
}
_LIMITS = {"rate_limit": "10r/s burst 20", "connection_limit": 20, "bandwidth": "1m", "buffering": True}
_RAW = {
    "server_name": "raw.example.net",
    "compression": ["brotli", "gzip"],
    "raw": {"limit_req": "zone=raw burst=20", "if ($raw_slow)": {"return": "429"}},
    "raw_http": "limit_req_zone $binary_remote_addr zone=raw:1m rate=9r/s; map $arg_slow $raw_slow { default 0; 1 1; }",
    "routes": [{"path": "/", "upstream": "http://192.168.0.14:8080"}],
}
_WITHOUT_SERVICE = (
    {"server_name": "old.example.net", "redirect": "https://home.example.net", "http_code": 308, "default": True},
    {
        "server_name": "answers.example.net",
        "routes": [
            {"path": "/", "static": {"directory": "/srv/www", "index": "start.html", "try": [".html", "/start.html"]}},
            {"path": "/wiki/", "redirect": {"to": "/pages/", "code": 302, "path": "drop"}},
            {"path": "/shop/", "return": {"code": 410, "text": "closed for $5"}},
            {"path": "/scanner/", "return": 444, "access": "lan", "allow": "203.0.113.7", "deny": ["192.168.0.66"]},
            {
                "path": "/parts/",
                "upstream": "http://192.168.0.10:8080",
                "prefix": "strip",
                "locations": [
                    {"path": "/api/", "max_body_size": "10g", "read_timeout": 600},
                    {"path": r"~ \.jpg$", "headers": {"Cache-Control": "no-store"}},
                    {"path": "= /metrics", "return": 404},
                ],
            },
        ],
    },
)
# A hash of a password that is nobody's.
_HASH = f"$6$salt${'a' * 86}"
_USERS = {
    "server_name": "users.example.net",
    "users": {"anna": _HASH},
    "routes": [
        {"path": "/", "upstream": "http://192.168.0.15:8080"},
        {"path": "/own/", "upstream": "http://192.168.0.15:8081", "users": {"bert": _HASH, "zoë": _HASH}},
    ],
}
_FOLDERS = ("/{}/", "/a/{}/", "/{}/~b.c/", "/{}@home+1/")
Sites = list[dict[str, Any]]


def inventories(presets: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each inventory with its `name`, its `sites` and what it says of `adopt`."""
    # What needs a preset of its owner's is his.
    found = [each for each in (*_of_documents(), *_of_scenarios()) if _apps(each["sites"]) <= presets.keys()]
    chance = random.Random(SEED)  # noqa: S311 - the same inventories in every run
    apps = [None, *sorted(presets)]
    for number in range(COUNT - len(found)):
        made = _Maker(chance, presets).sites(apps[number % len(apps)])
        found.append(_inventory(f"made {number + 1}", made, adopt=number % 7 == 0))
    # In one alone: commits from before these keys refuse it.
    found[-1]["sites"][0]["routes"][0] |= _HEADERS | _LIMITS
    found[-1]["sites"] += (*_WITHOUT_SERVICE, _RAW)
    found[-1]["adopt"] = False
    found[-2]["sites"].append(_USERS)
    return found


def _apps(sites: Sites) -> set[str]:
    return {route["app"] for site in sites for route in site.get("routes", ()) if "app" in route}


def _inventory(name: str, sites: Sites, *, adopt: bool = False) -> dict[str, Any]:
    return {"name": name, "sites": sites, "adopt": adopt}


def _of_documents() -> Iterator[dict[str, Any]]:
    """Yield the example inventory and the inventories in the documents."""
    texts = {"inventory.example.yml": (ROOT / "inventory.example.yml").read_text(encoding="utf-8")}
    for path in sorted(path for pattern in _DOCUMENTS for path in ROOT.glob(pattern)):
        blocks = re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        texts |= {f"{path.relative_to(ROOT)}, block {number}": block for number, block in enumerate(blocks, 1)}
    for name, text in texts.items():
        for sites in _edge_sites(yaml.safe_load(text)):
            yield _inventory(name, _without_files(sites))


def _without_files(sites: Sites) -> Sites:
    """Return the sites with what the collection or the host has in the place of files, which are their owner's."""
    for tls in (route["upstream_tls"] for site in sites for route in site.get("routes", ()) if "upstream_tls" in route):
        tls |= {"verify": "system", "name": tls.get("name", "nas.home.test")}
    for site in sites:
        if isinstance(site.get("error_pages"), dict):
            site["error_pages"] = True
    return sites


def _edge_sites(data: Any) -> Iterator[Sites]:
    """Yield what is given as `edge_sites` at any depth."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if key == "edge_sites":
            yield value
        else:
            yield from _edge_sites(value)


def _of_scenarios() -> Iterator[dict[str, Any]]:
    """Yield an inventory for each scenario that has sites or routes of its own, and one for what all have."""
    folder = ROOT / "molecule"
    for name in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        paths = sorted((folder / name).rglob("*.py"))
        if sites := _written([path.read_text(encoding="utf-8") for path in paths]):
            yield _inventory(f"scenario {name}", sites)
    yield _inventory("every scenario", _written([(folder / "inventory.py").read_text(encoding="utf-8")]))


def _written(sources: list[str]) -> Sites:
    """Return the sites that stand in sources, and one for each route that stands there by itself."""
    sites: Sites = []
    for source in sources:
        for each in _Literals(ast.parse(source)).found:
            routes = each.get("routes", [each])
            known = [route for route in routes if "path" in route and ("upstream" in route or "app" in route)]
            if known:
                sites.append({**(each if "routes" in each else {}), "routes": known})
    return [{**site, "server_name": f"site{number}.example.org"} for number, site in enumerate(sites, 1)]


class _Literals:
    """The sites and routes that a source writes out, outermost first, less what is computed in them."""

    def __init__(self, tree: ast.Module) -> None:
        self._constants: dict[str, ast.expr] = {}
        for each in tree.body:
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
                self._constants[each.targets[0].id] = each.value
        self.found: Sites = []
        left: list[ast.AST] = [tree]
        while left:
            node = left.pop(0)
            value = self._value(node) if isinstance(node, ast.Dict) else None
            if value and {"routes", "path"} & value.keys():
                self.found.append(value)
            else:
                left += ast.iter_child_nodes(node)

    def _value(self, node: ast.expr) -> Any:
        """Return the value of an expression, None where it is computed."""
        if isinstance(node, ast.Dict):
            pairs = [
                (self._value(key), self._value(each)) for key, each in zip(node.keys, node.values, strict=True) if key
            ]
            return {key: value for key, value in pairs if value is not None} | self._service(pairs)
        if isinstance(node, ast.List):
            return [value for value in map(self._value, node.elts) if isinstance(value, (dict, str))]
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return _filled(node)
        constant = self._constants.get(node.id) if isinstance(node, ast.Name) else None
        return self._value(constant) if constant else None

    @staticmethod
    def _service(pairs: list[tuple[Any, Any]]) -> dict[str, str]:
        """Return an address for a service whose own one is computed."""
        return {"upstream": f"http://{_HOLE}"} if ("upstream", None) in pairs else {}


def _filled(text: ast.JoinedStr) -> str:
    """Return a text with an address, or with a port, where it is computed."""
    filled = ""
    for each in text.values:
        hole = "8080" if re.search(r"\d:$", filled) else _HOLE
        filled += str(each.value) if isinstance(each, ast.Constant) else hole
    return filled


class _Maker:
    """Makes the sites of one inventory, of which each key is there or not by chance."""

    def __init__(self, chance: random.Random, presets: Mapping[str, Mapping[str, Any]]) -> None:
        self._chance, self._presets = chance, presets
        self._number = 0

    def sites(self, app: str | None) -> Sites:
        """Return one to four sites; the first route of the first one has this `app`."""
        return [self._site(app if number == 0 else self._app()) for number in range(self._chance.randint(1, 4))]

    def _site(self, app: str | None) -> dict[str, Any]:
        names = [f"{word}{self._next()}.example.org" for word in ("home", "www", "more")][: self._chance.randint(1, 3)]
        first = self._route(app, is_root=self._needs_root(app) or self._maybe())
        others = [self._app() for _route in range(self._chance.randint(0, 4))]
        routes = [first, *(self._route(other, is_root=False) for other in others if not self._needs_root(other))]
        return {"server_name": names[0] if len(names) == 1 else names, "routes": routes} | self._some(
            adopt=self._chance.choice((True, False)),
            hsts=self._chance.choice((True, False)),
            drops=self._part((*_PROTECTING, "ssl_certificate")),
            frame_ancestors=self._chance.choice(("any", self._part(_ORIGINS))),
        )

    def _route(self, app: str | None, *, is_root: bool) -> dict[str, Any]:
        number = self._next()
        path = "/" if is_root else self._chance.choice(_FOLDERS).format(f"service{number}")
        route = {"path": path} | self._some(
            buffering=self._maybe(),
            keepalive=self._chance.choice((True, False, 0.5, 9)),
            drops=self._part(_PROTECTING),
            max_body_size=self._chance.choice(("0", 0, "20m", "512K", "1g", 65536)),
            method_override=self._maybe(),
            moved_from=self._chance.choice(("", f"/old{number}/")),
            prefix=self._chance.choice(("keep", "strip")),
            probe=self._chance.choice(_PROBES),
            read_timeout=self._chance.choice((1, 60, 3600, 86400)),
            websocket=self._maybe(),
        )
        if app:
            route["app"] = app
        if app == "constellation":
            route |= self._some(console=self._chance.choice(("lan", "public")))
        if "port" not in self._presets.get(app or "", {}) or self._maybe():
            route["upstream"] = self._chance.choice(_UPSTREAMS)
        return route

    def _needs_root(self, app: str | None) -> bool:
        return self._presets.get(app or "", {}).get("prefix") == "refuse"

    def _app(self) -> str | None:
        return self._chance.choice([None, *sorted(self._presets)])

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _maybe(self) -> bool:
        return self._chance.random() < 0.5

    def _some(self, **keys: Any) -> dict[str, Any]:
        """Return a third of the keys."""
        return {key: value for key, value in keys.items() if self._chance.random() < 0.35}

    def _part(self, words: tuple[str, ...]) -> list[str]:
        return self._chance.sample(words, self._chance.randint(0, len(words)))
