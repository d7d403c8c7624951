# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may ask a part of a service that a preset knows, under each word of its route and site."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features._policy import policy
from ansible_collections.constellation.edge.plugins.plugin_utils._features.site_access import SiteAccess
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import HOST

PREFLIGHT = {"nginx_version": "1.26.3", "openssl_version": "3.5.9", "ipv6": True}
PUBLIC, LAN, LOGIN, BOTH, EITHER = ((),), (("lan",),), (("login",),), (("lan", "login"),), (("lan",), ("login",))
PARTS = [{"path": "/api/", "without_login": True}, {"path": "= /metrics", "lan_only": True}]
PRESETS: dict[str, dict[str, Any]] = {
    "generic": {},
    "known": {"port": 8080, "locations": PARTS},
    "whole": {"port": 8080, "lan_only": True},
    "more": {"port": 8080, "locations": [{"path": "/api/", "without_login": True, "max_body_size": "1g"}]},
}
OUR_PRESETS = read_presets(OURS).found
WORDS: list[Any] = ["public", "lan", "login", "none", ["lan", "login"], "lan+login"]


def read(route: dict[str, Any], **site: Any) -> Site:
    """Return a site with one route to the preset."""
    given = [{"server_name": "home.example.org", "routes": [{"path": "/app/", "app": "known", **route}], **site}]
    return read_sites(given, PRESETS)[0]


def rules(route: dict[str, Any], **site: Any) -> dict[str, Any]:
    """Return the rule at each path."""
    found = read(route, **site)
    return {each.path.replace("/app/", "/"): policy(found, each).rule for each in found.places}


@pytest.mark.parametrize(
    ("word", "api", "metrics"),
    [
        ("public", None, LAN),
        ("lan", None, None),
        ("login", PUBLIC, BOTH),
        ("none", None, None),
        (["lan", "login"], PUBLIC, LAN),
        ("lan+login", LAN, None),
    ],
)
def test_a_part_is_asked_as_its_preset_knows(word: Any, api: Any, metrics: Any) -> None:
    """A part that is asked like its route is no location."""
    expected = {path: rule for path, rule in (("/api/", api), ("= /metrics", metrics)) if rule is not None}
    for found in (rules({"access": word}), rules({}, access=word)):
        assert {path: rule for path, rule in found.items() if path != "/"} == expected


def test_an_owner_decides_it_himself() -> None:
    parts = [{"path": "/api/", "access": "login"}, {"path": "= /metrics", "access": "public"}]
    assert rules({"access": "login", "locations": parts}) == {"/": LOGIN, "/api/": LOGIN, "= /metrics": PUBLIC}
    # What he says of other things leaves it as it is.
    other = [{"path": "/api/", "max_body_size": "1g"}]
    assert rules({"access": "login", "locations": other})["/api/"] == PUBLIC
    assert (rules({"app": "whole"}), rules({"app": "whole", "access": "public"})) == ({"/": LAN}, {"/": PUBLIC})
    assert rules({"app": "whole"}, access="login") == {"/": BOTH}
    whole = {"app": "whole", "locations": [{"path": "/x/", "access": "public"}, {"path": "/y/", "max_body_size": "1g"}]}
    assert rules(whole) == {"/": LAN, "/x/": PUBLIC, "/y/": LAN}


@pytest.mark.parametrize(
    "around",
    [
        {"path": "/core/", "access": "none"},
        {"path": "/core/api/", "access": "lan"},
        {"path": "~ ^/core/", "access": "none"},
        {"path": "^~ /core/", "access": "lan"},
    ],
)
@pytest.mark.parametrize("is_route", [True, False])
def test_what_an_owner_says_around_a_part_counts_for_it(around: dict[str, Any], is_route: bool) -> None:
    route: dict[str, Any] = {"path": "/", "app": "jeedom", "access": "login", "upstream": "http://192.168.0.10"}
    routes = [route, {**around, "upstream": "http://192.168.0.11"}] if is_route else [{**route, "locations": [around]}]
    (site,) = read_sites([{"server_name": "home.example.org", "routes": routes}], OUR_PRESETS)
    assert "= /core/api/jeeApi.php" not in [each.path for each in site.places]


@pytest.mark.parametrize("path", ["/co/", "= /core/api/", "~ [.]css$", "/desktop/"])
def test_what_an_owner_says_elsewhere_changes_nothing_there(path: str) -> None:
    route = {"path": "/", "app": "jeedom", "access": "login", "upstream": "http://192.168.0.10"}
    given = [{**route, "locations": [{"path": path, "access": "lan"}]}]
    (site,) = read_sites([{"server_name": "home.example.org", "routes": given}], OUR_PRESETS)
    found = {each.path: policy(site, each).rule for each in site.places}
    assert found["= /core/api/jeeApi.php"] == PUBLIC


def test_a_part_with_other_keys_stays() -> None:
    assert rules({"app": "more"}) == {"/": PUBLIC, "/api/": PUBLIC}


def test_an_owner_cannot_say_what_is_for_presets() -> None:
    with pytest.raises(SchemaError) as error:
        read({"lan_only": True})
    assert "unknown key 'lan_only'" in str(error.value)


def test_a_password_for_nginx_stays_here() -> None:
    """A browser sends it to every path of the name; a token is the service's."""
    common, planned = nginx_sites([read({"access": "login"})], HOST)
    locations = planned["servers"][1]["locations"]
    (api,) = (each for each in locations if each["location"] == "/app/api/")
    assert "Authorization $constellation_edge_token" in str(api)
    assert 'map $http_authorization $constellation_edge_token { default $http_authorization; "~*^ *basic" ""; }' in str(
        common
    )
    common, planned = nginx_sites([read({"access": "lan"})], HOST)
    assert "constellation_edge_token" not in f"{common}{planned}"
    # Where nothing asked for a login before, the service may ask for one by itself.
    common, planned = nginx_sites([read({})], HOST)
    assert "constellation_edge_token" not in f"{common}{planned}"


def test_what_is_open_is_told() -> None:
    (note,) = SiteAccess.notes([read({"access": "login"})], HOST)
    assert note == "open to everybody: home.example.org/app/api/"
    (note,) = SiteAccess.notes([read({})], HOST)
    assert note == "open to everybody: home.example.org/app/"


def test_what_browsers_do_not_ask_needs_no_page_and_what_asks_for_a_key_is_not_asked() -> None:
    """A service may ban who asks without one; whether nginx lets somebody in is asked apart."""
    found = edge_plan([read({"access": "login"})], PREFLIGHT)
    statuses = {each["url"]: each.get("status") for each in found["probes"]}
    whole, metrics = (f"https://home.example.org/app/{below}" for below in ("", "metrics"))
    assert {*statuses} == {whole, metrics}
    assert statuses[whole] is None
    assert {200, 401, 403, 404} < {*statuses[metrics]} < {*range(200, 500)}
    assert [url for url, why in found["access"]["unasked"].items() if "asks for a key" in why] == [f"{whole}api/"]


@pytest.mark.parametrize("word", WORDS, ids=str)
@pytest.mark.parametrize("app", [name for name, each in OUR_PRESETS.items() if "locations" in each])
def test_each_of_ours_is_right_under_each_word(app: str, word: Any) -> None:
    given = [{"server_name": "home.example.org", "routes": [{"path": "/", "app": app, "access": word}]}]
    given[0]["routes"][0] |= {} if "port" in OUR_PRESETS[app] else {"upstream": "http://192.168.0.10"}  # type: ignore[index]
    (site,) = read_sites(given, OUR_PRESETS)
    nginx_sites([site], HOST)
    whole, *parts = (policy(site, each).rule for each in site.places)
    known = {key for each in OUR_PRESETS[app]["locations"] for key in each} - {"path"}
    changed = {"public": {"lan_only"}, "login": {*known}, "none": set(), "lan": set(), "lan+login": {"without_login"}}
    expected = known & changed.get(word, known) if isinstance(word, str) else known
    assert bool(parts) == bool(expected)
    assert whole not in parts
