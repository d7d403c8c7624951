# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that refuses crawlers: who is one, what each of them gets, and what goes with the key."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.plugin_utils._features._agents import CRAWLERS, SCANNERS, TOKENS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

FACTS = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
HOST = Host(Platform.of(FACTS))
SERVICE = {"upstream": "http://192.168.0.10:8080"}
ROUTES = [{"path": "/x/", **SERVICE}]
# nginx reads no argument that is longer than 4 kB.
LONGEST = 4000

# As crawlers and scanners send it, from the pages of their operators and the source of the programs.
REFUSED = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36; compatible; OAI-SearchBot/1.3; +https://openai.com/searchbot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; "
    "Bytespider; spider-feedback@bytedance.com)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; "
    "+https://perplexity.ai/perplexitybot)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_1) AppleWebKit/600.2.5 (KHTML, like Gecko) Version/8.0.2 "
    "Safari/600.2.5 (Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Meta-ExternalAgent/1.1",
    "gptbot",
    "constellation.edge-probe (GPTBot)",
    "Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)",
    "sqlmap/1.7.2#stable (https://sqlmap.org)",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "Nuclei - Open-source project (github.com/projectdiscovery/nuclei)",
    "Mozilla/5.0 zgrab/0.x",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)",
    "gobuster/3.6",
    "w3af.org",
)
# Browsers, phones, previews, search engines, monitors, feed readers, applications and our own.
SERVED = (
    "",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 "
    "Edg/131.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (Linux; Android 4.4.2; IM-A910S VEGA) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/40 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.95.0 Chrome/128.0.6613.186 "
    "Electron/32.2.1 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) "
    "Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 (compatible; Exabot/3.0; +http://www.exabot.com/go/robot)",
    "Mozilla/5.0 (compatible; Qwantbot/1.0; +https://help.qwant.com/bot/)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0 A",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
    "Mastodon/4.2.1 (http.rb/5.1.1; +https://mastodon.example/) Bot",
    "Mozilla/5.0 (compatible; Let's Encrypt validation server; +https://www.letsencrypt.org)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Uptime-Kuma/1.23.11",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Better Stack Better Uptime Bot Mozilla/5.0 (Macintosh) AppleWebKit/537.36",
    "Mozilla/5.0 (compatible; StatusCake)",
    "check_http/v2.3.3 (monitoring-plugins 2.3.3)",
    "Blackbox Exporter/0.25.0",
    "Prometheus/2.53.0",
    "Zabbix 6.4.0",
    "Home Assistant/2024.9.1-14017 (Android 14; Pixel 7)",
    "HomeAssistant/2024.11.0 aiohttp/3.10.10 Python/3.12",
    "Jellyfin-Android/2.6.1",
    "Mozilla/5.0 (Linux) mirall/3.13.0 (Nextcloud, debian-6.1.0 ClientArchitecture: x86_64 OsArchitecture: x86_64)",
    "Nextcloud-News/1.0",
    "DAVx5/4.4.2-ose (2024/08/21; dav4jvm; okhttp/4.12.0) Android/14",
    "Immich_Android_1.120.0",
    "Bitwarden_Mobile/2024.6.0 (Android 14)",
    "Miniflux/2.2.0",
    "FreshRSS/1.24.3 (Linux; https://freshrss.org)",
    "Tiny Tiny RSS/24.0 (https://tt-rss.org/)",
    "NetNewsWire (RSS Reader; https://netnewswire.com/)",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
    "Feedbin feed-id:123 - 1 subscribers",
    "Podcast/1.0 (iTMS)",
    "curl/8.5.0",
    "Wget/1.21.4",
    "git/2.43.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "docker/27.0.3 go/go1.21.11 git-commit/662f78c kernel/6.1.0 os/linux arch/amd64",
    "constellation.edge-probe",
    "constellation.edge-hostile",
    # A part of another word is no name.
    "NotGPTBot/1.0",
    "GPTBots/1.0",
    "GPTBot-like",
    "my_nikto",
    "Semrush/1.0",
)


def sites(given: object = "refuse", **more: Any) -> list[Site]:
    said = {} if given is None else {"crawlers": given}
    return read_sites([{"server_name": "a.example.org", "routes": ROUTES, **said, **more}], {"generic": {}})


def declared(given: object = "refuse", **more: Any) -> dict[str, Any]:
    return nginx_sites(sites(given, **more), HOST)[1]


def written(given: object = "refuse", before: str | None = None, **more: Any) -> str:
    (wanted,) = _declaration.sites([declared(given, **more)])
    pair = ("/c", "/k")
    return str(edit_site(before, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


def common(given: object = "refuse", **more: Any) -> str:
    return str(nginx_sites(sites(given, **more), HOST)[0]["directives"])


def entries(variable: str) -> list[tuple[str, str]]:
    """Return the regular expressions of a map and what each gives; `*` in front of those for any case."""
    (inside,) = re.findall(rf"^map .*? \${variable} {{ (.*) }}$", common(), re.MULTILINE)
    return re.findall(r'"~(.*?)" (\w+);', inside)


def is_named(agent: str) -> bool:
    """Say what the map of agents makes of one, as nginx reads it."""
    return any(re.search(each.removeprefix("*"), agent, re.IGNORECASE) for each, _one in entries(NAMED))


def gets(asked: str) -> str:
    """Say what the map of answers makes of an agent's bit, a host and a path."""
    return next((value for each, value in entries(f"{NAMED}_gets") if re.search(each, asked)), "")


NAMED = "constellation_edge_crawler"


@pytest.mark.parametrize("agent", REFUSED)
def test_a_crawler_or_scanner_is_known_by_its_name(agent: str) -> None:
    assert is_named(agent)


@pytest.mark.parametrize("agent", SERVED)
def test_nobody_else_is_taken_for_one(agent: str) -> None:
    assert not is_named(agent)


@pytest.mark.parametrize("name", [*CRAWLERS.names, *SCANNERS.names])
def test_each_name_is_found_in_any_case_and_near_the_begin_alone(name: str) -> None:
    assert is_named(name)
    assert is_named(f"Mozilla/5.0 (compatible; {name.upper()}/1.0)")
    assert is_named(f"{'x' * 511} {name.lower()}")
    assert not is_named(f"{'x' * 512} {name}")


@pytest.mark.parametrize("name", TOKENS.names)
def test_a_token_that_nobody_sends_refuses_nobody(name: str) -> None:
    assert not is_named(name)


@pytest.mark.parametrize("agents", [CRAWLERS, TOKENS, SCANNERS])
def test_a_list_has_its_sources_and_date_and_plain_names_once(agents: Any) -> None:
    assert agents.sources
    assert all(each.startswith("https://") for each in agents.sources)
    assert date.fromisoformat(agents.date) <= date(2026, 11, 30)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in agents.names)
    assert len({name.lower() for name in agents.names}) == len(agents.names)


def test_nginx_can_read_each_argument() -> None:
    arguments = re.findall(r'"[^"]*"|\'[^\']*\'', common())
    assert max(map(len, arguments)) < LONGEST


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1 a.example.org /", "refusal"),
        ("0 a.example.org /", ""),
        ("1 b.example.org /", ""),
        ("1 xa.example.org /", ""),
        ("1 aXexample.org /", ""),
        ("1 a.example.org /robots.txt", "robots"),
        ("0 a.example.org /robots.txt", ""),
        ("1 a.example.org /robots.txt\n", "refusal"),
        ("1 a.example.org /robots.txt/", "refusal"),
        ("1 a.example.org /x/robots.txt", "refusal"),
        ("1 a.example.org /.well-known/acme-challenge/token", ""),
        ("1 a.example.org /.well-known/acme", "refusal"),
        ("1 a.example.org /.constellation-edge/error", ""),
        ("1 a.example.org /.constellation-edge/error\n", "refusal"),
        ("1 a.example.org /.constellation-edge/robots", "refusal"),
        ("1 a.example.org / 1 a.example.org /robots.txt", "refusal"),
    ],
)
def test_what_each_path_gets(asked: str, expected: str) -> None:
    assert gets(asked) == expected


def test_robots_txt_tells_crawlers_and_tokens_to_leave_and_nobody_else() -> None:
    (text,) = re.findall(r"\$constellation_edge_robots { default '(.*?)'; }", common())
    robots = RobotFileParser()
    robots.parse(text.replace(r"\n", "\n").splitlines())
    for name in (*CRAWLERS.names, *TOKENS.names):
        assert not robots.can_fetch(name, "https://a.example.org/x"), name
    for name in ("Googlebot", "bingbot", "Applebot", "Mozilla"):
        assert robots.can_fetch(name, "https://a.example.org/x"), name


def test_without_the_key_a_site_is_as_it_was() -> None:
    for off in ("off", False):
        assert nginx_sites(sites(off), HOST) == nginx_sites(sites(None), HOST)


def test_what_the_key_wrote_goes_with_it() -> None:
    plain = written(None)
    refusing = written(before=plain)
    assert refusing.count("if ($constellation_edge_crawler_gets = ") == 2
    assert written(before=refusing) == refusing
    assert written(None, refusing) == plain


def test_in_an_owners_servers_nothing_else_changes() -> None:
    name = "    server_name a.example.org b.example.org;\n"
    robots = "    location = /robots.txt {\n        return 200 'mine';\n    }\n"
    before = (
        f"server {{\n    listen 80;\n{name}    return 301 https://$host$request_uri;\n}}\n"
        f"server {{\n    listen 443 ssl;\n{name}{robots}"
        "    location / {\n        proxy_pass http://192.168.0.10:8080;\n    }\n}\n"
    )
    plain = written(None, before, adopt=True)
    refusing = written(before=plain, adopt=True)
    # On port 80, too, where he may answer without HTTPS. Challenges go past it, and what answers stands behind it.
    for server in refusing.split("server {")[1:]:
        challenges, guard = server.find("if ($uri ~ ^/[.]well-known"), server.find(f"if (${NAMED}_gets = refusal)")
        assert guard > challenges
        assert "return 301" not in server[:guard]
        assert server.count("location = /.constellation-edge/robots {") == 1
    # What he tells everybody else stays his.
    assert refusing.count("location = /robots.txt {") == 1
    assert robots in refusing
    assert written(None, refusing, adopt=True) == plain


@pytest.mark.parametrize(
    ("routes", "is_ours"),
    [
        ([{"path": "/x/", **SERVICE}], True),
        ([{"path": "= /", **SERVICE}], True),
        ([{"path": r"~ \.php$", **SERVICE}], True),
        ([{"path": "/x/", "moved_from": "/y/", **SERVICE}], True),
        ([{"path": "/", **SERVICE}], False),
        ([{"path": "^~ /", **SERVICE}], False),
        ([{"path": "/x/", "moved_from": "/", **SERVICE}], False),
        ([{"path": "= /robots.txt", "return": {"code": 200, "text": "User-agent: *"}}], False),
        ([{"path": r"~ \.txt$", **SERVICE}], False),
        # Nobody here can say what it matches.
        ([{"path": r"~ (?<!x)\.php$", **SERVICE}], False),
    ],
)
def test_everybody_gets_our_text_where_no_route_answers(routes: list[dict[str, Any]], is_ours: bool) -> None:
    found = {each["location"]: each["directives"] for each in declared(routes=routes)["servers"][1]["locations"]}
    ours = {"rewrite": "^ /.constellation-edge/robots last"}
    assert (found.get("= /robots.txt") == ours) is is_ours
    assert found["= /.constellation-edge/robots"]["return"] == "200 $constellation_edge_robots"


def test_a_location_by_hand_is_refused_and_not_replaced() -> None:
    mine = written(None).replace(
        "    location / {", "    location = /robots.txt {\n        return 200 'mine';\n    }\n\n    location / {"
    )
    with pytest.raises(ConfigError, match=r"location = /robots\.txt is there already"):
        written(before=mine)


def test_port_80_refuses_where_it_serves_and_leads_to_https_elsewhere() -> None:
    serving, leading = declared(http="serve")["servers"][0], declared()["servers"][0]
    guards = [each for each in serving["guards"] if NAMED in each]
    assert guards == [f"if (${NAMED}_gets = robots) {{}}", f"if (${NAMED}_gets = refusal) {{}}"]
    assert serving["guards"][0].startswith("if ($uri ~ ^/[.]well-known")
    assert NAMED not in str(leading["directives"])


def test_it_is_asked_as_one_of_them() -> None:
    asked = [each for each in edge_plan(sites(), FACTS)["probes"] if "agent" in each]
    assert [(each["url"], each["agent"], each["status"], each.get("holds")) for each in asked] == [
        ("https://a.example.org/", "GPTBot", [403], None),
        ("https://a.example.org/robots.txt", "GPTBot", [200], "User-agent: GPTBot"),
    ]
    assert is_named(f"constellation.edge-probe ({asked[0]['agent']})")
    closed = [each for each in edge_plan(sites(maintenance=True), FACTS)["probes"] if "agent" in each]
    assert all(each["maintenance"] for each in closed)


@pytest.mark.parametrize("given", ["refused", True, ["refuse"], 403, "GPTBot"])
def test_another_word_is_refused(given: object) -> None:
    with pytest.raises(SchemaError, match=r"site a\.example\.org: crawlers .* is not known"):
        sites(given)
