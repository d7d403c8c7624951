# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits by a real nginx: how many requests pass, who counts as one client, and how fast an answer comes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_limits import FORGED, FRONT, HOST, NAME, PROXY, SERVICE
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_limits.py")
PRESETS = read_presets(OURS).found
UPSTREAM = {"upstream": f"http://{HOST}:{SERVICE}"}
PARTS = [
    {"path": "/same/", "read_timeout": 60},
    {"path": "/own/", "rate_limit": "1r/m"},
    {"path": "/open/", "rate_limit": False},
]
ROUTES: list[dict[str, Any]] = [
    {"path": "/burst/", **UPSTREAM, "rate_limit": "6r/m burst 4", "locations": PARTS},
    {"path": "/second/", **UPSTREAM, "rate_limit": "1r/s"},
    {"path": "/minute/", **UPSTREAM, "rate_limit": "1r/m"},
    {"path": "/open/", **UPSTREAM, "connection_limit": 3},
    {"path": "/slow/", **UPSTREAM, "bandwidth": "100k", "buffering": True},
    {"path": "/fast/", **UPSTREAM},
]
# Two addresses, and whether they are one client.
PAIRS = {
    # The same network, with a zero or a line feed in each part of it; nginx writes some of them in another way.
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"): True,
    ("2001:db8:0:3::1", "2001:db8::3:1:2:3:4"): True,
    ("2001:db8::1", "2001:db8:0:0:1:2:3:4"): True,
    ("2001:db8:a0a:a::a", "2001:db8:a0a:a:a0a:a0a:a0a:a0a"): True,
    ("::a:b:1:2:3:4", "0:0:a:b::9"): True,
    # Two networks beside one another.
    ("2001:db8:2:2::1", "2001:db8:2:3::1"): False,
    ("2001:db8:a0a:b::a", "2001:db8:a0a:c::a"): False,
    ("203.0.113.1", "203.0.113.2"): False,
    ("203.0.113.10", "203.0.113.10"): True,
    # IPv4 in IPv6 is the same client, and another address another one.
    ("203.0.113.20", "::ffff:203.0.113.20"): True,
    ("::ffff:203.0.113.30", "::ffff:203.0.113.31"): False,
    # An IPv4 address and a network of the same first bytes.
    ("38.2.0.1", "2602:1::1"): False,
}


def configuration(routes: list[dict[str, Any]]) -> bytes:
    """Return a whole configuration with the locations that site.yml would make, without TLS."""
    sites = read_sites([{"server_name": NAME, "routes": routes}], PRESETS)
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    https = site["servers"][1]
    # What is included, since the files are not there.
    (more,) = site["files"].values()
    says = {"error_page": https["directives"]["error_page"], "add_header": more.split(" ", 1)[1].rstrip(";\n")}
    server = {"listen": [f"{HOST}:{PROXY}"], "directives": says, "locations": https["locations"]}
    (wanted,) = _declaration.sites([{**site, "servers": [server]}])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    front = f"set_real_ip_from {FRONT}; real_ip_header X-Forwarded-For;"
    main = f"events {{}}\nerror_log {FOLDER}/error.log;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off; {front}\n{common['directives']}\n{text}}}\n".encode()


@pytest.fixture(scope="module")
def found(judge: Judge) -> dict[str, Any]:
    other = [{**ROUTES[0], "rate_limit": "30r/m burst 2"}, *ROUTES[1:]]
    pairs = json.dumps(list(PAIRS)).encode()
    files = {"limits.conf": configuration(ROUTES), "other.conf": configuration(other), "pairs.json": pairs}
    return dict(judge.run(PROGRAM, files, FOLDER))


def test_nginx_takes_it_without_a_word(found: dict[str, Any]) -> None:
    assert [line for line in found["tested"].splitlines() if "[" in line] == []


def test_a_client_has_his_burst_and_then_429(found: dict[str, Any]) -> None:
    assert found["requests"]["quick"] == [200] * 5 + [429] * 7


def test_another_client_is_not_touched_nor_is_the_host_itself(found: dict[str, Any]) -> None:
    assert found["requests"]["other"] == 200
    assert found["requests"]["host"] == [200] * 20


def test_after_a_pause_a_client_is_answered_again(found: dict[str, Any]) -> None:
    assert found["requests"]["paused"] == [200, 429, 200]


def test_a_location_counts_with_its_route_unless_it_says_a_limit_of_its_own(found: dict[str, Any]) -> None:
    assert found["requests"]["within"] == [429, 429, 200, 429, 200, 200, 200]


def test_a_stream_counts_until_it_ends(found: dict[str, Any]) -> None:
    expected = {"open": [200] * 3, "more": 429, "other": 200, "ended": ["ab"] * 3, "again": 200}
    assert found["connections"] == expected


def test_the_network_of_an_ipv6_client_is_one_client(found: dict[str, Any]) -> None:
    got = dict(zip(PAIRS, found["pairs"], strict=True))
    assert got == {pair: [200, 429 if is_one else 200] for pair, is_one in PAIRS.items()}


def test_an_answer_comes_as_fast_as_it_may(found: dict[str, Any]) -> None:
    # 500,000 bytes at 102,400 a second. nginx counts by the seconds of its clock, and the one in which the request came
    # counts as a whole one: the last byte goes four ticks later, which is more than three seconds.
    assert found["rates"]["/fast/big"] < 3 < found["rates"]["/slow/big"]


def test_a_running_nginx_takes_another_rate(found: dict[str, Any]) -> None:
    assert found["reloaded"] == [200] * 3 + [429] * 9
    assert "[emerg]" not in found["log"]


def test_it_is_logged_for_the_jail(found: dict[str, Any]) -> None:
    lines = [line for line in found["log"].splitlines() if " limiting requests, excess: " in line]
    assert lines
    assert all("[error]" in line and f'by zone "constellation_edge_rate_{NAME}-' in line for line in lines)


def test_who_is_refused_is_told_when_to_ask_again(found: dict[str, Any]) -> None:
    assert found["retry"] == [[None, "60"], [None, "1"]]


def test_the_jail_reads_who_was_refused_and_nobody_whom_a_client_names(found: dict[str, Any]) -> None:
    """Nor does it read who has too many open requests."""
    lines = [line for line in found["log"].splitlines() if " limiting requests, excess: " in line]
    assert any(FORGED in line for line in lines)
    assert any(" limiting connections by zone " in line for line in found["log"].splitlines())
    clients = [re.search(r"\*[0-9]+ limiting requests.*?, client: ([0-9a-f.:]+), ", line) for line in lines]
    # fail2ban takes IPv4 in IPv6 for IPv4.
    assert found["read"] == [client[1].removeprefix("::ffff:") for client in clients if client]
    assert "127.0.0.8" in found["read"]
    assert FORGED.rpartition(" ")[2].rstrip(",") not in found["read"]
