# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `edge_sites` may say, and what is said about a mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory import schema
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.refused import REFUSES
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Route
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.keys import key, keys_of, preset_keys
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.kinds import FLAG, Group, Matching
from places import ROOT

PRESETS = read_presets(OURS).found
GOOD_ROUTE = {"path": "/zm/", "app": "zoneminder", "upstream": "http://192.168.0.10"}

CONSTELLATION = {"path": "/c/", "app": "constellation"}


def site(*routes, **more):
    return [{"server_name": "demo.example.org", "routes": list(routes) or [GOOD_ROUTE], **more}]


def problems(value) -> list[str]:
    with pytest.raises(SchemaError) as error:
        read_sites(value, PRESETS)
    return [f"{problem.place}: {problem.text}" for problem in error.value.problems]


def test_the_example_inventory_is_valid():
    inventory = yaml.safe_load((ROOT / "inventory.example.yml").read_text())
    sites = read_sites(inventory["edge"]["vars"]["edge_sites"], PRESETS)
    assert [site.name for site in sites] == ["demo.internal.myconstellation.io", "camera.example.org"]
    assert [(route.path, route.upstream.url) for route in sites[0].routes] == [
        ("/constellation/", "http://127.0.0.1:8088"),
        ("/zm/", "http://192.168.0.10"),
        ("/jeedom/", "http://192.168.0.11"),
    ]


@pytest.mark.parametrize("app", sorted(PRESETS))
def test_every_preset_makes_a_route_of_its_own_site(app):
    (read,) = read_sites(site({"path": "/", "app": app, "upstream": "http://10.0.0.1:1234"}), PRESETS)
    assert read.routes[0].app == app


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_hold_known_keys_only(name):
    assert set(PRESETS[name]) <= {*preset_keys(Route), REFUSES}


def test_what_a_preset_refuses_is_refused_with_the_fact_behind_it():
    fact = {"says": "It makes its links itself.", "source": "example.org", "date": "2026-11-28"}
    preset = {"port": 1, "refuses": [{"key": "prefix", "value": "strip", **fact}]}
    preset["refuses"] += [{"key": "websocket", "value": False, **fact}]
    route = {"path": "/a/", "app": "mine"}
    with pytest.raises(SchemaError) as caught:
        read_sites(site({**route, "prefix": "strip", "websocket": False}), {**PRESETS, "mine": preset})
    end = "does not work with `app: mine`: It makes its links itself (example.org, 2026-11-28). Take it out, or leave"
    assert [each.text for each in caught.value.problems] == [
        f"{said} {end} `app` out" for said in ("prefix: strip", "websocket: false")
    ]
    for right in ({}, {"prefix": "keep"}, {"prefix": "strip", "app": "generic", "upstream": "http://h"}):
        assert read_sites(site({**route, **right}), {**PRESETS, "mine": preset})


def test_names_are_lower_case_and_told_apart_once():
    (read,) = read_sites([{"server_name": ["Demo.Example.org.", "demo.example.org"], "routes": [GOOD_ROUTE]}], PRESETS)
    assert read.server_names == ("demo.example.org",)


@pytest.mark.parametrize(
    ("value", "place", "said"),
    [
        (None, "edge_sites", "is missing: write a list"),
        ([], "edge_sites", "at least one site"),
        ("demo.example.org", "edge_sites", "must be a list"),
        (["demo.example.org"], "site 1", "must be a mapping"),
        ([{"routes": [GOOD_ROUTE]}], "site 1", "has no server_name"),
        ([{"server_name": [], "routes": [GOOD_ROUTE]}], "site 1", "has no server_name"),
        ([{"server_name": "demo.example.org"}], "site demo.example.org", "needs `routes:`"),
        ([{"server_name": "demo.example.org", "route": []}], "site demo.example.org", "did you mean 'routes'?"),
        (site(hsts="yes"), "site demo.example.org", "hsts must be true or false"),
        (site(hst=True), "site demo.example.org", "did you mean 'hsts'?"),
        (site("/zm/"), "site demo.example.org, route 1", "must be a mapping"),
        (site({"path": "/zm/"}), "route /zm/", "has neither upstream nor app"),
        (site({"path": "/zm/", "app": "zoneminder"}), "route /zm/", "add `upstream: http://ADDRESS:PORT`"),
        (site({"upstream": "http://10.0.0.1"}), "route 1", "has no path"),
        (site({**GOOD_ROUTE, "upstrem": 1}), "route /zm/", "did you mean 'upstream'?"),
        (
            site({"path": "/zm/", "app": "zoneminder", "upstrem": "http://10.0.0.1"}),
            "route /zm/",
            "did you mean 'upstream'?",
        ),
        (site({**GOOD_ROUTE, "app": "zonemider"}), "route /zm/", "did you mean 'zoneminder'?"),
        (site({**GOOD_ROUTE, "app": ["zoneminder"]}), "route /zm/", "has no preset"),
        (site({"path": "/zm/", "app": ["zoneminder"]}), "route /zm/", "has no preset"),
        (site({"path": "/zm/", "app": {"zoneminder": 1}}), "route /zm/", "has no preset"),
        (site({"path": "/zm/", "app": "generic"}), "route /zm/", "add `upstream: http://ADDRESS:PORT`"),
        (site({**GOOD_ROUTE, "upstream": "http://[fe80::1%;x{]:80"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "probe": {"status": "abc"}}), "route /zm/, probe", "a list of HTTP status codes"),
        (site({**GOOD_ROUTE, "probe": {"status": [True]}}), "route /zm/, probe", "a list of HTTP status codes"),
        (site(GOOD_ROUTE, GOOD_ROUTE), "route /zm/", "path '/zm/' is already that of route 1"),
        (site({**GOOD_ROUTE, "path": "/zm"}), "route /zm", "write '/zm/'"),
        (site({**GOOD_ROUTE, "path": "zm"}), "route zm", "write '/zm/'"),
        (site({**GOOD_ROUTE, "path": "//zm/"}), "route //zm/", "write '/zm/'"),
        (site({**GOOD_ROUTE, "path": "/a/../b/"}), "route /a/../b/", "'.' or '..'"),
        (site({**GOOD_ROUTE, "path": "/a b/"}), "route /a b/", "may hold"),
        (site({**GOOD_ROUTE, "path": "/a;}/"}), "route /a;}/", "may hold"),
        (site({**GOOD_ROUTE, "path": "/$x/"}), "route /$x/", "may hold"),
        (site({**GOOD_ROUTE, "path": "/a\n/"}), "route /a\n/", "may hold"),
        (site({**GOOD_ROUTE, "path": 5}), "route 1", "is not a path"),
        (site({**GOOD_ROUTE, "upstream": "192.168.0.10"}), "route /zm/", "write 'http://192.168.0.10'"),
        (site({**GOOD_ROUTE, "upstream": "ftp://192.168.0.10"}), "route /zm/", "use http or https"),
        (site({**GOOD_ROUTE, "upstream": "http://"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "upstream": "http://a b"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "upstream": "http://a;b"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "upstream": "http://h:99999"}), "route /zm/", "from 1 to 65535"),
        (site({**GOOD_ROUTE, "upstream": "http://h:0"}), "route /zm/", "from 1 to 65535"),
        (site({**GOOD_ROUTE, "upstream": "http://h/a"}), "route /zm/", "begin and end with one '/': write '/a/'"),
        (site({**GOOD_ROUTE, "upstream": "http://h/a/../b/"}), "route /zm/", "has a '.' or '..' in it"),
        (site({**GOOD_ROUTE, "upstream": "http://h/$a/"}), "route /zm/", "may hold letters, digits"),
        (site({**GOOD_ROUTE, "upstream": "http://h/a/?b"}), "route /zm/", "scheme, host and port alone"),
        (site({**GOOD_ROUTE, "upstream": "http://h/a/", "prefix": "keep"}), "route /zm/", "take `prefix` out"),
        (site({**GOOD_ROUTE, "upstream": "http://h/a/", "prefix": "strip"}), "route /zm/", "take `prefix` out"),
        (
            site({**CONSTELLATION, "upstream": "http://h:8088/a/"}),
            "route /c/",
            "a Constellation server listens on a port",
        ),
        (
            site({**CONSTELLATION, "upstream": "unix:/run/a.sock"}),
            "route /c/",
            "a Constellation server listens on a port",
        ),
        (site({**GOOD_ROUTE, "upstream": "http://u:p@h"}), "route /zm/", "scheme, host and port alone"),
        (site({**GOOD_ROUTE, "upstream": "http://u:p@h:80"}), "route /zm/", "scheme, host and port alone"),
        (site({**GOOD_ROUTE, "upstream": "http://h?a=1:2:3"}), "route /zm/", "scheme, host and port alone"),
        (site({**GOOD_ROUTE, "upstream": "http://127.0.0.1"}), "route /zm/", "is the proxy itself"),
        (site({**GOOD_ROUTE, "upstream": "http://0.0.0.0"}), "route /zm/", "is the proxy itself"),
        (site({**GOOD_ROUTE, "upstream": "https://[::]"}), "route /zm/", "is the proxy itself"),
        (site({**GOOD_ROUTE, "upstream": "http://[::ffff:127.0.0.1]:80"}), "route /zm/", "is the proxy itself"),
        (site({**GOOD_ROUTE, "upstream": "https://Demo.example.org"}), "route /zm/", "is the proxy itself"),
        (site({**GOOD_ROUTE, "upstream": "http:/192.168.0.1"}), "route /zm/", "write 'http://192.168.0.1'"),
        (site({**GOOD_ROUTE, "upstream": "https:192.168.0.1"}), "route /zm/", "write 'https://192.168.0.1'"),
        (site({**GOOD_ROUTE, "upstream": "camera:8080"}), "route /zm/", "write 'http://camera:8080'"),
        (site({**GOOD_ROUTE, "upstream": "http:8080"}), "route /zm/", "write 'http://http:8080'"),
        (site({**GOOD_ROUTE, "upstream": "http://unix:/run/x.sock"}), "route /zm/", "write 'unix:/run/x.sock'"),
        (site({**GOOD_ROUTE, "upstream": "unix:///run/x.sock"}), "route /zm/", "write 'unix:/run/x.sock'"),
        (site({**GOOD_ROUTE, "upstream": "unix//run/x.sock"}), "route /zm/", "write 'unix:/run/x.sock'"),
        (site({**GOOD_ROUTE, "upstream": "UNIX:/run/x.sock"}), "route /zm/", "write 'unix:/run/x.sock'"),
        (site({**GOOD_ROUTE, "upstream": "/run/x.sock"}), "route /zm/", "write 'unix:/run/x.sock'"),
        (site({**GOOD_ROUTE, "upstream": "unix:run/x.sock"}), "route /zm/", "write unix: and its whole path"),
        (site({**GOOD_ROUTE, "upstream": "unix:/run/../x"}), "route /zm/", "write unix: and its whole path"),
        (site({**GOOD_ROUTE, "upstream": "unix:/run/x.sock:/a/"}), "route /zm/", "write unix: and its whole path"),
        (site({**GOOD_ROUTE, "upstream": "unix:/run/$x"}), "route /zm/", "write unix: and its whole path"),
        (site({**GOOD_ROUTE, "upstream": f"unix:/run/{'x' * 103}"}), "route /zm/", "longer than 107 bytes"),
        (site({**GOOD_ROUTE, "upstream": "unix:/tmp/x.sock"}), "route /zm/", "have the service listen below /run/"),
        (site({**GOOD_ROUTE, "upstream": "http://fd00::5:8080"}), "route /zm/", "http://[ADDRESS]:PORT"),
        (site({**GOOD_ROUTE, "upstream": "http://h:abc"}), "route /zm/", "a port is a number from 1 to 65535"),
        (site({**GOOD_ROUTE, "upstream": "http://[::1"}), "route /zm/", "write http://ADDRESS:PORT"),
        (site({**GOOD_ROUTE, "upstream": "http://192.168.0.10 "}), "route /zm/", "without blanks"),
        (site({**GOOD_ROUTE, "upstream": "http://münchen"}), "route /zm/", "write 'xn--mnchen-3ya'"),
        (site({**GOOD_ROUTE, "upstream": "http://192.168.0.010"}), "route /zm/", "without leading zeros"),
        (site({**GOOD_ROUTE, "upstream": "http://192.168.0.256"}), "route /zm/", "from 0 to 255"),
        (site({**GOOD_ROUTE, "upstream": "http://1"}), "route /zm/", "is no IPv4 address"),
        (site({**GOOD_ROUTE, "upstream": "http://0x7f.1"}), "route /zm/", "is no IPv4 address"),
        (site({**GOOD_ROUTE, "upstream": "http://127.1"}), "route /zm/", "is no IPv4 address"),
        (site({**GOOD_ROUTE, "upstream": "http://nas.0xc0"}), "route /zm/", "is no IPv4 address"),
        (site({**GOOD_ROUTE, "upstream": "http://x..y"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "upstream": f"http://{'a' * 64}"}), "route /zm/", "names no host"),
        (site({**GOOD_ROUTE, "prefix": "kep"}), "route /zm/", "did you mean 'keep'?"),
        (site({**CONSTELLATION, "console": "pubic"}), "route /c/", "did you mean 'public'?"),
        (site({**CONSTELLATION, "console": True}), "route /c/", "console 'True' is not known"),
        (site({**CONSTELLATION, "console": ["lan"]}), "route /c/", "is not known"),
        (site({**CONSTELLATION, "consol": "lan"}), "route /c/", "did you mean 'console'?"),
        (site({**GOOD_ROUTE, "console": "lan"}), "route /zm/", "console is for `app: constellation` alone"),
        (site({"path": "/ha/", "app": "homeassistant"}), "route /ha/", "give it a site of its own"),
        (site({**GOOD_ROUTE, "buffering": "off"}), "route /zm/", "buffering must be true or false"),
        (site({**GOOD_ROUTE, "read_timeout": 0}), "route /zm/", "seconds from 1 to 86400"),
        (site({**GOOD_ROUTE, "read_timeout": True}), "route /zm/", "seconds from 1 to 86400"),
        (site({**GOOD_ROUTE, "max_body_size": "1T"}), "route /zm/", "a number with k, m or g"),
        (site({**GOOD_ROUTE, "max_body_size": "1m; deny all"}), "route /zm/", "a number with k, m or g"),
        (site({**GOOD_ROUTE, "probe": "sse"}), "route /zm/", "probe must be a mapping"),
        (site({**GOOD_ROUTE, "probe": {"ssee": "x"}}), "route /zm/, probe", "did you mean 'sse'?"),
        (site({**GOOD_ROUTE, "probe": {"sse": True}}), "route /zm/, probe", "must be a path"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_a_remedy(value, place, said):
    found = problems(value)
    assert any(place in text and said in text for text in found), found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("192.168.0.1", "is an IP address"),
        ("*.example.org", "is a wildcard"),
        ("https://demo.example.org/x", "write the name alone, 'demo.example.org'"),
        ("demo", "has no domain"),
        ("de mo.example.org", "is not a host name"),
        ("-demo.example.org", "is not a host name"),
        ("demo_1.example.org", "is not a host name"),
        (f"{'a' * 64}.example.org", "is not a host name"),
        (".".join(["a" * 50] * 6), "is not a host name"),
        ("héhé.example.org", "write 'xn--hh-bjab.example.org'"),
        ("straße.de", "write its xn-- form"),
        ("https://münchen.example.org/", "write the name alone, 'münchen.example.org'"),
        ("demo.example.org:8443", "write the name alone, 'demo.example.org'"),
        ("a.example.org, b.example.org", "several names are a list"),
        ("2001:db8::1", "is an IP address"),
        ("192.168.0.256", "ends in a number"),
        ("a;b.example.org", "is not a host name"),
        (7, "is not a host name"),
        ("", "is not a host name"),
    ],
)
def test_a_name_that_cannot_have_a_certificate_is_refused(name, said):
    assert said in problems([{"server_name": name, "routes": [GOOD_ROUTE]}])[0]


@pytest.mark.parametrize(
    ("more", "console"), [({}, "lan"), ({"console": "lan"}, "lan"), ({"console": "public"}, "public")]
)
def test_a_console_is_the_lans_unless_said_otherwise(more, console):
    assert read_sites(site({**CONSTELLATION, **more}), PRESETS)[0].routes[0].console == console


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://nas", "http://nas"),
        ("HTTP://my_nas.lan:8080/", "http://my_nas.lan:8080"),
        ("http://[fd00::5]:8080", "http://[fd00::5]:8080"),
        ("https://camera-2.fritz.box", "https://camera-2.fritz.box"),
        ("http://nas2", "http://nas2"),
        ("http://xn--mnchen-3ya", "http://xn--mnchen-3ya"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://demo.example.org:8080", "http://demo.example.org:8080"),
    ],
)
def test_what_a_service_is_called_in_a_lan_is_an_upstream(written, url):
    assert read_sites(site({**GOOD_ROUTE, "upstream": written}), PRESETS)[0].routes[0].upstream.url == url


def test_all_mistakes_are_reported_at_once():
    assert len(problems(site({"path": "zm"}, {"path": "/x/", "app": "nope"}, wrong=1))) == 4


def test_two_sites_cannot_share_a_name():
    (text,) = problems(site() + site())
    assert "already a name of site demo.example.org" in text


@dataclass(frozen=True, kw_only=True)
class Guarded(Route):
    """A route with secrets."""

    token: str = key(Matching("a word of eight letters", "[a-z]{8}"), "What opens it.", default="", secret=True)
    doors: Mapping[str, bool] = key(Group({"admin": FLAG}, {"admin": ""}), "Who may enter.", default={}, secret=True)


def test_a_secret_value_is_in_no_refusal(monkeypatch):
    monkeypatch.setattr(schema, "Route", Guarded)
    monkeypatch.setattr(schema, "ROUTE_KEYS", tuple(sorted(keys_of(Guarded))))
    hidden = "(its value is secret and not shown)"
    assert problems(site({**GOOD_ROUTE, "token": "hunter2", "doors": {"hunter2": "hunter2", "admin": "hunter2"}})) == [
        f"site demo.example.org, route /zm/: token must be a word of eight letters {hidden}",
        f"site demo.example.org, route /zm/: doors must be a mapping with `admin` {hidden}",
        f"site demo.example.org, route /zm/: doors must be a mapping with `admin` {hidden}",
    ]
    (read,) = read_sites(site({**GOOD_ROUTE, "token": "swordfis"}), PRESETS)
    assert read.routes[0].token == "swordfis"
    assert "swordfis" not in repr(read)
