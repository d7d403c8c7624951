# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of a Constellation server that would be kept out of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.lan import LAN_NETWORKS
from ansible_collections.constellation.edge.plugins.plugin_utils._features._policy import Policy, policy
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._keys.access_kind import ACCESS
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.cut_off import cut_off_problems, seen_problems

SENTINELS = {"cellar": "192.168.0.7", "office": "203.0.113.7", "named": "office.example.org"}


def raw(keys: dict[str, Any], app: str = "constellation") -> list[dict[str, Any]]:
    service = {"app": app} if app == "constellation" else {"upstream": "http://127.0.0.1:8088"}
    return [{"server_name": "home.example.org", "routes": [{"path": "/constellation/", **service, **keys}]}]


def told(
    keys: dict[str, Any],
    sentinels: dict[str, str] | None = None,
    app: str = "constellation",
    presets: dict[str, Any] | None = None,
) -> list[str]:
    sites = read_sites(raw(keys, app), presets or read_presets(OURS).found)
    found = cut_off_problems(raw(keys, app), sites, LAN_NETWORKS, SENTINELS if sentinels is None else sentinels)
    assert all(
        each.place.startswith("site home.example.org, route ") and "/constellation/" in each.place for each in found
    )
    return [each.text for each in found]


@pytest.mark.parametrize("access", ["login", "lan+login"])
def test_a_login_for_what_asks_for_a_key_is_refused(access: str) -> None:
    for path in ("/rest/", "= /rest/consumer/x", "/signalr/", "/REST/", "~ ^/r"):
        (text,) = told({"locations": [{"path": path, "access": access}]}, {})
        assert text.startswith("access asks for a `login` where sentinels")
    # A preset of the owner's does not know what asks for a key.
    (text,) = told({"access": access}, {}, presets={"constellation": {"port": 8088}})
    assert text.startswith("access asks for a `login` where sentinels")
    assert told({"access": access}, app="generic") == []


@pytest.mark.parametrize(("access", "of_keys"), [("login", ((),)), ("lan+login", (("lan",),))])
def test_a_login_for_the_rest_of_a_server_is_none_for_what_asks_for_a_key(access: str, of_keys: Any) -> None:
    assert told({"access": access}, {}) == []
    (site,) = read_sites(raw({"access": access}), read_presets(OURS).found)
    assert [(each.path, policy(site, each).rule) for each in site.routes[0].locations] == [
        ("/constellation/rest/", of_keys),
        ("/constellation/signalr/", of_keys),
    ]


def test_a_sentinel_may_get_its_packages_anywhere_but_at_the_console() -> None:
    (cellar, office) = told({"access": "login"})
    assert "the sentinel on cellar (192.168.0.7)" in cellar
    assert "write `allow: 203.0.113.7` beside `lan`" in office
    for path in ("/WebConsole/", "/webconsole/x/", "= /WebConsole"):
        assert told({"locations": [{"path": path, "access": "login"}]}) == []
    assert told({"access": ["lan", "login"], "allow": "203.0.113.7"}) == []
    assert len(told({"locations": [{"path": "/x/", "access": "login"}]})) == 2


@pytest.mark.parametrize("access", ["lan", ["lan", "login"]])
def test_a_sentinel_outside_is_named_with_what_lets_it_in(access: Any) -> None:
    (text,) = told({"access": access})
    assert "the sentinel on office (203.0.113.7)" in text
    assert told({"access": access, "allow": "203.0.113.0/24"}) == []
    (denied,) = told({"access": access, "allow": "203.0.113.0/24", "deny": "192.168.0.7"})
    assert "the sentinel on cellar" in denied


def test_a_sentinel_is_judged_by_the_address_from_which_it_was_seen_to_call() -> None:
    sites = read_sites(raw({"access": ["lan", "login"], "allow": "203.0.113.7"}), read_presets(OURS).found)
    assert seen_problems(sites, LAN_NETWORKS, "office", "203.0.113.7") == []
    (found,) = seen_problems(sites, LAN_NETWORKS, "office", "203.0.113.8")
    assert (found.place, "on office (203.0.113.8) out" in found.text) == (
        "site home.example.org, route /constellation/",
        True,
    )


def test_a_part_of_a_server_is_judged_as_all_of_it() -> None:
    parts = [{"path": "/rest/", "access": "login"}, {"path": "/x/", "access": "lan"}]
    texts = told({"locations": parts})
    assert [text.partition(" ")[0] for text in texts] == ["access", "access"]
    assert "office" in texts[1]


def test_what_is_open_and_what_is_closed_on_purpose_is_left_alone() -> None:
    assert told({}) == told({"access": "public"}) == told({"access": "none"}) == told({"access": "lan"}, {}) == []


@pytest.mark.parametrize(
    ("access", "address", "let_in"),
    [
        ("public", "203.0.113.9", True),
        ("public", "192.168.0.66", False),
        ("lan", "192.168.0.10", True),
        ("lan", "fd00::1", True),
        ("lan", "203.0.113.7", True),
        ("lan", "203.0.113.8", False),
        ("lan", "192.168.0.66", False),
        (["lan", "login"], "192.168.0.10", True),
        (["lan", "login"], "203.0.113.8", False),
        ("lan+login", "192.168.0.10", False),
        ("login", "192.168.0.10", False),
        ("none", "127.0.0.1", False),
    ],
)
def test_who_is_let_in_without_a_login_is_known_without_nginx(access: Any, address: str, let_in: bool) -> None:
    found = Policy(ACCESS.convert(access), ("203.0.113.7/32",), ("192.168.0.66/32",))
    assert found.lets_in(address, LAN_NETWORKS) is let_in
