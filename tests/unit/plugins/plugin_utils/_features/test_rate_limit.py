# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of requests, of open requests, and of how fast an answer comes: their forms, zones and places."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import THEIRS, lines, written

PRESETS = read_presets(OURS).found
HOST = Host(Platform((1, 28, 3), (3, 5, 5), ipv6=True))
UPSTREAM = "http://192.168.0.10:8080"
LIMITS = {"rate_limit": "10r/s burst 20", "connection_limit": 20, "bandwidth": "1m", "buffering": True}


def site(*routes: dict[str, Any]) -> Site:
    """Return a site with these routes, each to the same service where it says no other answer."""
    answers = {"return", "redirect", "static", "upstream"}
    whole = [{"path": "/", **route, **({} if answers & {*route} else {"upstream": UPSTREAM})} for route in routes]
    (found,) = read_sites([{"server_name": "a.example.org", "routes": whole}], PRESETS)
    return found


def refused(**route: Any) -> str:
    """Return what is said of such a route."""
    with pytest.raises(SchemaError) as error:
        site(route)
    return "; ".join(problem.text for problem in error.value.problems)


def marked(whole: Site) -> dict[str, dict[str, Any]]:
    """Return what each location of a site has with our mark."""
    server = nginx_sites([whole], HOST)[1]["servers"][1]
    return {each["location"]: each.get("marked", {}) for each in server["locations"]}


def zones(whole: Site) -> list[str]:
    """Return the zones of a site."""
    file = registry.file(whole, HOST)
    return [*file.get("limit_req_zone", []), *file.get("limit_conn_zone", [])]


class TestTheForms:
    """What may be said."""

    @pytest.mark.parametrize(
        ("said", "rate", "line"),
        [
            ("1r/s", "rate=1r/s", ""),
            ("30r/m", "rate=30r/m", ""),
            ("010r/s burst 020", "rate=10r/s", " burst=20 nodelay"),
            ("10000r/m burst 10000", "rate=10000r/m", " burst=10000 nodelay"),
        ],
    )
    def test_a_rate(self, said: str, rate: str, line: str) -> None:
        whole = site({"rate_limit": said})
        (zone,) = zones(whole)
        assert zone.endswith(f":1m {rate}")
        (limit,) = marked(whole)["/"]["limit_req"]
        assert limit.endswith(line)
        assert ("burst" in limit) == bool(line)

    @pytest.mark.parametrize("key", ["rate_limit", "connection_limit", "bandwidth"])
    @pytest.mark.parametrize("off", [False, "off"])
    def test_off_is_no_limit(self, key: str, off: object) -> None:
        assert nginx_sites([site({key: off})], HOST) == nginx_sites([site({})], HOST)

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ("10", "such as `10r/s`, `30r/m` or `10r/s burst 20`, or `off`, not '10'"),
            (10, "or `off`, not a number"),
            (True, "or `off`, not True"),
            ("10 r/s", "not '10 r/s'"),
            ("0.5r/s", "not '0.5r/s'"),
            ("10r/h", "not '10r/h'"),
            ("10r/s burst=20", "not '10r/s burst=20'"),
            ("10r/s\n", "not '10r/s\n'"),
            ("10r/s; deny all", "not '10r/s; deny all'"),
            ("٣r/s", "not '٣r/s'"),
            ("0r/s", "must have 1 to 10000 requests"),
            ("10001r/s", "must have 1 to 10000 requests"),
            ("10r/s burst 0", "must have a burst of 1 to 10000, or none at all"),
            ("10r/s burst 10001", "must have a burst of 1 to 10000, or none at all"),
        ],
    )
    def test_what_is_no_rate(self, said: object, words: str) -> None:
        assert words in refused(rate_limit=said)

    @pytest.mark.parametrize("said", [0, -1, 10_001, "20", 1.5, True])
    def test_what_is_no_number_of_open_requests(self, said: object) -> None:
        assert refused(connection_limit=said) == f"connection_limit {said!r} must be open requests from 1 to 10000"

    @pytest.mark.parametrize(
        ("said", "line"), [("1k", "1k"), ("500K", "500k"), (1024, "1024"), ("1024m", "1024m"), ("2M", "2m")]
    )
    def test_a_bandwidth(self, said: object, line: str) -> None:
        assert marked(site({"bandwidth": said, "buffering": True}))["/"] == {"limit_rate": [line]}

    @pytest.mark.parametrize("said", [0, 1023, "1", "1g", "1025m", "10mbit", "1.5m", "1m;", "1m\n", -1, True, None])
    def test_what_is_no_bandwidth(self, said: object) -> None:
        assert "bandwidth must be bytes a second from 1k to 1024m" in refused(bandwidth=said, buffering=True)


class TestWhere:
    """In which routes they count."""

    @pytest.mark.parametrize("answer", [{"return": 404}, {"redirect": "https://b.example.org"}])
    @pytest.mark.parametrize("key", ["rate_limit", "connection_limit", "bandwidth"])
    def test_not_where_nginx_answers_before_it_counts(self, key: str, answer: dict[str, Any]) -> None:
        (name,) = answer
        assert refused(**answer, **{key: LIMITS[key]}).startswith(f"{key} does not apply to `{name}`: nginx ")

    def test_a_location_that_nginx_answers_takes_none_from_its_route(self) -> None:
        whole = site({**LIMITS, "locations": [{"path": "= /metrics", "return": 404}]})
        assert marked(whole)["= /metrics"] == {}

    def test_files_have_limits(self) -> None:
        limits = {key: LIMITS[key] for key in ("rate_limit", "connection_limit", "bandwidth")}
        assert {"limit_req", "limit_conn", "limit_rate"} <= {*marked(site({"static": "/srv/www", **limits}))["/"]}

    def test_a_bandwidth_needs_buffering(self) -> None:
        assert "bandwidth limits nothing without `buffering: true`" in refused(bandwidth="1m")
        said = refused(bandwidth="1m", buffering=True, locations=[{"path": "/events/", "buffering": False}])
        assert "(in a location: `bandwidth: off`)" in said
        site({**LIMITS, "locations": [{"path": "/events/", "buffering": False, "bandwidth": "off"}]})

    def test_grpc_has_no_bandwidth_but_the_other_two(self) -> None:
        assert "bandwidth does not apply to gRPC" in refused(upstream="grpc://192.168.0.10:1", bandwidth="1m")
        limits = {key: LIMITS[key] for key in ("rate_limit", "connection_limit")}
        assert {"limit_req", "limit_conn"} <= {*marked(site({"upstream": "grpc://192.168.0.10:1", **limits}))["/"]}


class TestZones:
    """Which zone counts."""

    def test_each_route_has_its_own(self) -> None:
        whole = site({"path": "/a/", **LIMITS}, {"path": "/b/", **LIMITS})
        assert len({*zones(whole)}) == 4

    def test_another_limit_is_another_zone(self) -> None:
        one, other = (site({"rate_limit": rate}) for rate in ("10r/s", "20r/s"))
        assert zones(one)[0].split()[1] != zones(other)[0].split()[1]

    def test_a_location_counts_with_its_route_unless_it_says_another_limit(self) -> None:
        parts = [
            {"path": "/same/", "max_body_size": "1m"},
            {"path": "/own/", "rate_limit": "1r/s", "connection_limit": "off"},
        ]
        whole = site({"path": "/a/", **LIMITS, "locations": parts})
        found = marked(whole)
        for name in ("limit_req", "limit_conn"):
            assert found["/a/same/"][name] == found["= /a/same"][name] == found["/a/"][name]
        assert found["/a/own/"]["limit_req"] == found["= /a/own"]["limit_req"] != found["/a/"]["limit_req"]
        assert "limit_conn" not in found["/a/own/"]
        assert len(zones(whole)) == len({*zones(whole)}) == 3

    def test_locations_of_one_path_in_two_forms_have_one(self) -> None:
        parts = [{"path": path, "rate_limit": "1r/s"} for path in ("= /x", "/x/")]
        assert len(zones(site({"locations": parts}))) == 1

    def test_a_long_name_of_a_site_is_a_zone(self) -> None:
        name = ".".join(["a" * 60] * 4)
        routes = [{"path": "/", "upstream": UPSTREAM, **LIMITS}]
        (whole,) = read_sites([{"server_name": name, "routes": routes}], PRESETS)
        assert max(len(zone.split("zone=")[1].split(":")[0]) for zone in zones(whole)) < 255


@pytest.mark.parametrize(
    ("line", "key"), [("limit_req zone=a;", "rate_limit"), ("limit_conn a 5;", "connection_limit")]
)
def test_a_limit_of_the_site_that_a_route_would_lose_is_refused(line: str, key: str) -> None:
    others = {"path": "/b/", "upstream": UPSTREAM}
    for limit, is_lost in ((LIMITS[key], True), ("off", False)):
        routes = [{"path": "/a/", "upstream": UPSTREAM, key: limit}, others]
        given = [{"server_name": "a.example.org", "raw": line, "routes": routes}]
        if is_lost:
            with pytest.raises(SchemaError, match=f"would not count in route /a/, which has `{key}`: take one of"):
                read_sites(given, PRESETS)
        else:
            read_sites(given, PRESETS)


class TestAnOwnersLines:
    """What stands in a location already."""

    OWN = "        limit_req zone=theirs burst=5;\n        limit_conn theirs 5;\n"
    BEFORE = THEIRS.replace("        proxy_pass", OWN + "        proxy_pass")

    def test_his_limits_stay_beside_ours_and_ours_go_with_their_keys(self) -> None:
        plain = written(self.BEFORE, {"buffering": True}, adopt=True)
        limited = written(self.BEFORE, LIMITS, adopt=True)
        assert [len(lines(limited, name)) for name in ("limit_req", "limit_conn", "limit_rate")] == [2, 2, 1]
        assert "theirs 5" in lines(limited, "limit_conn")
        assert "zone=theirs burst=5" in lines(limited, "limit_req")
        after = written(limited, {"buffering": True}, adopt=True)
        assert "limit_req_zone" not in after
        assert self.OWN in after
        assert [line for line in after.splitlines() if "proxy_buffering" not in line] == plain.splitlines()

    def test_in_a_location_of_ours_too(self) -> None:
        plain = written(None, {"buffering": True})
        theirs = plain.replace("        proxy_pass", self.OWN + "        proxy_pass", 1)
        assert theirs != plain
        limited = written(theirs, LIMITS)
        assert "zone=theirs burst=5" in lines(limited, "limit_req")
        after = written(limited, {"buffering": True})
        assert sorted(after.splitlines()) == sorted(theirs.splitlines())

    @pytest.mark.parametrize("line", ["limit_rate 5k;", "limit_req_status 503;", "limit_conn_status 444;"])
    def test_what_nginx_takes_once_is_refused_beside_ours(self, line: str) -> None:
        before = THEIRS.replace("        proxy_pass", f"        {line}\n        proxy_pass")
        with pytest.raises(ConfigError, match=line.split()[0]):
            written(before, LIMITS, adopt=True)
        assert line in written(before, {}, adopt=True)


def test_the_zones_are_said_of_nginx_alone_where_there_are_limits() -> None:
    common = nginx_sites([site({})], HOST)[0]["directives"]
    assert "$constellation_edge_client" not in common
    for key in ("rate_limit", "connection_limit"):
        assert "$constellation_edge_client" in nginx_sites([site({key: LIMITS[key]})], HOST)[0]["directives"]


def test_a_limit_of_requests_has_a_jail_and_the_others_have_none() -> None:
    (jail,) = registry.jails([site({"path": "/a/", **LIMITS}, {"path": "/b/", "rate_limit": "1r/s"})], HOST)
    assert (jail["name"], jail["maxretry"], jail["findtime"]) == ("nginx-limit-req", 600, "10m")
    others = {key: LIMITS[key] for key in LIMITS if key != "rate_limit"}
    assert registry.jails([site(others)], HOST) == []


@pytest.mark.parametrize(("rate", "seconds"), [("9r/s", 1), ("1r/m", 60), ("7r/m", 9), ("90r/m burst 3", 1)])
def test_who_is_refused_is_told_when_to_ask_again(rate: str, seconds: int) -> None:
    assert marked(site({"rate_limit": rate}))["/"]["set"] == [f"$constellation_edge_wait {seconds}"]


def test_a_page_for_errors_tells_it_too() -> None:
    routes = [{"path": "/", "upstream": UPSTREAM, "rate_limit": "1r/s"}]
    (whole,) = read_sites([{"server_name": "a.example.org", "error_pages": True, "routes": routes}], PRESETS)
    (page,) = [lines for name, lines in marked(whole).items() if name.startswith("^~ /.constellation-edge/error")]
    assert "Retry-After $constellation_edge_after always" in page["add_header"]
