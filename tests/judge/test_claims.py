# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service sees of the headers that a client may not say, through nginx, in each spelling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.claims import CLAIMS
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.inside_headers import HOST, NAME, PROXY, PROXY2, SERVICE
from judge.nginx import FOLDER, Judge

PROGRAM = Path(__file__).with_name("inside_headers.py")
LIE = "lie"
# Of the server's directives those that an owner may have changed for all.
NAMES = ("underscores_in_headers", "ignore_invalid_headers")
# What a service gets of nginx itself: nothing of the client's is in them.
OURS = {
    "host": NAME,
    "x-real-ip": HOST,
    "x-forwarded-for": HOST,
    "x-forwarded-host": NAME,
    "x-forwarded-proto": "http",
}
CLAIMED = [*(claim.name for claim in CLAIMS), *OURS, "X-Forwarded-Port"]
# What clients say of themselves and of their request, and services need: ntfy's say an address and a title, WebDAV's
# where to, Cloudflare Access's and Emby's who they are. The editor of WordPress names its method, where it may.
METHODS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
NEEDED = (
    *("X-Email", "X-Title", "Destination", "Cf-Access-Client-Id"),
    *("X-Emby-Authorization", "X-Requested-With", "X-API-Key", "Authorization", "AccessKey", "SentinelName"),
)
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
VERSION = "Sec-WebSocket-Version: 13"
UPGRADE = "Connection: Upgrade"
# Each is more, less or something else than a WebSocket.
NOT_UPGRADED = [
    [f"Upgrade: {word}", UPGRADE, KEY, VERSION]
    for word in ("h2c", "foo", "TLS/1.0", "websocket, h2c", "h2c, websocket", "websocket/13", "websockets", "")
]
NOT_UPGRADED += [
    ["Upgrade: websocket", UPGRADE, KEY],
    ["Upgrade: websocket", UPGRADE, VERSION],
    ["Upgrade: websocket", UPGRADE, KEY, "Sec-WebSocket-Version: 8"],
    ["Upgrade: websocket", "Upgrade: h2c", UPGRADE, KEY, "Sec-WebSocket-Version: 13, 8"],
    [UPGRADE, KEY, "Sec-WebSocket-Version: 13:websocket"],
    [UPGRADE, "Sec-WebSocket-Key: yes:HTTP/1.1:GET:13:websocket", VERSION],
]


def configuration(**keys: object) -> bytes:
    """Return a whole configuration with the location that site.yml would make, by HTTP/1.1 and by HTTP/2."""
    route = {"path": "/", "upstream": f"http://{HOST}:{SERVICE}", **keys}
    sites = read_sites([{"server_name": NAME, "routes": [route]}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    https = site["servers"][1]
    kept = {"locations": https["locations"], "directives": {name: https["directives"][name] for name in NAMES}}
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}", f"{HOST}:{PROXY2} http2"], **kept}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ access_log off; underscores_in_headers on;\n{common['directives']}\n{text}}}\n".encode()


def seen(judge: Judge, requests: Sequence[tuple[list[str], bool]], **keys: object) -> list[dict[str, str] | None]:
    """Return for each request the headers that the service got, by their names in small letters."""
    files = {"headers.conf": configuration(**keys), "requests.json": json.dumps(requests).encode()}
    heads: list[list[str] | None] = judge.run(PROGRAM, files, FOLDER)
    return [None if head is None else _headers(head) for head in heads]


def _headers(head: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head[1:]:
        name, _colon, value = line.partition(":")
        assert name.lower() not in found, (name, head)
        found[name.lower()] = value.strip()
    return found


def spellings(name: str) -> list[tuple[list[str], bool]]:
    """Return requests that say a header in every way that a client has."""
    said = f"{name}: {LIE}"
    ways = [
        [said],
        [f"{name.upper()}: {LIE}"],
        [f"{name.lower()}:{LIE}"],
        [said, said],
        [said, f"Connection: {name}, close"],
    ]
    ways += [[f"{name.replace('-', '_')}: {LIE}"], [f"{name}:"], [f"{name}:", said]]
    single = [way for way in ways if name != "host" or len(way) == 1]
    return [(way, False) for way in single if name != "host"] + [([said], True)] * (name != "host")


def test_nothing_that_a_client_claims_reaches_a_service(judge: Judge) -> None:
    requests = [request for name in CLAIMED for request in spellings(name)]
    for (lines, by_http2), headers in zip(requests, seen(judge, requests), strict=True):
        if headers is None:
            continue  # nginx has refused it
        told = {name: value for name, value in headers.items() if LIE in value}
        assert not told, (lines, by_http2, told)
        assert headers.items() >= OURS.items(), (lines, by_http2)
        assert headers["x-forwarded-port"] in (str(PROXY), str(PROXY2))


def test_c9_a_service_is_told_the_port_that_its_client_called(judge: Judge) -> None:
    """ZoneMinder makes the addresses of its streams of it, and takes its own port where it is missing or empty."""
    requests: list[tuple[list[str], bool]] = [([], False), (["X-Forwarded-Port: 80"], False), ([], True)]
    ports = [headers and headers["x-forwarded-port"] for headers in seen(judge, requests)]
    assert ports == [str(PROXY), str(PROXY), str(PROXY2)]


def test_most_of_it_was_asked(judge: Judge) -> None:
    """A refusal of everything would pass above."""
    requests = [request for name in CLAIMED for request in spellings(name)]
    assert sum(headers is not None for headers in seen(judge, requests)) > 0.9 * len(requests)


@pytest.mark.parametrize("by_http2", [False, True])
def test_what_clients_have_to_say_goes_on(judge: Judge, by_http2: bool) -> None:
    for name, headers in zip(NEEDED, seen(judge, [([f"{name}: {LIE}"], by_http2) for name in NEEDED]), strict=True):
        assert headers is not None, name
        assert headers.get(name.lower()) == LIE, name


def test_a_method_is_replaced_where_the_route_lets_it(judge: Judge) -> None:
    requests = [([f"{name}: DELETE"], False) for name in METHODS]
    for name, headers in zip(METHODS, seen(judge, requests, method_override=True), strict=True):
        assert headers is not None
        assert headers[name.lower()] == "DELETE"


def test_a_websocket_goes_on_in_any_letter_case(judge: Judge) -> None:
    words = ("websocket", "WebSocket", "WEBSOCKET")
    for headers in seen(judge, [([f"Upgrade: {word}", UPGRADE, KEY, VERSION], False) for word in words]):
        assert headers is not None
        assert (headers["upgrade"], headers["connection"]) == ("websocket", "upgrade")
        assert headers["sec-websocket-key"]


@pytest.mark.parametrize("by_http2", [False, True])
def test_nothing_else_is_upgraded(judge: Judge, by_http2: bool) -> None:
    lines = [*NOT_UPGRADED, *([["Upgrade: websocket", KEY, VERSION]] if by_http2 else [])]
    found = seen(judge, [(each, by_http2) for each in lines])
    for each, headers in zip(lines, found, strict=True):
        assert headers is None or "upgrade" not in headers, each
    assert by_http2 or all(headers is not None for headers in found)
