# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every feature: what it sets, it owns; what it writes, nginx's grammar takes; what it recognises, it has written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import declare
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.identity import key as identity
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Statement, parse
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.feature import Feature, SiteFeature
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Needs, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._features.timeouts import Timeouts
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route, Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.destinations import Destination
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import fields_of, keys_of
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.names import Upstream
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from places import ROOT

FOLDER = ROOT / "plugins/plugin_utils/_features"
# Beside the features: what they are, what they are told, and data.
OTHERS = {"__init__", "claims", "feature", "logins", "place", "registry"}
NAMES = {
    name: {
        "full_name": name,
        "address": address,
        "now": address or "192.168.0.41",
        "in_dns": not address,
        "fresh": False,
        "servers": ["192.168.0.1"],
    }
    for name, address in (("nas.lan", ""), ("printer.lan", "192.168.0.40"))
}
SERVER = LocalServer(frozenset({"192.168.0.12"}), frozenset({8088}), ("/WebConsole",))
HOSTS = [
    Host(Platform((1, 18, 0), (3, 0, 2), ipv6=False), NAMES),
    Host(Platform((1, 28, 3), (3, 5, 5), ipv6=True), NAMES, SERVER),
]
UPSTREAMS = [
    Upstream("http", "127.0.0.1", 8088),
    Upstream("https", "192.168.0.10", 443),
    Upstream("http", "nas.lan", 5000),
    Upstream("https", "nas.lan", 5001),
    Upstream("http", "printer.lan", 80),
    Upstream("http", "unix:/run/app.sock", 0),
    Upstream("http", "192.168.0.10", 80, "/guacamole/"),
    Upstream("http", "nas.lan", 5000, "/files/"),
]

# What keys are read to, where that is not what an owner writes.
READ_TO: dict[str, list[Any]] = {
    "targets": [*((each,) for each in UPSTREAMS), (UPSTREAMS[2], replace(UPSTREAMS[4], weight=2, backup=True))],
    "access": [None, (), (("lan",),), (("lan",), ("login",)), (("lan", "login"),)],
    "allow": [(), ("203.0.113.7/32",)],
    "deny": [(), ("192.168.0.66/32",)],
    # Each is a route of its own.
    "locations": [()],
    "redirect": [None, Destination("", "/new/", keeps=True), Destination("https://a.example.org", "/b;c", 302)],
    "returns": [{}, {"code": 444, "text": ""}, {"code": 410, "text": 'costs "5$"'}],
    "static": [{}, {"directory": "/srv/a b", "index": ("a.html", "b.html"), "try": (".html", "/a.html")}],
    "upstream_tls": [
        *({}, {"verify": "system"}, {"verify": "PEM", "name": "nas.lan"}, {"name": "nas.lan"}),
        *({"verify": "pin"}, {"verify": f"pin sha256:{'a' * 64}", "name": "nas.lan"}),
    ],
}


def mixes(feature: type[Feature] | type[SiteFeature]) -> Iterator[dict[str, Any]]:
    """Yield each mix of the defaults and examples of a feature's keys."""
    values = {
        field: READ_TO.get(field) or [*{repr(each): each for each in (key.default, key.example)}.values()]
        for field, (_name, key) in fields_of(feature).items()
    }
    return (dict(zip(values, mix, strict=True)) for mix in itertools.product(*values.values()))


def places() -> Iterator[Any]:
    """Yield each feature at each kind of place."""
    for feature in registry.FEATURES:
        for mix in mixes(feature):
            for path, adopt, host in itertools.product(("/", "/zm/"), (False, True), HOSTS):
                usual = {"targets": (UPSTREAMS[0],), "app": "constellation"}
                route = Route(**{**usual, **mix, "path": path})
                site = Site(server_names=("home.example.org",), routes=(route,), adopt=adopt)
                about = f"{mix} {path} {adopt} {host.platform.nginx}"
                yield pytest.param(feature, Place(route, site, host), id=f"{feature.__name__} {about}")


CASES = [*places()]


def owned_by(feature: type[Feature], at: Place) -> declare.Owns:
    """Return what is the feature's own, by name or by our mark."""
    marked = {name for group in feature.marks(at.route, at) for name in group}
    return declare.owned([*feature.owns, *feature.owns_here(at.route, at), *marked], "here")


def set_by(feature: type[Feature], at: Place) -> list[Statement]:
    both = {**feature.guard(at.route, at), **feature.location(at.route, at)}
    return declare.directives(both, "here")


def is_in(statement: Statement, owns: declare.Owns) -> bool:
    return statement.name in owns or identity(statement) in owns


@pytest.mark.parametrize(("feature", "at"), CASES)
def test_what_a_feature_sets_it_owns(feature: type[Feature], at: Place) -> None:
    owns = owned_by(feature, at) | declare.owned(feature.yielded, "here")
    assert [each.name for each in set_by(feature, at) if not is_in(each, owns)] == []


@pytest.mark.parametrize(("feature", "at"), CASES)
def test_no_two_features_own_the_same(feature: type[Feature], at: Place) -> None:
    theirs = {name for other in registry.FEATURES if other is not feature for name in owned_by(other, at)}
    assert not owned_by(feature, at) & theirs
    for other in registry.FEATURES:
        if other is not feature:
            assert [each.name for each in set_by(other, at) if is_in(each, owned_by(feature, at))] == []


# What may stand at the top of a site's file.
FILE = {"limit_conn_zone", "limit_req_zone", "map", "proxy_cache_path", "upstream"}


@pytest.mark.parametrize(("feature", "at"), CASES)
def test_what_a_feature_writes_at_the_http_level_is_nginx_text(feature: type[Feature], at: Place) -> None:
    texts = [feature.common(), feature.guards([at.site], at.host)]
    assert {each.name for text in texts for each in parse(text).body} <= {"geo", "map"}
    assert {each.name for each in declare.directives(feature.file(at.route, at), "here")} <= FILE


@pytest.mark.parametrize(("feature", "at"), CASES)
def test_what_a_feature_recognises_is_what_it_was_given(feature: type[Feature], at: Place) -> None:
    for name, value in feature.recognise(set_by(feature, at)).items():
        assert getattr(at.route, name) == value


@pytest.mark.parametrize("host", HOSTS)
def test_what_any_route_leaves_goes_when_its_path_has_none(host: Host) -> None:
    left = declare.owned(registry.left("/"), "here")
    for upstream in UPSTREAMS[:2]:
        route = Route(path="/", targets=(upstream,), app="constellation", moved_from="/old/")
        at = Place(route, Site(server_names=("home.example.org",), routes=(route,)), host)
        statements = declare.directives(registry.guard(at) | registry.location(at), "here")
        assert [each.name for each in statements if not is_in(each, left)] == []


def test_what_features_need_is_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a feature that needs everything, as those of later versions do."""
    jail = {"name": "logins", "logpath": ["/var/log/nginx/error.log"]}

    class Needy(Feature):
        def needs(self, at: Place) -> Needs:
            return Needs((8080,), (jail,), {"ca.pem": "text"}, ("http_geo_module",))

    monkeypatch.setattr(registry, "FEATURES", (*registry.FEATURES, Needy))
    routes = tuple(Route(path=path, targets=(UPSTREAMS[1],)) for path in ("/", "/zm/"))
    site = Site(server_names=("home.example.org",), routes=routes)
    host = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True, "nginx_without": ["http_geo_module"]}
    planned = edge_plan([site], host)
    assert planned["closed_ports"] == [8080]
    assert planned["jails"] == [jail]
    assert [each.get("files") for each in planned["nginx_sites"]] == [None, {"ca.pem": "text"}]
    lacking = registry.lacking([site], Host(Platform.of(host)))
    assert [(at.route.path, module) for at, module in lacking] == [
        ("/", "http_geo_module"),
        ("/zm/", "http_geo_module"),
    ]


def test_every_file_is_a_feature() -> None:
    names = {path.stem for path in Path(FOLDER).glob("*.py") if not path.name.startswith("_")} - OTHERS
    features = {*registry.FEATURES, *registry.SITE_FEATURES}
    assert names == {feature.__module__.rpartition(".")[2] for feature in features}
    assert all(issubclass(Route, feature) for feature in registry.FEATURES)
    assert all(issubclass(Site, feature) for feature in registry.SITE_FEATURES)


def test_every_key_but_the_preset_is_one_of_a_feature() -> None:
    assert {name for feature in registry.FEATURES for name in keys_of(feature)} == {*keys_of(Route)} - {"app"}
    of_site = {name for feature in registry.SITE_FEATURES for name in keys_of(feature)}
    assert of_site == {*keys_of(Site)} - {"server_name", "routes", "adopt"}


@pytest.mark.parametrize("feature", registry.SITE_FEATURES)
def test_what_a_feature_of_a_site_sets_it_owns(feature: type[SiteFeature]) -> None:
    usual = Site(server_names=("home.example.org",), routes=())
    for mix in mixes(feature):
        site = replace(usual, **mix)
        owns = declare.owned(feature.owns, "here")
        statements = declare.directives({**feature.guard(site, site), "add_header": feature.headers(site)}, "here")
        assert [each.args for each in statements if not is_in(each, owns)] == []
        assert {each.name for each in parse(feature.common([site])).body} <= {"map"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600s", 3600),
        ("60", 60),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1d", 86400),
        ("2d", None),
        ("5ms", None),
        ("$x", None),
    ],
)
def test_a_time_of_an_owner_is_recognised(text: str, seconds: int | None) -> None:
    found = Timeouts.recognise(parse(f"proxy_read_timeout {text};").body)
    assert found == ({} if seconds is None else {"read_timeout": seconds})
    assert registry.recognised(parse(f"proxy_read_timeout {text}; other 1;").body) == found


def test_two_times_are_not_one() -> None:
    assert Timeouts.recognise(parse("proxy_read_timeout 1s; proxy_read_timeout 2s;").body) == {}
