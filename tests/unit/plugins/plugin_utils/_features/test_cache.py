# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that nginx keeps: of which requests and files, in which location, and where they could not be."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
import yaml
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.plugin_utils._features import cache
from ansible_collections.constellation.edge.plugins.plugin_utils._features._cache_kind import ENDINGS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host, Place
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from routes import THEIRS, lines, written

PRESETS = read_presets(OURS).found
HOST = Host(Platform((1, 28, 3), (3, 5, 5), ipv6=True))
UPSTREAM = "http://192.168.0.10:8080"
IMAGES = {"types": ["images"]}


def site(*routes: dict[str, Any], **said: Any) -> Site:
    """Return a site with these routes, each to the same service where it says no other answer."""
    answers = {"upstream", "app", "return"}
    whole = [{"path": "/", **route, **({} if answers & {*route} else {"upstream": UPSTREAM})} for route in routes]
    (found,) = read_sites([{"server_name": "a.example.org", "routes": whole, **said}], PRESETS)
    return found


def refused(*routes: dict[str, Any]) -> str:
    """Return what is said of such a site."""
    with pytest.raises(SchemaError) as error:
        site(*routes)
    return "; ".join(problem.text for problem in error.value.problems)


def declared(whole: Site) -> dict[str, Any]:
    """Return what is declared for nginx of a site."""
    return nginx_sites([whole], HOST)[1]


def inner(whole: Site) -> dict[str, Any]:
    """Return the one location in a location."""
    (found,) = [each for each in declared(whole)["servers"][1]["locations"] if "parents" in each]
    return dict(found)


def at(whole: Site) -> Place:
    """Return the place of the first route."""
    return Place(whole.routes[0], whole, HOST)


class TestTheKey:
    """What may be said."""

    @pytest.mark.parametrize(
        ("said", "size", "types"),
        [
            ("500M", "500m", ()),
            ({"size": "2g", "types": ["styles", ".PBF", "styles"]}, "2g", ("css", "pbf")),
            (IMAGES, "1g", ENDINGS["images"]),
            ({"types": ["packages", ".tar.gz"]}, "1g", ("apk", "deb", "jar", "rpm", "tar.gz", "udeb", "whl")),
            (True, "1g", ()),
        ],
    )
    def test_its_forms(self, said: Any, size: str, types: tuple[str, ...]) -> None:
        assert site({"cache": said, "buffering": True}).routes[0].cache == {"size": size, "types": types}

    def test_false_is_none(self) -> None:
        assert declared(site({"cache": False})) == declared(site({}))

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            (1, "cache must be true, a size such as 1g, or a mapping"),
            ({}, "cache must be true, a size"),
            ("0g", "cache '0g' must be a number with m or g"),
            ("1k", "must be a number with m or g"),
            ("1g; include /x", "must be a number with m or g"),
            ({"size": 5}, "size 5 must be a number with m or g"),
            ({"sizes": "1g"}, "unknown key 'sizes'; did you mean 'size'"),
            ({"types": []}, "types must be a list of `images`"),
            ({"types": "images"}, "types must be a list of `images`"),
            ({"types": ["image"]}, "types: 'image' is not one of .*; did you mean 'images'"),
            ({"types": [".a|b"]}, "types: '.a|b' is not one of"),
            ({"types": [".a\n"]}, r"types: '.a\\n' is not one of"),
            ({"types": [7]}, "types: 7 is not one of"),
        ],
    )
    def test_what_is_none_of_them(self, said: Any, words: str) -> None:
        assert re.search(words.replace("|", r"\|"), refused({"cache": said, "buffering": True}))

    @pytest.mark.parametrize(
        ("route", "words"),
        [
            ({"cache": "1g"}, "cache without `types` has nginx take each answer whole.*buffering: true"),
            ({"cache": "1g", "buffering": False}, "cache without `types`"),
            ({"path": "= /a.png", "cache": IMAGES}, "cache `types` are of files below a path"),
            ({"path": "/c/", "app": "constellation", "cache": IMAGES}, "cache is not for `app: constellation`"),
            ({"cache": IMAGES, "method_override": True}, "cache is not for a route with `method_override`"),
            ({"cache": IMAGES, "return": 404}, "cache is for a route with a service"),
        ],
    )
    def test_where_it_cannot_be(self, route: dict[str, Any], words: str) -> None:
        assert re.search(words, refused(route))


class TestWhatIsKept:
    """By the maps that all caches ask."""

    def matches(self, name: str, value: str, host: Host = HOST) -> bool:
        """Whether the one expression of a map matches."""
        text = cache.Cache.guards([site({"cache": IMAGES})], host)
        (pattern,) = re.findall(rf'map [^{{]* \$constellation_edge_{name} {{ default [^;]*; "(~.*)" [^;]*; }}', text)
        flags = re.IGNORECASE if pattern.startswith("~*") else 0
        return re.search(pattern.lstrip("~*"), value, flags) is not None

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            ("GET:NONE:", True),
            ("HEAD::", True),
            ("POST:NONE:", False),
            ("GET:SUCCESS:", False),
            ("GET:NONE:a=b", False),
            ("GET:NONE:0", False),
            ("GET:NONE::", False),
            # A body with a length, and one in chunks.
            ("GET:NONE:6", False),
            ("GET:NONE:chunked", False),
        ],
    )
    def test_requests_that_are_nobodys(self, request_: str, expected: bool) -> None:
        assert self.matches("all", request_) is expected

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ("200::max-age=60", True),
            ("200:9999999:max-age=60", True),
            ("200::", True),
            ("200:10000000:max-age=60", False),
            ("404::max-age=60", False),
            ("502, 200::max-age=60", False),
            ("206::max-age=60", False),
            ("200::max-age=60, Must-Revalidate", False),
            ("200::public, s-maxage=60", False),
            ("200::max-age=60, proxy-revalidate", False),
        ],
    )
    def test_answers(self, answer: str, expected: bool) -> None:
        assert self.matches("not", answer) is expected

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ("200:7::max-age=60", True),
            ("200:7:accept-encoding:max-age=60", True),
            ("200:7:X-Token:max-age=60", False),
            ("200:7:Accept-Encoding, X-Token:max-age=60", False),
        ],
    )
    def test_an_older_nginx_keeps_nothing_that_varies_by_more_than_it_sees(self, answer: str, expected: bool) -> None:
        old = Host(Platform((1, 22, 1), (3, 0, 17), ipv6=True))
        assert self.matches("not", answer, old) is expected
        assert cache.kept(Place(site({"cache": IMAGES}).routes[0], site({"cache": IMAGES}), old))[
            "proxy_cache_key"
        ].startswith("$constellation_edge_lan$http_accept_encoding$scheme")

    def test_a_request_with_any_of_these_headers_is_somebodys(self) -> None:
        asked, *_rest = cache.Cache.guards([site({"cache": IMAGES})], HOST).splitlines()
        for name in (
            "authorization",
            "cookie",
            "x_api_key",
            "x_emby_token",
            "x_nd_authorization",
            "range",
            "upgrade",
            "origin",
        ):
            assert f"$http_{name}" in asked

    def test_the_lan_is_told_from_the_rest_as_a_proxy_in_front_says(self) -> None:
        plain, behind = site({"cache": IMAGES}), site({"cache": IMAGES}, trusted_proxies="192.168.0.2")
        assert "geo $constellation_edge_lan {" in cache.Cache.guards([plain], HOST)
        assert "map $constellation_edge_inside $constellation_edge_lan {" in cache.Cache.guards([behind], HOST)
        assert cache.Cache.guards([site({})], HOST) == ""

    def test_an_answer_without_a_time_of_its_own_is_not_kept(self) -> None:
        """Even where an owner gives all answers a time: the one that counts is for a status that no service has."""
        assert cache.kept(at(site({"cache": IMAGES})))["proxy_cache_valid"] == "599 1s"


class TestTheLocation:
    """Which location it is in."""

    def test_of_types_it_is_in_the_routes(self) -> None:
        whole = site(
            {
                "path": "/maps/",
                "prefix": "strip",
                "keepalive": False,
                "raw": "limit_rate 1m;",
                "cache": {"types": ["styles"]},
            }
        )
        found = inner(whole)
        assert (found["location"], found["parents"], found["state"]) == (r"~* \.(?:css)$", ["/maps/"], "exact")
        said = found["directives"]
        assert said["proxy_pass"] == f"{UPSTREAM}$constellation_edge_rest"
        assert [name for name in said if name.startswith("if ")] == [
            "if ($constellation_edge_climbs)",
            "if ($request_uri !~ ^/+maps(?<constellation_edge_rest>/.*))",
        ]
        assert said["proxy_buffering"] == "on"
        assert "X-Accel-Expires" in said["proxy_ignore_headers"]
        assert len(said["include"]) == 1
        # What nginx passes on is as in the route's location, with what its owner has written there by hand.
        assert not {"proxy_set_header", "add_header", "proxy_read_timeout"} & {*said}
        (around,) = [each for each in declared(whole)["servers"][1]["locations"] if each["location"] == "/maps/"]
        assert around["directives"]["proxy_buffering"] == "off"
        assert around["directives"]["proxy_cache"] == "off"

    @pytest.mark.parametrize("path", ["^~ /maps/", "~ ^/maps/"])
    def test_of_types_it_is_in_each_form_of_a_route(self, path: str) -> None:
        assert inner(site({"path": path, "cache": IMAGES}))["parents"] == [path]

    def test_without_types_it_is_the_routes(self) -> None:
        server = declared(site({"cache": "1g", "buffering": True}))["servers"][1]
        (root,) = [each for each in server["locations"] if each["location"] == "/"]
        assert root["directives"]["proxy_buffering"] == "on"
        assert root["directives"]["proxy_cache"].startswith("$edge_")
        assert not any("parents" in each for each in server["locations"])

    def test_a_location_of_the_route_has_one_of_its_own_or_none(self) -> None:
        own = {"path": "/api/", "cache": "500m"}
        whole = site({"cache": "2g", "buffering": True, "locations": [own, {"path": "/b/"} | {"read_timeout": 9}]})
        assert [bool(each.cache) for each in whole.places] == [True, True, False]
        zones = declared(whole)["directives"]["proxy_cache_path"]
        assert [zone.rpartition("=")[2] for zone in zones] == ["2g", "500m"]
        # Its path without the last slash is a location that nobody has said.
        (end,) = [each for each in declared(whole)["servers"][1]["locations"] if each["location"] == "= /api"]
        assert "proxy_cache" not in end["directives"]

    def test_another_service_at_the_same_path_has_another_cache(self) -> None:
        one, other = site({"cache": IMAGES}), site({"cache": IMAGES, "upstream": "http://192.168.0.11"})
        assert inner(one)["directives"]["proxy_cache"] != inner(other)["directives"]["proxy_cache"]

    def test_the_longest_name_has_a_directory(self) -> None:
        name = ".".join(["a" * 60] * 4) + ".org"
        whole = site({"cache": IMAGES}, server_name=name)
        (path,) = declared(whole)["directives"]["proxy_cache_path"]
        assert len(path.partition(" ")[0].rpartition("/")[2]) <= 255


class TestExpressionsBesideIt:
    """nginx looks into a prefix first, and at the expressions of other routes then."""

    @pytest.mark.parametrize(
        ("expression", "path"),
        [
            (r"~ ^/special/", "/special/"),
            (r"~* \.PNG$", ".png"),
            (r"~ ^/(?!x)", "is not judged"),
        ],
    )
    def test_one_that_takes_the_same_files_is_refused(self, expression: str, path: str) -> None:
        said = refused({"cache": IMAGES}, {"path": expression})
        assert path in said
        assert said.startswith(f"cache: path '{expression}' ")

    @pytest.mark.parametrize(
        ("expression", "path"), [(r"~ \.php$", "/"), (r"~ ^/\.well-known/ca(rd|l)dav$", "/"), (r"~ ^/b/", "/a/")]
    )
    def test_one_that_takes_others_stays(self, expression: str, path: str) -> None:
        assert inner(site({"path": path, "cache": IMAGES}, {"path": expression}))["parents"] == [path]

    def test_those_of_another_prefix_are_not_looked_at_here(self) -> None:
        assert site({"cache": IMAGES}, {"path": "/b/"}, {"path": r"~ ^/b/.*\.png$"})
        assert site({"path": "^~ /", "cache": IMAGES}, {"path": "^~ /b/"})

    def test_what_is_advised_is_taken(self) -> None:
        said = refused({"cache": IMAGES}, {"path": r"~ ^/special/"})
        (advised,) = re.findall(r"`locations`: (\{.*\})", said)
        found = site({"path": "~ ^/special/"}, {"locations": [yaml.safe_load(advised)]})
        assert found.places[-1].cache == {"size": "1g", "types": ()}


class TestBodies:
    """Of a request whose body nginx does not wait for."""

    def test_all_answers_are_not_kept(self) -> None:
        said = refused({"cache": "1g", "buffering": True, "request_buffering": False})
        assert "write `request_buffering: true`, or name `types`" in said

    def test_for_files_the_body_is_waited_for(self) -> None:
        text = written(None, {"cache": IMAGES, "request_buffering": False})
        (files,) = re.findall(r"location ~\* [^{]*png[^{]*\{(.*?)\n {8}\}", text, re.DOTALL)
        assert "proxy_request_buffering on;" in files
        assert "proxy_request_buffering off;" in text


class TestInAnOwnersServer:
    """What leads to a cache of ours goes with it; an owner's own cache is not replaced."""

    WHOLE: ClassVar[dict[str, Any]] = {"cache": "1g", "buffering": True}

    @pytest.mark.parametrize("then", [{"buffering": True}, {}, {"cache": IMAGES, "buffering": True}])
    def test_the_line_goes(self, then: dict[str, Any]) -> None:
        before = written(THEIRS, self.WHOLE, adopt=True)
        assert lines(before, "proxy_cache") != []
        assert lines(written(before, then, adopt=True), "proxy_cache") == ([] if then else ["off"])

    def test_another_service_has_another_cache(self) -> None:
        before = written(THEIRS, self.WHOLE, adopt=True)
        after = written(before, {**self.WHOLE, "upstream": "http://192.168.0.11"}, adopt=True)
        (first,), (second,) = lines(before, "proxy_cache"), lines(after, "proxy_cache")
        assert first != second

    def test_an_owners_cache_is_told(self) -> None:
        theirs = THEIRS.replace("proxy_pass", "proxy_cache mine;\n        proxy_pass")
        with pytest.raises(ConfigError, match="proxy_cache mine` of yours"):
            written(theirs, self.WHOLE, adopt=True)
