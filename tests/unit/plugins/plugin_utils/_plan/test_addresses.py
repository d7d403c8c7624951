# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an owner's own servers lose by the addresses and the default of a site is refused before anything changes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.addresses import address_problems, decides, named

ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]
EVERYWHERE = ["*:443", "*:80", "[::]:443", "[::]:80"]


def problems(
    said: dict[str, Any], *owners: dict[str, Any], own: tuple[str, ...] = (), keeps: bool = False
) -> list[str]:
    raw = [{"server_name": "a.example.org", "routes": ROUTES, **said}]
    theirs = {"place": "/etc/nginx/conf.d/old.conf:3", "names": ["old.lan"], "defaults": [], "packaged": False}
    host = {"own_hosts": [*own], "owners": [{**theirs, **each} for each in owners]}
    found = address_problems(raw, read_sites(raw, {"generic": {}}), host, keeps_packaged=keeps)
    assert {each.place for each in found} <= {"site a.example.org"}
    return [each.text for each in found]


def test_an_address_of_another_host() -> None:
    (text,) = problems({"listen": ["192.168.0.9", "::1"]}, own=("[::1]",))
    assert text.startswith("listen: 192.168.0.9 is no address of this host now: `ip -brief address` shows")


def test_an_owners_server_of_every_address_would_not_be_asked_there() -> None:
    (text,) = problems({"listen": "192.168.0.2"}, {"listens": ["*:443", "*:80"]}, own=("192.168.0.2",))
    assert text.startswith("listen: /etc/nginx/conf.d/old.conf:3 (old.lan) listens on every address")
    assert "`listen 192.168.0.2:80` and `listen 192.168.0.2:443`" in text


@pytest.mark.parametrize(
    ("listen", "theirs", "count"),
    [
        ("192.168.0.2", ["*:80", "192.168.0.2:80"], 0),
        ("192.168.0.2", ["*:80", "192.168.0.2:443"], 1),
        # It answers there for names that nobody has.
        ("192.168.0.2", ["192.168.0.2:443"], 1),
        ("192.168.0.2", ["[::]:80"], 0),
        ("192.168.0.2", ["*:8080"], 0),
        ("192.168.0.2", ["192.168.0.3:80"], 0),
        ("fd00::2", ["*:80"], 0),
        ("fd00::2", ["[::]:80"], 1),
        ("fd00::2", ["[::]:80", "[fd00::2]:80"], 0),
    ],
)
def test_only_what_would_be_lost_counts(listen: str, theirs: list[str], count: int) -> None:
    own = ("192.168.0.2", "[fd00::2]")
    assert len(problems({"listen": listen}, {"listens": theirs}, own=own)) == count
    assert not problems({}, {"listens": theirs}, own=own)


@pytest.mark.parametrize(("packaged", "keeps", "count"), [(True, False, 0), (True, True, 1), (False, False, 1)])
def test_the_distributions_own_site_goes(packaged: bool, keeps: bool, count: int) -> None:
    theirs = {"listens": EVERYWHERE, "defaults": ["*:80", "[::]:80"], "packaged": packaged, "names": ["", "_"]}
    # It is the default server, and would not be asked at that address.
    assert len(problems({"listen": "192.168.0.2"}, theirs, own=("192.168.0.2",), keeps=keeps)) == 2 * count
    found = problems({"default": True}, theirs, keeps=keeps)
    assert len(found) == count
    assert all(
        "default: /etc/nginx/conf.d/old.conf:3 (_) is the default_server of *:80, [::]:80" in each for each in found
    )


def test_a_default_server_elsewhere_is_none_of_ours() -> None:
    theirs = {"listens": ["*:8080", "192.168.0.7:443"], "defaults": ["*:8080", "192.168.0.7:443"]}
    assert not problems({"default": True}, theirs)


def test_the_host_is_asked_only_where_it_matters() -> None:
    for said, expected in (({}, []), ({"listen": ["fd00::2", "10.8.0.1"]}, ["10.8.0.1", "[fd00::2]"])):
        sites = read_sites([{"server_name": "a.example.org", "routes": ROUTES, **said}], {"generic": {}})
        assert (decides(sites), named(sites)) == (bool(said), expected)


def test_a_default_server_of_the_address_stays_one() -> None:
    theirs = {"listens": ["192.168.0.2:443"], "defaults": ["192.168.0.2:443"]}
    assert not problems({"listen": "192.168.0.2"}, theirs, own=("192.168.0.2",))


@pytest.mark.parametrize("default", EVERYWHERE)
def test_without_our_default_server_nobody_answers_challenges_elsewhere(default: str) -> None:
    theirs = {"listens": [default, default.replace("*", "192.168.0.2")], "defaults": [default]}
    found = problems({"listen": "192.168.0.2"}, theirs, own=("192.168.0.2",))
    assert [each for each in found if f"is the default_server of {default}, so that at other addresses" in each]
