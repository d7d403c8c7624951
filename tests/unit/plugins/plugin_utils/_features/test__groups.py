# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several services behind one route: what is read, what is refused, and what stands in the site's file."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features import registry
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._features.upstream import Proxied
from ansible_collections.constellation.edge.plugins.plugin_utils._features.upstream_tls import UpstreamTls
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.names import Upstream
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.upstreams import upstream_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

NEW, OLD = (Platform(version, (3, 5), ipv6=True) for version in ((1, 28, 3), (1, 26, 3)))
A, B = "http://10.0.0.1:8080", "http://10.0.0.2:8080"
DNS = {"servers": ["10.0.0.53"], "in_dns": True, "fresh": True, "address": ""}
NAMES: dict[str, dict[str, Any]] = {
    "nas.lan": {**DNS, "full_name": "nas.lan", "now": "10.0.0.7"},
    "box.lan": {
        **DNS,
        "full_name": "box.lan.home",
        "servers": ["10.0.0.54", "10.0.0.53"],
        "fresh": False,
        "now": "10.0.0.8",
    },
    "host.lan": {**DNS, "full_name": "host.lan", "in_dns": False, "address": "10.0.0.9", "now": "10.0.0.9"},
    "gone.lan": {**DNS, "full_name": "gone.lan", "in_dns": False, "now": ""},
}
RULES = "max_fails=3 fail_timeout=10s"


def sites(upstream: Any, **route: Any) -> list[Site]:
    routes = [{"path": "/s/", "upstream": upstream, **route}]
    return read_sites([{"server_name": "a.example.org", "routes": routes}], {"generic": {}, "app": {"prefix": "strip"}})


def refused(upstream: Any, **route: Any) -> list[str]:
    presets: dict[str, dict[str, Any]] = {"generic": {}, "constellation": {"port": 8088}}
    routes = [{"path": "/s/", "upstream": upstream, **route}]
    with pytest.raises(SchemaError) as error:
        read_sites([{"server_name": "a.example.org", "routes": routes}], presets)
    return [f"{each.place}: {each.text}" for each in error.value.problems]


def declared(upstream: Any, platform: Platform = NEW, **route: Any) -> dict[str, Any]:
    found: dict[str, Any] = nginx_sites(sites(upstream, **route), Host(platform, NAMES))[1]
    return found


def block(upstream: Any, platform: Platform = NEW, **route: Any) -> dict[str, Any]:
    """Return the only `upstream` block as it is without kept connections; its zone has the block's name."""
    ((name, found),) = declared(upstream, platform, keepalive=False, **route)["directives"].items()
    return {**found, "zone": found["zone"].replace(name.removeprefix("upstream "), "NAME")}


def test_each_item_is_alone_or_has_more_to_say() -> None:
    (site,) = sites([A, {"url": B, "weight": 3}, {"url": "unix:/run/a.sock", "backup": True}])
    assert site.routes[0].targets == (
        Upstream("http", "10.0.0.1", 8080),
        Upstream("http", "10.0.0.2", 8080, weight=3),
        Upstream("http", "unix:/run/a.sock", 0, backup=True),
    )
    # As other hosts get it, and read it again.
    assert tuple(Upstream(**each) for each in asdict(site.routes[0])["targets"]) == site.routes[0].targets


def test_a_list_of_one_is_that_one() -> None:
    assert declared([A]) == declared(A)


@pytest.mark.parametrize(
    ("upstream", "place", "said"),
    [
        ([], "", "upstream is an empty list"),
        ({"url": A}, "", "must be a URL or a list: write `- url: ...`"),
        ([A, "10.0.0.1"], ", upstream[2]", "write 'http://10.0.0.1'"),
        ([A, 8080], ", upstream[2]", "8080 is not a URL"),
        ([A, {"weight": 2}], ", upstream[2]", "has no url: write `url: http://ADDRESS:PORT`"),
        ([A, {"url": B, "wieght": 2}], ", upstream[2]", "did you mean 'weight'?"),
        ([A, {"url": B, "weight": 0}], ", upstream[2]", "must be a number from 1 to 100"),
        ([A, {"url": B, "backup": "yes"}], ", upstream[2]", "backup must be true or false"),
        ([A, B, {"url": A, "backup": True}], ", upstream[3]", "stands in the list already"),
        ([A, "https://10.0.0.2"], ", upstream[2]", "all of a list have the same"),
        ([A, f"{B}/x/"], ", upstream[2]", "all of a list have the same"),
        ([{"url": A, "backup": True}, {"url": B, "backup": True}], "", "all are a backup"),
        ([A, "http://127.0.0.1"], "", "upstream 'http://127.0.0.1' is the proxy itself"),
        ([A, "http://a.example.org"], "", "upstream 'http://a.example.org' is the proxy itself"),
    ],
)
def test_what_cannot_be_is_refused_with_the_item(upstream: Any, place: str, said: str) -> None:
    (problem,) = refused(upstream)
    assert problem.startswith(f"site a.example.org, route /s/{place}: ")
    assert said in problem


@pytest.mark.parametrize(
    ("upstream", "route", "said"),
    [
        ([A, B], {"app": "constellation"}, "a Constellation server is one"),
        (A, {"sticky": "address"}, "sticky is for a list in `upstream`"),
        ([A, {"url": B, "backup": True}], {"sticky": "address"}, "nginx knows no backup then"),
        ([A, B], {"sticky": "cookie"}, "sticky 'cookie' is not known"),
        ([f"{A}/x/", f"{B}/x/"], {"prefix": "strip"}, "take `prefix` out"),
        (["https://10.0.0.1", "https://nas.lan"], {"upstream_tls": {"verify": "system"}}, "for one name"),
    ],
)
def test_what_does_not_go_with_a_list_is_refused(upstream: Any, route: dict[str, Any], said: str) -> None:
    (problem,) = refused(upstream, **route)
    assert said in problem


@pytest.mark.parametrize("platform", [NEW, OLD])
def test_addresses_and_sockets_are_servers_of_a_block(platform: Platform) -> None:
    given = [{"url": A, "weight": 2}, "http://[fd00::1]", {"url": "unix:/run/a.sock", "backup": True}]
    assert block(given, platform) == {
        "zone": "NAME 512k",
        "server": [f"10.0.0.1:8080 weight=2 {RULES}", f"[fd00::1]:80 {RULES}", f"unix:/run/a.sock {RULES} backup"],
    }
    assert block([A, B], platform, sticky="address")["ip_hash"] is None


def test_a_name_of_a_list_is_asked_for_where_nginx_can() -> None:
    assert block(["http://nas.lan", "http://box.lan", "http://host.lan", "http://gone.lan"]) == {
        "zone": "NAME 512k",
        "resolver": "10.0.0.53 valid=1s",
        "resolver_timeout": "2s",
        "server": [
            f"nas.lan:80 resolve {RULES}",
            f"box.lan.home:80 resolve {RULES}",
            f"10.0.0.9:80 {RULES}",
            f"gone.lan:80 resolve {RULES}",
        ],
    }


def test_elsewhere_it_is_the_address_that_it_has_now_which_is_told() -> None:
    given = ["http://nas.lan", "http://host.lan"]
    assert block(given, OLD) == {"zone": "NAME 512k", "server": [f"10.0.0.7:80 {RULES}", f"10.0.0.9:80 {RULES}"]}
    notes = Proxied.notes(sites(given), Host(OLD, NAMES))
    assert [note.partition(" ")[2].partition(" ")[0] for note in notes] == ["host.lan", "nas.lan"]
    assert "it was given the address 10.0.0.7" in notes[1]
    assert len(Proxied.notes(sites(given), Host(NEW, NAMES))) == 1


def problems(upstream: Any, platform: str, own: tuple[str, ...] = ()) -> list[str]:
    raw = [{"server_name": "a.example.org", "routes": [{"path": "/s/", "upstream": upstream}]}]
    host = {"nginx_version": platform, "openssl_version": "3.5", "ipv6": True, "upstreams": NAMES, "own_hosts": [*own]}
    return [each.text for each in upstream_problems(raw, sites(upstream), host, ["home", "192.0.2.7", "fd00::7"])]


def test_a_name_without_an_address_never_keeps_nginx_from_starting() -> None:
    (problem,) = problems([A, "http://gone.lan"], "1.26.3")
    assert problem.startswith("nobody knows an address of gone.lan, and nginx 1.26.3 asks for the names of a list when")
    assert problems([A, "http://gone.lan"], "1.28.3") == problems("http://gone.lan", "1.26.3") == []


@pytest.mark.parametrize(
    ("upstream", "is_itself"),
    [
        ("http://192.0.2.7", True),
        ("https://home", True),
        ("http://[fd00::7]", True),
        ([A, "http://nas.lan"], True),
        ("http://192.0.2.7:8080", False),
        ("http://192.0.2.8", False),
    ],
)
def test_the_proxy_by_any_name_is_no_upstream(upstream: Any, is_itself: bool) -> None:
    found = problems(upstream, "1.28.3", ("nas.lan",))
    assert [each.endswith("is the proxy itself: give the service's own address and port") for each in found] == (
        [True] if is_itself else []
    )


def test_another_one_is_asked_where_one_is_silent_but_nothing_is_done_twice() -> None:
    location = declared([A, B])["servers"][1]["locations"][0]
    assert location["marked"]["proxy_next_upstream"] == ["error timeout"]
    assert location["directives"]["proxy_connect_timeout"] == "3s"
    assert "proxy_next_upstream" not in str(declared(A))


def test_all_names_and_ports_of_the_services_lead_back() -> None:
    site = declared(["http://nas.lan:81", "http://10.0.0.2:82", "unix:/run/a.sock"])
    said = "".join(site["servers"][1]["locations"][0]["directives"]["proxy_redirect"])
    assert r"nas\.lan|10\.0\.0\.2" in said
    assert "80|443|81|82" in said


@pytest.mark.parametrize("platform", [NEW, OLD])
def test_a_list_works_with_paths_prefixes_and_presets(platform: Platform) -> None:
    def passed(upstream: Any, **route: Any) -> str:
        return str(declared(upstream, platform, **route)["servers"][1]["locations"][0]["directives"]["proxy_pass"])

    assert passed([A, B]).startswith("http://constellation_edge_a.example.org_")
    assert passed([f"{A}/x/", f"{B}/x/"]).endswith("/x$constellation_edge_rest")
    assert passed([A, B], app="app").endswith("$constellation_edge_rest")
    assert "/s" not in passed([f"{A}/s/", f"{B}/s/"])


def test_blocks_are_told_apart_by_what_is_in_them() -> None:
    given = [[A, B], [A, {"url": B, "weight": 2}], [A, {"url": B, "backup": True}]]
    names = {
        *(str(*declared(each)["directives"]) for each in given),
        str(*declared([A, B], sticky="address")["directives"]),
    }
    assert len(names) == 4


def test_ports_of_this_host_are_closed() -> None:
    assert registry.closed_ports(sites(["http://127.0.0.1:81", "http://[::1]:82", B]), Host(NEW)) == [81, 82]


def test_tls_has_one_name_for_all() -> None:
    def name(upstream: Any, **tls: Any) -> Any:
        more = {"upstream_tls": tls} if tls else {}
        return declared(upstream, **more)["servers"][1]["locations"][0]["directives"].get("proxy_ssl_name")

    same, other = ["https://nas.lan", "https://nas.lan:5001"], ["https://nas.lan", "https://box.lan"]
    assert name(same) == name(same, verify="system") == "nas.lan"
    assert (name(other), name(["https://10.0.0.1", "https://10.0.0.1:5001"])) == (None, None)
    assert name(other, verify="system", name="all.lan") == "all.lan"
    (note,) = UpstreamTls.notes(sites(other), Host(NEW, NAMES))
    assert "a.example.org/s/ (https://nas.lan and https://box.lan)" in note


FORMS = [
    (A, {}),
    ([A, B], {}),
    ([A, B], {"sticky": "address"}),
    ([f"{A}/x/", f"{B}/x/"], {}),
    (["http://nas.lan", B], {}),
]


def text_of(before: str | None, upstream: Any, route: dict[str, Any]) -> str:
    (site,) = _declaration.sites([declared(upstream, **route)])
    found = edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)
    assert found is not None
    return found


@pytest.mark.parametrize("before", FORMS)
@pytest.mark.parametrize("after", FORMS)
def test_from_one_form_to_another_ours_go(before: Any, after: Any) -> None:
    changed = text_of(text_of(None, *before), *after)
    assert text_of(changed, *after) == changed
    assert meaningful(changed) == meaningful(text_of(None, *after))


def meaningful(text: str) -> list[str]:
    return sorted(line.strip() for line in text.splitlines() if line.strip())


def test_in_an_owners_location_the_block_stays_as_long_as_it_is_used() -> None:
    (site,) = (replace(each, adopt=True) for each in sites([A, B]))
    adopted = nginx_sites([site], Host(NEW, NAMES))[1]
    (name,) = adopted["directives"]
    assert adopted["servers"][1]["locations"][0]["adopted"]["directives"]["proxy_pass"] == f"http://{name.split()[1]}"
