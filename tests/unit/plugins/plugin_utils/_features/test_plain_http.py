# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site answers on port 80: what is refused, what is written, and what goes with the key."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

FACTS = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
OLD = {"nginx_version": "1.18.0", "openssl_version": "3.0.2", "ipv6": True}
UPSTREAM = {"upstream": "http://192.168.0.10:8080"}
SERVICE = {"path": "/", **UPSTREAM, "headers": {"X-A": "b"}, "raw": "limit_rate 1m;"}
OLD_PATH = {"path": "/app/", **UPSTREAM, "moved_from": "/old/"}
ELSEWHERE = {"path": "/short/", "redirect": "/app/"}
ROUTES = [SERVICE, OLD_PATH, ELSEWHERE]
USUAL = {"aliases": ["www.example.org"], "error_pages": True, "maintenance": {"allow": ["203.0.113.7"]}}
KINDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "code": {"http_code": 308},
    "off": {"http": False},
    "serve": {"http": "serve", **USUAL},
}


def sites(routes: list[dict[str, Any]] | None = None, **said: Any) -> list[Any]:
    presets: dict[str, dict[str, Any]] = {"generic": {}, "constellation": {}}
    return read_sites([{"server_name": "a.example.org", "routes": routes or ROUTES, **said}], presets)


def written(before: str | None, facts: dict[str, Any] | None = None, **said: Any) -> str:
    _common, site = nginx_sites(sites(**said), Host(Platform.of(facts or FACTS)))
    (wanted,) = _declaration.sites([site])
    pair = ("/c", "/k")
    return str(edit_site(before, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


def plain(text: str) -> str:
    """Return the server on port 80 of a site's text."""
    (found,) = re.findall(r"^server \{.*?^\}", text.split("listen 443")[0], re.MULTILINE | re.DOTALL)[:1]
    return str(found)


@pytest.mark.parametrize("facts", [FACTS, OLD])
@pytest.mark.parametrize(("first", "then"), [*itertools.permutations(KINDS, 2)])
def test_whatever_was_written_before_goes(first: str, then: str, facts: dict[str, Any]) -> None:
    before = written(None, facts, **KINDS[first])
    there, new = written(before, facts, **KINDS[then]), written(None, facts, **KINDS[then])
    # What has no order, may stand in another one, with a line between.
    assert sorted(filter(None, there.splitlines())) == sorted(filter(None, new.splitlines()))
    for part in ("if (", "location "):
        assert [line for line in there.splitlines() if part in line] == [
            line for line in new.splitlines() if part in line
        ]


def test_the_default_is_as_it_was() -> None:
    text = plain(written(None))
    assert "return 301 https://$host$request_uri;" in text
    assert written(None, http="redirect", http_code=301) == written(None)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_the_code_of_the_redirect(code: int) -> None:
    assert f"return {code} https://$host$request_uri;" in plain(written(None, http_code=code))


def test_off_answers_challenges_alone() -> None:
    text = plain(written(None, http=False))
    assert re.findall(r"location (.*) \{", text) == [
        "^~ /.well-known/acme-challenge/",
        "/",
        "= /.constellation-edge/error",
    ]
    assert text.count("return 444;") == 1
    assert written(None, http="off") == written(None, http=False)


def test_what_is_served_in_clear_text_leads_to_itself_and_lets_challenges_in() -> None:
    text = written(None, http="serve", **USUAL)
    clear, secret = plain(text), text[len(plain(text)) :]
    assert clear.index("acme-challenge") < clear.index("if ($constellation_edge_alias)")
    assert "https://$host" not in clear
    assert "http://$host" in clear
    assert "http://$host" not in secret
    assert clear.count("proxy_pass http://192.168.0.10:8080") == secret.count("proxy_pass http://192.168.0.10:8080")
    assert "ssl_" not in clear
    assert "max-age" not in text
    # An alias is led to the name that has TLS.
    assert "return 308 https://a.example.org$request_uri;" in clear


@pytest.mark.parametrize("code", [302, 307])
def test_a_redirect_that_does_not_stay_is_asked_for_as_it_is(code: int) -> None:
    probes = edge_plan(sites(http_code=code), FACTS)["probes"]
    asked = {"url": "http://a.example.org/", "status": [code], "location": "https://a.example.org/"}
    assert asked.items() <= probes[-1].items()
    assert all(probe["redirect"] is False for probe in probes if probe["url"].startswith("https://a."))


def test_what_is_served_in_clear_text_is_asked_for_and_told() -> None:
    plan = edge_plan(sites(http="serve"), FACTS)
    asked = [probe["url"] for probe in plan["probes"]]
    assert {"http://a.example.org/", "http://a.example.org/app/", "https://a.example.org/app/"} <= {*asked}
    assert "http://a.example.org/short/" not in asked
    (note,) = (note for note in plan["notes"] if "http: serve" in note)
    assert note.startswith("a.example.org is served without TLS")
    (hostile,) = plan["hostile"]
    assert "answers.redirect" in hostile["without"]
    assert edge_plan(sites(), FACTS)["hostile"][0]["without"] == []


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"http": True}, "http 'True' is not known"),
        ({"http": "serv"}, "http 'serv' is not known; did you mean 'serve'?"),
        ({"http_code": "301"}, "http_code '301' is a text: write 301 without quotes"),
        ({"http_code": 303}, "http_code 303 is no redirect to HTTPS"),
        ({"http_code": True}, "http_code True is no redirect to HTTPS"),
        ({"http": "serve", "http_code": 301}, "http_code: with `http: serve` nothing leads to HTTPS"),
        ({"http": False, "http_code": 301}, "http_code: with `http: off` nothing leads to HTTPS"),
        ({"http": "serve", "hsts": True}, "hsts: browsers would never ask by HTTP again"),
        ({"http": "redirect", "adopt": True}, "http: a site that adopts keeps"),
        ({"http_code": 308, "adopt": True}, "http_code: a site that adopts keeps"),
    ],
)
def test_what_makes_no_sense_is_refused(said: dict[str, Any], refused: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(f"site a.example.org: {refused}")):
        sites(**said)


def test_another_version_of_http_is_not_taken_for_the_key() -> None:
    with pytest.raises(SchemaError, match="unknown key 'http2': leave it out: every site has it"):
        sites(http2=True)


def test_access_keys_do_not_travel_in_clear_text() -> None:
    routes = [{"path": "/c/", "app": "constellation", **UPSTREAM}]
    with pytest.raises(SchemaError, match=re.escape("http: route /c/ leads to a Constellation server")):
        sites(routes, http="serve")
    assert sites(routes, http=False)
