# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies in front of a site: which are refused, what nginx is told, and who is in the LAN."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features._cdns import CDNS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._features.trusted_proxies import networks
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.modules import module_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

FACTS = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
SERVER = LocalServer(ports=frozenset({8088}), folders=("/WebConsole",), lan=("2001:db8:0:1::/64", "192.168.0.3/32"))
HOST = Host(Platform.of(FACTS), {}, SERVER)
ROUTES = [{"path": "/", "app": "constellation", "upstream": "http://127.0.0.1:8088"}]
PROXIES = ["192.168.0.2", "192.168.0.3", "198.51.100.0/24"]


def raw(proxies: object = None, name: str = "a.example.org", **more: Any) -> dict[str, Any]:
    said = {} if proxies is None else {"trusted_proxies": proxies}
    return {"server_name": name, "routes": ROUTES, **said, **more}


def sites(*given: dict[str, Any]) -> list[Any]:
    return read_sites([*given], {"generic": {}, "constellation": {}})


def written(site: dict[str, Any], before: str | None = None) -> str:
    _common, declared = nginx_sites(sites(site), HOST)
    (wanted,) = _declaration.sites([declared])
    pair = ("/c", "/k")
    return str(edit_site(before, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


def common(*given: dict[str, Any]) -> str:
    return str(nginx_sites(sites(*given), HOST)[0]["directives"])


def file_of(site: dict[str, Any]) -> str:
    ((_name, text),) = nginx_sites(sites(site), HOST)[1]["files"].items()
    return str(text)


def geo(text: str, name: str, address: str) -> str:
    """Say what a `geo` makes of an address, as nginx reads it: the longest network counts."""
    (entries,) = re.findall(rf"geo (?:\$realip_remote_addr )?{re.escape(name)} \{{ default 0; (.*?) \}}", text)
    pairs = [(ipaddress.ip_network(each), value) for each, value in re.findall(r"(\S+) ([01]);", entries)]
    assert len({network for network, _value in pairs}) == len(pairs), "nginx warns of a network that stands twice"
    asked = ipaddress.ip_address(address)
    found = sorted((network.prefixlen, value) for network, value in pairs if asked in network)
    return found[-1][1] if found else "0"


def is_inside(text: str, peer: str, client: str) -> bool:
    name = "$constellation_edge_inside"
    return geo(text, f"{name}_peer", peer) + geo(text, f"{name}_client", client) == "11"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.0.0.0/0", "as good as everybody"),
        ("::/0", "as good as everybody"),
        ("128.0.0.0/1", "as good as everybody"),
        ("2000::/3", "as good as everybody"),
        ("127.0.0.1", "is this proxy's own host"),
        ("::1", "is this proxy's own host"),
        ("::ffff:192.0.2.1", "write it in the form 192.0.2.0/24"),
        ("192.168.0.1/24", "write 192.168.0.0/24 for the network, or the address alone"),
        ("192.168.0.256", "is no network"),
        ("fe80::1%eth0", "is no text that names a proxy"),
        ("Cloudfare", "is no CDN that is known; did you mean 'cloudflare'?"),
        ("192.168.0.2; deny all", "is no network"),
        (7, "is no text that names a proxy"),
        (True, "is no text that names a proxy"),
    ],
)
def test_what_is_no_proxy_is_refused(value: object, said: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(said)) as refused:
        sites(raw([value]))
    assert [each.place for each in refused.value.problems] == ["site a.example.org"]


def test_an_owners_server_keeps_its_own() -> None:
    with pytest.raises(SchemaError, match="trusted_proxies: a site that adopts keeps"):
        sites(raw(PROXIES, adopt=True))


def test_both_servers_are_told_and_what_the_key_wrote_goes_with_it() -> None:
    plain = written(raw())
    told = written(raw(PROXIES), plain)
    assert told.count("include /etc/nginx/constellation-edge/proxies-") == 2
    assert written(raw(["10.0.0.0/8"]), told) == told
    assert written(raw(), told) == plain


def test_what_an_owner_includes_or_trusts_by_hand_stays() -> None:
    hand = written(raw()).replace("    listen 443", "    include /etc/nginx/mine.conf;\n    listen 443", 1)
    hand = hand.replace("    listen 443", "    set_real_ip_from 192.0.2.1;\n    listen 443", 1)
    assert written(raw(), hand) == hand
    assert written(raw(), written(raw(PROXIES), hand)) == hand


def test_without_the_key_nothing_is_asked_of_the_module() -> None:
    text = common(raw(maintenance={"allow": "lan"}))
    assert "realip" not in text
    assert "geo $constellation_edge_outside { default 1;" in text
    assert networks(sites(raw())) == []


@pytest.mark.parametrize(
    ("proxies", "header"),
    [
        ("cloudflare", "CF-Connecting-IP"),
        (["cloudflare"], "CF-Connecting-IP"),
        (["cloudflare", "192.168.0.2"], "X-Forwarded-For"),
        (["192.168.0.2"], "X-Forwarded-For"),
    ],
)
def test_the_header_is_one_that_the_proxies_write(proxies: object, header: str) -> None:
    text = file_of(raw(proxies))
    assert f"real_ip_header {header};\nreal_ip_recursive on;\n" in text
    cdn = CDNS["cloudflare"]
    assert ("set_real_ip_from 2400:cb00::/32;" in text) is ("cloudflare" in proxies)  # type: ignore[operator]
    assert (f"# cloudflare: {' '.join(cdn.sources)}, {cdn.date}\n" in text) is ("cloudflare" in proxies)  # type: ignore[operator]


@pytest.mark.parametrize("name", sorted(CDNS))
def test_the_networks_of_a_cdn_are_networks_of_both_families_with_a_source(name: str) -> None:
    cdn = CDNS[name]
    found = [ipaddress.ip_network(each) for each in cdn.networks]
    assert {each.version for each in found} == {4, 6}
    assert all(each.is_global for each in found)
    assert len({*found}) == len(found)
    assert all(each.startswith("https://") for each in cdn.sources)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", cdn.date)


@pytest.mark.parametrize(
    ("peer", "client", "inside"),
    [
        # Nobody between.
        ("192.168.0.50", "192.168.0.50", True),
        ("203.0.113.9", "203.0.113.9", False),
        ("2001:db8:0:1::5", "2001:db8:0:1::5", True),
        # What a proxy on the Internet says of this LAN is not so.
        ("198.51.100.7", "192.168.0.50", False),
        ("198.51.100.7", "127.0.0.1", False),
        # One in the LAN knows it.
        ("192.168.0.2", "192.168.0.50", True),
        ("192.168.0.2", "203.0.113.9", False),
        # It has not said who asks.
        ("192.168.0.2", "192.168.0.2", False),
        # Its owner has said that it is in the LAN.
        ("192.168.0.3", "192.168.0.3", True),
    ],
)
def test_who_is_in_the_lan(peer: str, client: str, inside: bool) -> None:
    assert is_inside(common(raw(PROXIES)), peer, client) is inside


def test_console_and_maintenance_ask_for_that_lan() -> None:
    text = common(raw(PROXIES), raw(name="b.example.org", maintenance={"allow": ["lan", "203.0.113.7"]}))
    assert "map $constellation_edge_inside $constellation_edge_outside { default 1; 1 0; }" in text
    assert text.count("geo $constellation_edge_inside_client ") == 1
    assert '"$realip_remote_addr $server_addr $constellation_edge_let_in ' in text
    (listed,) = re.findall(r"geo (\$constellation_edge_let_in_\w+_listed) \{ default 0; 203\.0\.113\.7/32 2; \}", text)
    assert f'map "$constellation_edge_inside{listed}" {listed.removesuffix("_listed")} ' in text


def test_only_the_lan_is_let_in() -> None:
    text = common(raw(PROXIES, maintenance={"allow": "lan"}))
    (asked,) = re.findall(r'map "\$constellation_edge_inside\S+_listed" \S+ \{ default 0; (.*?) \}', text)
    assert asked == '"~2$" 1; "~^1" 1;'


def test_networks_of_the_lan_are_written_out_and_a_proxy_elsewhere_names_none_of_them() -> None:
    text = common(raw(PROXIES, maintenance={"allow": ["192.168.0.0/24", "203.0.113.7"]}))
    assert re.search(r"_listed \{ default 0; 192\.168\.0\.0/24 1; 203\.0\.113\.7/32 2; \}", text)
    assert '{ default 0; "~2$" 1; "11" 1; }' in text


def test_the_host_has_the_networks_of_all_sites_once() -> None:
    given = [raw(["192.168.0.2", "10.8.0.0/24"]), raw(["192.168.0.2"], name="b.example.org")]
    assert networks(sites(*given)) == ["192.168.0.2/32", "10.8.0.0/24"]


def test_a_nginx_without_the_module_is_told_before_anything_is_changed() -> None:
    given = [raw(PROXIES)]
    lacks = {**FACTS, "nginx_without": ["http_realip_module"]}
    (problem,) = module_problems(given, sites(*given), lacks, SERVER)
    assert problem.place == "site a.example.org"
    assert "needs nginx's module http_realip_module" in problem.text
    assert not module_problems([raw()], sites(raw()), lacks, SERVER)
