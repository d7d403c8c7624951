# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Crawlers and scanners by docs/guides/access.md, asked from another machine: who is refused, and what tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import runs
from conftest import Client, Home
from guide import RULES_LEFT, blocks

HOST = "{{ inventory_hostname }}"
SERVED = {"return": {"code": 200, "text": "served"}}
CRAWLER = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"
SCANNER = "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)"
BROWSER = "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
SEARCH = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OWN = "User-agent: *"


def said() -> dict[str, Any]:
    """Return what the guide says of a site beside its names and routes."""
    (site,) = (site for sites in blocks("access.md") for site in sites if "crawlers" in site)
    return {key: value for key, value in site.items() if key not in ("server_name", "routes")}


@pytest.fixture(scope="module")
def done() -> runs.Run:
    """Return the run with three sites: the first answers all paths, the second leaves some, and one has no key."""
    given = [
        {"server_name": f"{HOST}.example.org", **said(), "routes": [{"path": "/", **SERVED}]},
        {
            "server_name": f"www.{HOST}.example.org",
            **said(),
            "http": "serve",
            "routes": [{"path": "/x/", **SERVED}],
        },
        {
            "server_name": f"camera.{HOST}.example.org",
            "routes": [
                {"path": "/x/", **SERVED},
                {"path": "= /robots.txt", "return": {"code": 200, "text": OWN}},
            ],
        },
    ]
    return runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": given}))


def asked(client: Client, home: Home, url: str, agent: str, *options: str) -> tuple[str, str]:
    """Return the status and the text of an answer to an agent."""
    text, _line, status = client.curl(home, url, "-A", agent, "-w", "\n%{http_code}", *options).stdout.rpartition("\n")
    return status, text


def test_the_run_asks_as_one_of_them(done: runs.Run) -> None:
    assert done.rc == 0, done.tail


def test_nothing_stays_of_the_rules_that_were_there_before(done: runs.Run, homes: list[Home]) -> None:
    """Neither of those by address nor of logins, of which the files that ran before this one had plenty."""
    for home in homes:
        assert home.host.run(RULES_LEFT).stdout == ""
        assert home.host.run("ls /etc/nginx/constellation-edge/users/*").stdout == ""


@pytest.mark.parametrize(
    ("agent", "options"),
    [(CRAWLER, ("--http1.1",)), (CRAWLER, ("-X", "POST", "-d", "a=b")), (CRAWLER.lower(), ("-I",)), (SCANNER, ())],
)
def test_crawlers_and_scanners_are_refused(
    done: runs.Run, homes: list[Home], client: Client, agent: str, options: tuple[str, ...]
) -> None:
    for home in homes:
        for url in (f"https://{home.domain}/", f"http://www.{home.domain}/x/"):
            status, text = asked(client, home, url, agent, *options)
            assert status == "403", url
            # The page is ours: nginx's own says by what it was made.
            assert "nginx</center>" not in text


@pytest.mark.parametrize("agent", [BROWSER, SEARCH, ""])
def test_nobody_else_is(done: runs.Run, homes: list[Home], client: Client, agent: str) -> None:
    for home in homes:
        assert asked(client, home, f"https://{home.domain}/", agent) == ("200", "served")


def test_another_site_serves_them(done: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        assert asked(client, home, f"https://camera.{home.domain}/x/", CRAWLER) == ("200", "served")
        assert asked(client, home, f"https://camera.{home.domain}/robots.txt", CRAWLER) == ("200", OWN)


def test_robots_txt_is_open_to_them_and_to_others_as_the_guide_says(
    done: runs.Run, homes: list[Home], client: Client
) -> None:
    for home in homes:
        served, open_to_all = f"https://{home.domain}/robots.txt", f"https://www.{home.domain}/robots.txt"
        texts = [
            asked(client, home, served, CRAWLER),
            asked(client, home, open_to_all, CRAWLER),
            asked(client, home, open_to_all, SEARCH),
            asked(client, home, open_to_all.replace("https", "http", 1), BROWSER),
        ]
        assert {status for status, _text in texts} == {"200"}
        assert len({text for _status, text in texts}) == 1
        assert "User-agent: ClaudeBot\n" in texts[0][1]
        assert "User-agent: Google-Extended\n" in texts[0][1]
        assert texts[0][1].endswith("\nDisallow: /\n")
        # What answers there otherwise still does for everybody else.
        assert asked(client, home, served, SEARCH) == ("200", "served")


def test_a_challenge_is_answered_to_everybody(done: runs.Run, homes: list[Home], client: Client) -> None:
    """404 is of a token that nobody has."""
    for home in homes:
        url = f"http://www.{home.domain}/.well-known/acme-challenge/no-such-token"
        assert asked(client, home, url, CRAWLER)[0] == "404"


def test_the_log_shows_whom_a_jail_could_count(done: runs.Run, homes: list[Home], client: Client) -> None:
    for home in homes:
        log = home.host.run(f"tail -n 200 /var/log/nginx/{home.domain}.access.log").stdout
        assert any(" 403 " in line and "ClaudeBot" in line for line in log.splitlines())
        assert home.host.run("nginx -t 2>&1").stdout.count("[warn]") == 0


@pytest.mark.long
def test_without_the_key_they_are_served(done: runs.Run, homes: list[Home], client: Client) -> None:
    given = [{"server_name": f"{HOST}.example.org", "routes": [{"path": "/", **SERVED}]}]
    again = runs.site(runs.INVENTORY, "-e", json.dumps({"edge_sites": given}))
    assert again.rc == 0, again.tail
    for home in homes:
        assert asked(client, home, f"https://{home.domain}/", CRAWLER) == ("200", "served")
        assert home.host.run("grep -rl crawler /etc/nginx").stdout == ""
