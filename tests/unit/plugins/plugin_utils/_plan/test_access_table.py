# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of each place, and which of its other spellings have to be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.access_table import access_table

PRESETS = read_presets(OURS).found
HOST = Host(Platform.of({"nginx_version": "1.26.3", "openssl_version": "3.5.9", "ipv6": True}))
ONE, OTHER = "http://192.0.2.20", "http://192.0.2.21"
RESOLVED = ["//admin/", "/%2fadmin/", "/%61dmin/", "/edge-probe/../admin/"]
ODD = ["/edge-probe/..;/admin/", "/admin;x/", "/ADMIN/", "/admin\\"]


def table(*routes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return access_table(read_sites([{"server_name": "a.example.org", "routes": [*routes], **more}], PRESETS), HOST)


def asked(found: dict[str, Any], path: str) -> dict[str, Any]:
    (place,) = [each for each in found["asked"] if each["url"] == f"https://a.example.org{path}"]
    return dict(place)


def rule(found: dict[str, Any], path: str) -> dict[str, Any]:
    (place,) = [each for each in found["rules"] if each["url"] == f"https://a.example.org{path}"]
    return dict(place)


def test_a_place_without_a_rule_is_for_everybody() -> None:
    found = table({"path": "/x/", "upstream": ONE})
    place = asked(found, "/x/")
    assert (place["file"], place["realm"], place["spellings"], "near" in place) == ("", "", [], False)
    assert rule(found, "/x/")["rule"] == [[]]
    assert place["says"]["403"] == "You may not open this."
    assert "192.168.0.0/16" in found["lan"]


def test_routes_locations_and_the_start_page_have_a_row_each() -> None:
    users = {"access": "login", "users": {"anna": "$6$saltsalt$" + "x" * 86}}
    part = {"path": "= /metrics", "access": "none"}
    found = table({"path": "/x/", "upstream": ONE, "locations": [part], **users}, index=True, access="lan")
    assert [each["url"].removeprefix("https://a.example.org") for each in found["asked"]] == ["/x/", "/x/metrics", "/"]
    assert [each["url"] for each in found["asked"]] == [each["url"] for each in found["rules"]]
    assert (asked(found, "/x/")["realm"], asked(found, "/x/")["file"][:14]) == ("Login", "a.example.org-")
    assert (rule(found, "/x/metrics")["rule"], rule(found, "/")["rule"]) == ([], [["lan"]])


def test_the_lies_are_an_address_on_either_side_of_the_rule() -> None:
    found = table({"path": "/x/", "upstream": ONE, "access": "lan", "allow": ["192.0.2.0/24"], "deny": ["10.0.0.0/8"]})
    assert (asked(found, "/x/")["near"], asked(found, "/x/")["far"]) == ("192.168.66.66", "198.51.100.166")
    both = asked(table({"path": "/x/", "upstream": ONE, "access": "lan+login"}), "/x/")
    assert (both["near"], both["far"]) == ("10.66.66.66", "192.0.2.166")
    open_to_most = asked(table({"path": "/x/", "upstream": ONE, "deny": ["203.0.113.9"]}), "/x/")
    assert (open_to_most["near"], open_to_most["far"]) == ("10.66.66.66", "203.0.113.9")


@pytest.mark.parametrize(
    ("around", "spellings"),
    [
        # The guard of the same service, no other place at all, and one that asks the same.
        ([{"path": "/", "upstream": ONE}], RESOLVED + ODD),
        ([], RESOLVED + ODD),
        ([{"path": "/", "upstream": OTHER, "access": "lan"}], RESOLVED + ODD),
        # Another service has no such path, and an expression may match anything.
        ([{"path": "/", "upstream": OTHER}], RESOLVED),
        ([{"path": "~ x$", "upstream": OTHER}], RESOLVED),
    ],
)
def test_spellings_are_asked_where_each_has_to_be_refused(around: list[dict[str, Any]], spellings: list[str]) -> None:
    found = table({"path": "/admin/", "upstream": ONE, "access": "lan"}, *around)
    assert asked(found, "/admin/")["spellings"] == spellings


def test_a_root_and_a_single_path_are_spelt_otherwise_too() -> None:
    found = table({"path": "/", "upstream": ONE, "access": "lan", "locations": [{"path": "= /a/m", "access": "none"}]})
    assert asked(found, "/")["spellings"] == ["//", "/%2f", "/edge-probe/..;/"]
    assert asked(found, "/a/m")["spellings"][:3] == ["//a//m", "/a/%2fm", "/a/%6d"]
    assert "/a/M" in asked(found, "/a/m")["spellings"]


def test_a_page_that_another_place_answers_is_not_asked() -> None:
    route = {"path": "/", "upstream": ONE, "probe": {"path": "admin/x"}}
    assert asked(table(route), "/admin/x")
    found = table(route, {"path": "/admin/", "upstream": ONE, "access": "none"}, {"path": "~ ^/zm/", "return": 404})
    assert [each["url"] for each in found["asked"]] == ["https://a.example.org/", "https://a.example.org/admin/"]
    hidden = table({"path": "/zm/", "upstream": ONE}, {"path": "~ ^/zm/$", "upstream": ONE, "probe": {"path": "/zm/"}})
    assert hidden["unasked"] == {"https://a.example.org/zm/": "nginx takes its path for another location"}
    assert [each["url"] for each in hidden["asked"]] == ["https://a.example.org/zm/"]


def test_what_cannot_be_asked_is_told() -> None:
    found = table({"path": "~ x$", "upstream": ONE}, {"path": "/g/", "upstream": "grpc://192.0.2.20:50051"})
    assert found["asked"] == []
    assert found["unasked"] == {
        "https://a.example.org ~ x$": "its path is an expression: name a path with `probe: { path: ... }`",
        "https://a.example.org/g/": "a gRPC service answers no ordinary request",
    }


def test_a_site_is_asked_where_it_listens() -> None:
    route = {"path": "/", "upstream": ONE}
    for listen, addresses in ((["192.168.0.5"], ["192.168.0.5"]), (["198.51.100.1", "192.168.0.5"], [])):
        sites = read_sites([{"server_name": "a.example.org", "listen": listen, "routes": [route]}], PRESETS)
        (place,) = access_table(sites, HOST, address="198.51.100.1")["asked"]
        assert (place["addresses"], place["listens"]) == (addresses, listen)
    sites = read_sites([{"server_name": "a.example.org", "listen": ["127.0.0.1"], "routes": [route]}], PRESETS)
    found = access_table(sites, HOST, address="198.51.100.1")
    assert (found["asked"], [*found["unasked"]]) == ([], ["https://a.example.org/"])


def test_what_a_place_answers_by_itself_is_known() -> None:
    found = table(
        {"path": "/gone/", "return": 444},
        {"path": "/no/", "return": 403},
        {"path": "/files/", "static": "/srv"},
        {"path": "/own/", "upstream": ONE, "raw": "deny 192.0.2.1;"},
        maintenance=True,
    )
    assert rule(found, "/gone/")["silent"] is True
    assert (rule(found, "/no/")["itself"], rule(found, "/files/")["itself"]) == ([403], [403])
    assert (rule(found, "/own/")["guarded"], rule(found, "/no/")["guarded"]) == (True, False)
    assert rule(found, "/own/")["closed"] is True


def test_names_stand_in_the_rule_and_in_no_lie() -> None:
    """Whom they mean is known on the host, and changes."""
    (site,) = read_sites([{"server_name": "a.example.org", "routes": [{"path": "/", "upstream": ONE}]}], PRESETS)
    (route,) = site.routes
    for allow in (("phone.example.net", "192.0.2.7/32"), ("192.0.2.7/32",)):
        named = replace(site, routes=(replace(route, access=(("lan",),), allow=allow),))
        found = access_table([named], HOST)
        assert found["rules"][0]["allow"] == [*allow]
        assert (found["asked"][0]["near"], found["asked"][0]["far"]) == ("10.66.66.66", "192.0.2.166")
