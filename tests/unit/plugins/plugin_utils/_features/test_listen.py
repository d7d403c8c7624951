# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of a site: what is refused, where each server listens, and where the proof asks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan

HOST = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]
NAMES = ("a.example.org", "b.example.org")


def plan(*listens: object, address: str = "", host: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the plan of sites with these addresses, of which None has none."""
    given = [
        {"server_name": name, "routes": ROUTES, **({} if listen is None else {"listen": listen})}
        for name, listen in zip(NAMES, listens, strict=False)
    ]
    return edge_plan(read_sites(given, {"generic": {}}), host or HOST, address=address)


def listens(found: dict[str, Any]) -> list[list[list[str]]]:
    return [[server["listen"] for server in site["servers"]] for site in found["nginx_sites"]]


def test_without_the_key_everything_is_as_it_was() -> None:
    every = [["80", "[::]:80"], ["443 ssl", "[::]:443 ssl"]]
    assert listens(plan(None, None)) == [every] * 3


def test_servers_of_every_address_listen_on_that_one_too() -> None:
    common, first, second = listens(plan(["192.168.0.2", "FD00::0002"], None))
    own = [["192.168.0.2:80", "[fd00::2]:80"], ["192.168.0.2:443 ssl", "[fd00::2]:443 ssl"]]
    assert first == own
    assert common == second == [["80", "[::]:80", *own[0]], ["443 ssl", "[::]:443 ssl", *own[1]]]


def test_two_sites_at_two_addresses() -> None:
    common, first, second = listens(plan("192.168.0.2", ["192.168.0.2", "10.8.0.1"]))
    assert [each[0] for each in (first, second)] == [["192.168.0.2:80"], ["192.168.0.2:80", "10.8.0.1:80"]]
    assert common[0] == ["80", "[::]:80", "192.168.0.2:80", "10.8.0.1:80"]


def test_an_older_nginx_has_http2_there_too() -> None:
    _common, (_plain, https) = listens(plan("192.168.0.2", host={**HOST, "nginx_version": "1.18.0"}))
    assert https == ["192.168.0.2:443 ssl http2"]


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("0.0.0.0", "'0.0.0.0' is every address, as without the key: take `listen` out"),  # noqa: S104 - it is refused
        ("[::]", "is every address"),
        (443, "sites have the ports 80 and 443, and no others"),
        ("443", "'443' is no address: sites have the ports 80 and 443, and no others; write an address of this host"),
        ("192.168.0.2:8443", "sites have the ports 80 and 443, and no others"),
        ("443 ssl", "sites have the ports 80 and 443, and no others"),
        ("unix:/run/x.sock", "several are a list, and names, network cards and sockets are none"),
        ("192.168.0.2, 10.8.0.1", "several are a list"),
        ([], "names no address, which would mean every one"),
        ("192.168.0.0/24", "is no address, but a network"),
        ("eth0", "names, network cards and sockets are none"),
        ("fe80::1", "is link-local, which nginx cannot listen on"),
        ("fe80::1%eth0", "is link-local, which nginx cannot listen on"),
        ("::ffff:192.168.0.2", "is IPv4 written as IPv6"),
        ("224.0.0.1", "a multicast or broadcast address"),
        ("192.168.0.256", "is no address"),
        ("192.168.0.2; }", "is no address"),
    ],
)
def test_what_is_no_address_of_a_host_is_refused(listen: object, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        plan(listen)
    assert said in str(error.value)


def test_an_adopted_server_has_its_owners_addresses() -> None:
    site = {"server_name": "a.example.org", "routes": ROUTES, "adopt": True, "listen": "192.168.0.2"}
    with pytest.raises(SchemaError, match="a site that adopts keeps the addresses of its owner's server"):
        read_sites([site], {"generic": {}})


class TestProof:
    """Where the controller asks."""

    @pytest.mark.parametrize(
        ("address", "listen", "asked"),
        [
            ("", "192.168.0.2", None),
            ("192.168.0.2", "192.168.0.2", None),
            ("203.0.113.7", "192.168.0.2", "192.168.0.2"),
            ("nas.lan", ["127.0.0.1", "192.168.0.2"], "192.168.0.2"),
            ("127.0.0.1", "127.0.0.2", "127.0.0.2"),
        ],
    )
    def test_a_site_is_asked_where_it_is(self, address: str, listen: object, asked: str | None) -> None:
        found = plan(listen, None, address=address)
        for part in ("probes", "hostile"):
            here, there = ([each for each in found[part] if name in each["url"]] for name in NAMES)
            assert here
            assert there
            assert [each.get("address") for each in here] == [asked] * len(here)
            assert not any("address" in each for each in there)

    @pytest.mark.parametrize("address", ["", "192.168.0.2"])
    def test_what_only_the_host_reaches_is_not_asked_from_elsewhere(self, address: str) -> None:
        found = plan(["127.0.0.1", "::1"], address=address)
        assert not found["probes"]
        assert not found["hostile"]
        assert any("is answered to the host itself alone" in each for each in found["notes"])
