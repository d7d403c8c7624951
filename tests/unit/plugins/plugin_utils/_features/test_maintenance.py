# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in maintenance: what is read, who is let in until when, and what goes with the key."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features import maintenance
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.site import Site
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.modules import module_problems
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from hypothesis import given
from hypothesis import strategies as st

FACTS = {"nginx_version": "1.28.3", "openssl_version": "3.5.5", "ipv6": True}
HOST = Host(Platform.of(FACTS), {}, LocalServer(lan=("2001:db8:0:1::/64",)))
ROUTES = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]
UNTIL = "2226-12-24 18:00 +01:00"
MOMENT = datetime(2226, 12, 24, 17, tzinfo=timezone.utc)


def raw(given: object, **more: Any) -> list[dict[str, Any]]:
    said = {} if given is None else {"maintenance": given}
    return [{"server_name": "a.example.org", "routes": ROUTES, **said, **more}]


def sites(given: object, **more: Any) -> list[Site]:
    return read_sites(raw(given, **more), {"generic": {}})


def written(given: object, before: str | None = None, **more: Any) -> str:
    _common, site = nginx_sites(sites(given, **more), HOST)
    (wanted,) = _declaration.sites([site])
    pair = ("/c", "/k")
    return str(edit_site(before, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


def common(given: object) -> str:
    return str(nginx_sites(sites(given), HOST)[0]["directives"])


def is_closed(text: str, asked: str) -> bool:
    """Say what the map of a text makes of a request, as nginx reads it: the first expression that fits."""
    (entries,) = re.findall(r"\$constellation_edge_closed \{ volatile; default 0; (.*) \}", text)
    for expression, value in re.findall(r'"~(.*?)" ([01]);', entries):
        if re.search(expression, asked):
            return bool(value == "1")
    return False


def test_without_the_key_a_site_is_as_it_was() -> None:
    assert nginx_sites(sites(False), HOST) == nginx_sites(sites(None), HOST)


def test_what_the_key_wrote_goes_with_it() -> None:
    plain = written(None)
    closed = written({"until": UNTIL}, plain)
    assert 'add_header Retry-After "Sun, 24 Dec 2226 17:00:00 GMT" always;' in closed
    assert closed.count("if ($constellation_edge_closed) {") == 1
    assert 'add_header Retry-After "600" always;' in written(True, closed)
    assert written(None, closed) == plain


def test_in_an_owners_servers_nothing_else_changes() -> None:
    name = "    server_name a.example.org;\n    add_header X-Mine yes;\n"
    before = (
        f"server {{\n    listen 80;\n{name}    return 301 https://$host$request_uri;\n}}\n"
        f"server {{\n    listen 443 ssl;\n{name}"
        "    location / {\n        proxy_pass http://192.168.0.10:8080;\n    }\n}\n"
    )
    plain = written(None, before, adopt=True)
    closed = written(True, plain, adopt=True)
    assert closed.count("if ($constellation_edge_closed) {") == 2
    assert closed.count("location = /.constellation-edge/maintenance {") == 2
    (page, *_others) = re.findall(r"location = /.constellation-edge/maintenance \{.*?\n    \}", closed, re.DOTALL)
    assert "add_header X-Mine yes;" in page
    # Challenges go past it, and what answers stands behind it.
    for server in closed.split("server {")[1:]:
        challenges, guard = server.find("if ($uri ~ ^/[.]well-known"), server.find("if ($constellation_edge_closed)")
        assert guard > challenges
        assert "return 301" not in server[:guard]
    assert written(None, closed, adopt=True) == plain


def test_the_host_and_who_is_allowed_are_let_in() -> None:
    text = common({"allow": ["lan", "203.0.113.7"]})
    (geo,) = re.findall(r"geo \$constellation_edge_let_in_\w+ \{ default 0; (.*); \}", text)
    assert {"192.168.0.0/16 1", "2001:db8:0:1::/64 1", "203.0.113.7/32 1"} <= {*geo.split("; ")}
    assert is_closed(text, "198.51.100.9 198.51.100.2 0 1764464000.123 a.example.org https /x")
    assert not is_closed(text, "198.51.100.9 198.51.100.2 1 1764464000.123 a.example.org https /x")
    assert not is_closed(text, "198.51.100.2 198.51.100.2 0 1764464000.123 a.example.org https /x")
    assert not is_closed(text, "198.51.100.9 198.51.100.2 0 1764464000.123 b.example.org https /x")
    assert not is_closed(text, "198.51.100.9 198.51.100.2 0 1764464000.123 b.example.org https / a.example.org /x")
    for path, expected in (
        ("http /.well-known/acme-challenge/token", False),
        # No authority asks there, and no location answers it.
        ("https /.well-known/acme-challenge/token", True),
        ("https /.constellation-edge/error", False),
        ("http /.constellation-edge/error", False),
        ("https /.constellation-edge/error\n", True),
        ("https /.constellation-edge/error/x", True),
        ("https /x http /.well-known/acme-challenge/", True),
        ("https /x\n198.51.100.2 198.51.100.2 ", True),
    ):
        assert is_closed(text, f"198.51.100.9 198.51.100.2 0 1764464000.123 a.example.org {path}") is expected


def test_it_ends_by_itself() -> None:
    text, end = common({"until": UNTIL}), int(MOMENT.timestamp())
    asked = "198.51.100.9 198.51.100.2 0 {}.000 a.example.org https /"
    assert is_closed(text, asked.format(end - 1))
    assert not is_closed(text, asked.format(end))


@given(st.integers(10**9, 10**10 - 1), st.integers(10**9, 10**10 - 1))
def test_a_time_is_before_another_as_numbers_are(now: int, end: int) -> None:
    for each in (now, end - 1, end, end + 1):
        if 10**9 <= each < 10**10:
            assert bool(re.fullmatch(maintenance._before(end), str(each))) == (each < end)


@pytest.mark.parametrize(
    "until",
    [
        "2226-12-24 18:00 +01:00",
        "2226-12-24T18:00:00+0100",
        "2226-12-24 17:00 UTC",
        "2226-12-24T17:00Z",
        datetime(2226, 12, 24, 18, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_time_is_read_as_people_and_yaml_write_it(until: object) -> None:
    assert sites({"until": until})[0]._until == MOMENT


def test_a_text_is_shown_as_it_is_written_and_nothing_else() -> None:
    _common, site = nginx_sites(sites({"text": "It's $5 <b>\\'; }\nGrüße"}), HOST)
    (page,) = (
        each["directives"]["return"]
        for each in site["servers"][1]["locations"]
        if each["location"].endswith("/maintenance")
    )
    assert "<p>It&#39;s &#36;5 &#60;b&#62;&#92;&#39;; &#125;<br>Gr&#252;&#223;e</p>" in page
    assert page.count("'") == 2
    assert "$" not in page


def test_the_plan_expects_it_and_the_summary_tells_it() -> None:
    plan = edge_plan(sites({"allow": "lan"}, aliases=["b.example.org"]), FACTS)
    route, alias = plan["probes"]
    assert route["maintenance"] is True
    assert alias == {"url": "https://b.example.org/", "status": [308]}
    assert (
        "a.example.org is in maintenance until `maintenance` is taken out of the site: everybody but lan gets 503"
        in (plan["notes"])
    )
    (over,) = (note for note in edge_plan(sites({"until": "2020-01-01 00:00 Z"}), FACTS)["notes"] if "a.ex" in note)
    assert over == (
        "the maintenance of a.example.org is over since 2020-01-01 00:00 UTC: take `maintenance` out of the site"
    )


def test_an_attacker_is_not_asked_for_what_is_closed() -> None:
    redirects = ["names.host-dot-80", "names.host-port-80", "names.host-uppercase-80"]
    for adopt, without in ((False, []), (True, ["answers", *redirects])):
        (asked,) = edge_plan(sites(True, adopt=adopt), FACTS)["hostile"]
        assert (asked["kept"], asked["without"]) == ("", without)
    assert edge_plan(sites(None, adopt=True), FACTS)["hostile"][0]["without"] == ["answers"]


def test_an_nginx_that_cannot_tell_networks_apart_is_told() -> None:
    facts = {**FACTS, "nginx_without": ["http_geo_module"]}
    given = {"allow": "lan"}
    (problem,) = module_problems(raw(given), sites(given), facts, LocalServer())
    assert problem.place == "site a.example.org"
    assert "needs nginx's module http_geo_module" in problem.text
    assert module_problems(raw(True), sites(True), facts, LocalServer()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("yes", "maintenance must be true, false or a mapping with `allow`, `text`, `until`, not text"),
        ({"allowed": "lan"}, "unknown key 'allowed'; did you mean 'allow'?"),
        ({"allow": "wan"}, "allow must be 'lan' or a list of networks"),
        ({"allow": []}, "allow must be 'lan' or a list of networks"),
        ({"allow": ["10.0.0.1/8"]}, "allow: '10.0.0.1/8' is no network"),
        ({"allow": [7]}, "allow: '7' is no network"),
        ({"allow": ["fe80::1%eth0"]}, "write it without the name of a network card"),
        ({"allow": ["0.0.0.0/0"]}, "allow: '0.0.0.0/0' is everybody: take `maintenance` out"),
        ({"until": "2026-12-24 18:00"}, "is no time with its distance from UTC"),
        ({"until": "2026-13-24 18:00 Z"}, "is no time with its distance from UTC"),
        ({"until": datetime(2026, 12, 24, 18)}, "is no time with its distance from UTC"),
        ({"until": "1990-12-24 18:00 Z"}, "is no time that can be meant"),
        ({"until": 1800}, "is no time with its distance from UTC"),
        ({"text": " "}, "text must be what the page is to say"),
        ({"text": "a\x07b"}, "text holds a sign that cannot be shown"),
        ({"text": "ü" * 900}, "text is too long"),
    ],
)
def test_what_is_none_is_refused(given: object, said: str) -> None:
    with pytest.raises(SchemaError) as refused:
        sites(given)
    assert said in str(refused.value)
    assert "site a.example.org" in str(refused.value)
