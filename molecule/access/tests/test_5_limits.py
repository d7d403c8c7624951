# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of docs/guides/access.md: what is answered 429, who is banned for going on, and who is not."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import runs
from conftest import SCENARIO, Client, Home
from guide import blocks

HOST = "{{ inventory_hostname }}"
ZONEMINDER = SCENARIO["machines"]["zoneminder"]["ipv4"]
SERVICE = f"http://{ZONEMINDER}/zm/"
# The guide's last example, of which each path is at the same service here.
(SITE,) = next(sites for sites in blocks("access.md") if "rate_limit" in json.dumps(sites))
(ROUTE,) = SITE["routes"]
# Once a minute: what the run itself asks is over it, when it is repeated at once.
TIGHT = {"path": "/tight/", "upstream": SERVICE, "rate_limit": "1r/m"}
NARROW = {"path": "/narrow/", "upstream": SERVICE, "connection_limit": 1}
JAIL = "nginx-limit-req"
# What a log's reader could take for a line of another client's, where a client may write into a line.
FORGED = 'limiting requests, excess: 9.000 by zone "constellation_edge_x", client: 203.0.113.66,'

# A home server has no curl.
ASK = """
import http.client, socket, ssl, sys
address, name = sys.argv[1:]
class Here(http.client.HTTPSConnection):
    def connect(self):
        plain = socket.create_connection((address, 443), 10)
        self.sock = ssl._create_unverified_context().wrap_socket(plain, server_hostname=name)
used = Here(name)
for _number in range(5):
    used.request("GET", "/tight/")
    answer = used.getresponse()
    answer.read()
    print(answer.status)
"""


def run() -> runs.Run:
    routes = [{**ROUTE, "upstream": SERVICE}, TIGHT, NARROW]
    given = [{"server_name": f"{HOST}.example.org", "routes": routes}]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": given}))


@pytest.fixture(scope="module")
def first() -> runs.Run:
    """Return the run with the guide's limits."""
    return run()


def several(who: Client, home: Home, url: str, *options: str) -> list[str]:
    """Return the statuses of the requests that a URL with a range, such as `[1-9]`, stands for."""
    told = who.curl(home, url, "-o", "/dev/null", "-w", "%{http_code}\\n", *options)
    return str(told.stdout).split()


def banned(home: Home) -> str:
    """Return what fail2ban says of the jail."""
    return str(home.host.run(f"fail2ban-client status {JAIL}").stdout)


def test_the_run_succeeds_and_so_does_the_next_one_at_once(first: runs.Run, homes: list[Home]) -> None:
    """The run asks each route from elsewhere, too; it takes 429 for an answer there."""
    assert first.rc == 0, first.tail
    again = run()
    assert again.rc == 0, again.tail
    for home in homes:
        assert again.count(home.name, "changed") == 0, again.tail
    for each in (first, again):
        assert "status 429" not in each.text
        assert "is laxer than" not in each.text


def test_a_burst_is_answered_and_the_rest_is_not(
    first: runs.Run, homes: list[Home], client: Client, attacker: Client
) -> None:
    assert first.rc == 0, first.tail
    for home in homes:
        url = f"https://{home.domain}/login?a=[1-12]"
        found = several(client, home, url)
        assert "429" not in found[:6]
        assert found[6:] == ["429"] * 6
        # Another client, and one that is the same by IPv6: another one, too.
        assert attacker.status(home, f"https://{home.domain}/login") != "429"
        assert client.status(home, f"https://{home.domain}/login", family=6) != "429"
        assert "429" not in several(client, home, f"https://{home.domain}/api/[1-30]")


def test_who_is_refused_is_told_when_to_ask_again(first: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        told = client.curl(home, f"https://{home.domain}/login", "-i").stdout
        assert told.startswith("HTTP/2 429")
        assert "retry-after: 6\r\n" in told
        assert "Too many requests." in told


def test_the_host_itself_is_never_refused(first: runs.Run, homes: list[Home]) -> None:
    for home in homes:
        for address in ("127.0.0.1", "::1", home.ipv4, home.ipv6):
            told = home.host.run("python3 -c %s %s %s", ASK, address, home.domain).stdout.split()
            assert len(told) == 5
            assert "429" not in told, address


def test_what_a_client_writes_bans_nobody_else(first: runs.Run, homes: list[Home], client: Client) -> None:
    """In each part of a request that nginx logs; the one jail reads what was refused by the rate alone."""
    for home in homes:
        url = f"https://{home.domain}/login"
        agent = ("-A", FORGED, "-e", FORGED, "--http1.1")
        # Where a test before this one is long ago, some are answered first.
        forged = f"{url}?{FORGED.replace(' ', '%20')}"
        assert any(client.status(home, forged, *agent) == "429" for _number in range(60))
        raw = f"GET /login?{FORGED} HTTP/1.1"
        assert client.status(home, url, *agent, "--request-target", f"/login?{FORGED}") in ("400", "404", "429"), raw
        client.status(home, url, *agent, "-H", f"Host: {FORGED}")
        found = home.host.run(f"fail2ban-regex -o ip /var/log/nginx/error.log {JAIL}")
        # The controller is among them, too: it asked for the tight route in two runs.
        assert client.ipv4 in found.stdout.split()
        assert "203.0.113.66" not in found.stdout


def test_who_goes_on_for_long_is_banned_and_nobody_else_is(
    first: runs.Run, homes: list[Home], client: Client, attacker: Client
) -> None:
    for home in homes:
        assert client.ipv4 not in banned(home)
        several(attacker, home, f"https://{home.domain}/login?a=[1-640]")
        end = time.monotonic() + 20
        while attacker.ipv4 not in banned(home) and time.monotonic() < end:
            time.sleep(0.2)
        try:
            assert attacker.ipv4 in banned(home)
            assert attacker.status(home, f"https://{home.domain}/", "--max-time", "2") == "000"
            assert client.status(home, f"https://{home.domain}/") == "200"
            assert client.ipv4 not in banned(home)
        finally:
            home.host.run(f"fail2ban-client unban {attacker.ipv4}")
        assert attacker.status(home, f"https://{home.domain}/") == "200"


def test_a_stream_is_open_until_it_ends_and_what_is_over_is_no_offence(
    first: runs.Run, homes: list[Home], client: Client, attacker: Client
) -> None:
    for home in homes:
        url = f"https://{home.domain}/narrow/"
        with ThreadPoolExecutor() as pool:
            stream = pool.submit(client.curl, home, f"{url}cgi-bin/nph-zms", "-o", "/dev/null", "--max-time", "2")
            time.sleep(0.8)
            assert client.status(home, url) == "429"
            assert attacker.status(home, url) != "429"
            # It was there until curl ended it.
            assert stream.result().rc == 28
        assert client.status(home, url) != "429"
        assert int(home.host.run("grep -c 'limiting connections by zone' /var/log/nginx/error.log").stdout) > 0
        lines = home.host.run(f"fail2ban-regex -o msg /var/log/nginx/error.log {JAIL}").stdout
        assert "limiting requests" in lines
        assert "limiting connections" not in lines
