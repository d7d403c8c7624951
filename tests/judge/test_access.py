# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The truth table of `access`: each word, address and login at each kind of answer, by each nginx."""

from __future__ import annotations

import base64
import itertools
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import SITE_FILES
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import FOLDER, Judge

HERE = Path(__file__).parent
HOST, NAME, PROXY, SERVICE = "127.0.0.1", "home.example.org", 8081, 8082
PROXY_IN_LAN, PROXY_OUTSIDE = "192.168.0.2", "198.51.100.9"
# nginx's module realip, by which the lab's one client comes from everywhere.
CLIENT = "X-Test-Client"
LAN, ALLOWED, DENIED = "198.51.100.0/28", ["203.0.113.7", "2001:db8:5::/48"], ["192.168.0.66", "fd00:66::/32"]
# The kinds of clients, each with addresses.
WHO = {
    "near": ("127.0.0.1", "192.168.0.10", "169.254.3.4", "198.51.100.3", "::1", "fd00::1", "fe80::5"),
    "allowed": ("203.0.113.7", "2001:db8:5::99"),
    "far": ("203.0.113.8", "198.51.100.77", "8.8.8.8", "2001:db8:6::1", "172.32.0.1", "11.0.0.1"),
    "denied": ("192.168.0.66", "fd00:66::1"),
}
LOGINS = {"none": None, "right": "anna:right password", "wrong": "anna:wrong", "nobody": "otto:right password"}
HASH = "$6$saltsalt$sQ.gHTA6aOr1Ux7cjEtxQVKur7/2i5GQHlY8anYmItPw8AgL1WPS08yMUxyLVNhmPcNYn4qpfFRCwdkGkpCoW1"
RULES: dict[str, Any] = {
    "public": "public",
    "lan": "lan",
    "login": "login",
    "none": "none",
    "either": ["lan", "login"],
    "both": "lan+login",
}
KINDS: dict[str, dict[str, Any]] = {
    "service": {"upstream": f"http://{HOST}:{SERVICE}"},
    "leads": {"redirect": "https://other.example.org/x", "answer": 308},
    "says": {"return": {"code": 200, "text": "said"}},
    "teapot": {"return": 410, "answer": 410},
    "files": {"static": f"{FOLDER}/www"},
}


def right(rule: str, who: str, login: str) -> int:
    """Return the status that is right, 200 for an answer; written down apart from the code that is judged."""
    near, known = who in ("near", "allowed"), login == "right"
    if rule == "none" or who == "denied":
        return 403
    return {
        "public": 200,
        "lan": 200 if near else 403,
        "login": 200 if known else 401,
        "either": 200 if near or known else 401,
        "both": (200 if known else 401) if near else 403,
    }[rule]


def routes(listed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a route for each rule and kind; `listed` are the keys beside the rule."""
    found = []
    for (rule, said), (kind, keys) in itertools.product(RULES.items(), KINDS.items()):
        more = {key: value for key, value in listed.items() if rule in ("lan", "either", "both") or key == "deny"}
        if rule == "none":
            more = {}
        own = {key: value for key, value in keys.items() if key != "answer"}
        found.append({"path": f"/{rule}/{kind}/", **own, "access": said, **more})
    return found


def configuration(version: tuple[int, ...], listed: dict[str, Any], **site: Any) -> bytes:
    """Return a whole configuration: the locations that site.yml would make, and a service that tells what it gets."""
    read = read_sites([{"server_name": NAME, "routes": routes(listed), **site}], {"generic": {}})
    host = Host(Platform(version, (3, 0), False), server=LocalServer(lan=(LAN,)))
    common, planned = nginx_sites(read, host)
    https = planned["servers"][1]
    conditions = {name: lines for name, lines in https["directives"].items() if name.startswith("if ")}
    server = {"listen": [f"{HOST}:{PROXY}"], "locations": https["locations"], "directives": conditions}
    (wanted,) = _declaration.sites([{**planned, "servers": [{**server, "guards": https["guards"]}]}])
    own = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True) or ""
    # What an owner has in the server, which nginx asks of our own questions, too.
    own = own.replace("server { # constellation.edge", f"server {{ # constellation.edge\n{OWNERS}", 1)
    text = edit_site(own, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    behind = f'server {{ listen {HOST}:{SERVICE}; return 200 "service for $http_authorization"; }}\n'
    trusted = "".join(f"set_real_ip_from {each};" for each in ("127.0.0.0/8", PROXY_IN_LAN, PROXY_OUTSIDE))
    http = f"access_log off; {trusted} real_ip_header {CLIENT}; real_ip_recursive on; "
    # What an owner may have written for all servers, and what is not to open a location of ours.
    http += "error_page 403 =200 @owners; satisfy any; allow all;"
    owners = f"{text}".replace("server {", "server { location @owners { return 200 owners; }", 1)
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    whole = f"{main}http {{ {http}\n{common['directives']}\n{owners}{behind}}}\n"
    return whole.replace(SITE_FILES, FOLDER).encode()


def answers(judge: Judge, conf: bytes, asked: list[tuple[str, dict[str, str]]]) -> tuple[str, list[tuple[int, str]]]:
    """Return what nginx says of the configuration, and status and body of each answer."""
    files = {
        "access.conf": conf,
        "users/edge_users": f"anna:{HASH}\n".encode(),
        "www/index.html": b"file",
        "requests.json": json.dumps(asked).encode(),
    }
    said, found = judge.run(HERE / "inside_access.py", files, FOLDER, str(PROXY))
    return said, found


def headers(client: str, login: str | None) -> dict[str, str]:
    basic = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    return {"Host": NAME, CLIENT: client, **basic}


OWNERS = "if ($uri ~ ^/[.]constellation-edge) { return 200 owners; } if ($uri !~ ^/) { return 404; }"
VERSIONS = {"debian12": (1, 22, 1), "debian13": (1, 26, 3), "ubuntu2204": (1, 18, 0)}
VERSIONS |= {"ubuntu2404": (1, 24, 0), "ubuntu2604": (1, 28, 3)}


@pytest.mark.parametrize("listed", [{}, {"allow": ALLOWED, "deny": DENIED}], ids=["words", "listed"])
def test_each_cell_says_what_the_table_says(judge: Judge, listed: dict[str, Any]) -> None:
    kinds = WHO if listed else {"near": (*WHO["near"], *WHO["denied"]), "far": (*WHO["far"], *WHO["allowed"])}
    cells = [
        (rule, kind, who, address, login)
        for rule, kind, who, login in itertools.product(RULES, KINDS, kinds, LOGINS)
        # Every address where only it decides; of the others the first ones.
        for address in (kinds[who] if (kind, login) == ("service", "none") else kinds[who][:1])
    ]
    asked = [(f"/{rule}/{kind}/", headers(address, LOGINS[login])) for rule, kind, _who, address, login in cells]
    said, found = answers(judge, configuration(VERSIONS[judge.system], listed), asked)
    assert "[warn]" not in said
    wrong = []
    for cell, (status, body) in zip(cells, found, strict=True):
        rule, kind, who, _address, login = cell
        wanted = right(rule, who, login)
        seen = 403 if body == "owners" else status
        answer = KINDS[kind].get("answer", 200) if wanted == 200 else wanted
        if seen != answer or ("service" in body) != (wanted == 200 and kind == "service"):
            wrong.append((cell, wanted, status, body))
    assert wrong == []


def test_a_password_for_nginx_is_not_the_services(judge: Judge) -> None:
    """What nginx has asked for stays here; where it asks for nothing, it is between client and service."""
    basic = headers("192.168.0.10", LOGINS["right"])["Authorization"]
    asked = [(f"/{rule}/service/", headers("192.168.0.10", LOGINS["right"])) for rule in RULES if rule != "none"]
    _said, found = answers(judge, configuration(VERSIONS[judge.system], {}), asked)
    told = {rule: body for rule, (_status, body) in zip([rule for rule in RULES if rule != "none"], found, strict=True)}
    ours, theirs = "service for ", f"service for {basic}"
    assert told == {"public": theirs, "lan": theirs, "login": ours, "either": theirs, "both": ours}
    outside = [(f"/{rule}/service/", headers("8.8.8.8", LOGINS["right"])) for rule in ("public", "login", "either")]
    _said, found = answers(judge, configuration(VERSIONS[judge.system], {}), outside)
    assert [body for _status, body in found] == [theirs, ours, ours]


def test_a_login_that_is_too_long_to_be_anybodys_is_not_checked(judge: Judge) -> None:
    """What is no login of nginx's may be longer: a service's token, where the address is enough."""
    long = headers("192.168.0.10", f"anna:{'x' * 200}")
    token = {**headers("192.168.0.10", None), "Authorization": f"Bearer {'x' * 2000}"}
    asked = [(f"/{rule}/service/", long) for rule in ("login", "either", "both", "lan")] + [("/either/service/", token)]
    _said, found = answers(judge, configuration(VERSIONS[judge.system], {}), asked)
    assert [status for status, _body in found] == [400, 400, 400, 200, 200]


def test_a_proxy_outside_the_lan_lets_nobody_in_by_a_name(judge: Judge) -> None:
    """With `trusted_proxies` both have to be in the LAN, the client and who names him; an address of `allow` is one."""
    conf = configuration(VERSIONS[judge.system], {"allow": ALLOWED}, trusted_proxies=[PROXY_IN_LAN, PROXY_OUTSIDE])
    asked = [("/lan/service/", headers("192.168.0.10", None)), ("/lan/service/", headers("8.8.8.8", None))]
    asked.append(("/lan/service/", headers(ALLOWED[0], None)))
    said, found = answers(judge, conf, asked)
    assert "[warn]" not in said
    # The lab's own peer is the loopback, which is in the LAN, and here is not.
    assert [200 if "service" in body else 403 for _status, body in found] == [200, 403, 200]
    peer = b"$constellation_edge_inside_peer { default 0; 127.0.0.0/8 "
    assert peer + b"1;" in conf
    _said, found = answers(judge, conf.replace(peer + b"1;", peer + b"0;"), asked)
    assert [200 if "service" in body else 403 for _status, body in found] == [403, 403, 200]


PARTS = [
    {"path": "/admin/", "access": "lan"},
    {"path": "= /metrics", "access": "none"},
    {"path": "/share/", "access": "public"},
]
# A part that is open in what is kept, and what is kept beside an open route of the same service.
WITHIN = [{"path": "/share/", "access": "public"}]
OPENED = (
    "/",
    "/app/",
    "/app/x",
    "/app/share/x",
    "/wiki/share/x",
    "/wiki/share/a..b/...x/.y",
    "/app/admins/",
    "/app/x/admin/",
    "/app/metricsx",
    "/app/a;b/c",
)
KEPT = (
    "/app/admin/",
    "/app/admin/x?a=b",
    "/app/metrics",
    "/app/admin",
    "/guarded/",
    "/guarded/x/y",
    "/wiki/",
    "/wiki/x",
)
BEFORE = ("/open", "/app/share", "/wiki/share", "/wiki/share/x/..")
BACK = ("/..", "/%2e%2e", "/..;", "/..;a=b", "\\..", "/.%5c..", "/%252e%252e", "%5c..%5c..", "/..%5c..", "/..%252f..")
SIGNS = (
    "/",
    "//",
    "/./",
    "/;/",
    "/.;a/",
    "\\",
    "%2f",
    "%5c",
    "/%2e/",
    "/x/../",
    "/..;/",
    "/%2e%2e/",
    "/%252e%252e%252f",
)
NAMES = (
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-For",
    "X-Real-IP",
    "Forwarded",
    "Remote-User",
    "X-Forwarded-Host",
)
REQUESTS = 2000


def mutated(chance: random.Random, path: str) -> str:
    """Return another spelling of a path, which may be another path."""
    path, _query, rest = path.partition("?")
    for _each in range(chance.randint(1, 4)):
        at = chance.randrange(1, len(path) + 1)
        kind = chance.randrange(6)
        if kind == 0:
            path = path[:at] + path[at:].upper()
        elif kind == 1:
            slashes = [number for number, letter in enumerate(path) if letter == "/"]
            spot = chance.choice(slashes or [0])
            path = path[:spot] + chance.choice(SIGNS) + path[spot + 1 :]
        elif kind == 2 and at < len(path) and path[at].isalnum():
            path = f"{path[:at]}%{ord(path[at]):02x}{path[at + 1 :]}"
        elif kind == 3:
            path = path.rstrip("/") + chance.choice((";a=b", ";/", "/;x", "/.", "%00", "%20", "~", "/index.html"))
        elif kind == 4:
            path = chance.choice(BEFORE) + chance.choice(BACK) * chance.randint(1, 3) + path
        else:
            path = "/" * chance.randint(1, 3) + path.lstrip("/")
    return path + chance.choice(("", "", "?a=/guarded/", f"?{rest}"))


def read_by_a_service(path: str) -> str:
    """Return a path as a service may read it that regards neither case nor what stands behind a semicolon."""
    # Mono resolves escapes twice and more.
    plain = unquote(unquote(path.partition("?")[0])).replace("\\", "/").lower()
    parts = [part for each in plain.split("/") if (part := each.partition(";")[0]) not in ("", ".")]
    found: list[str] = []
    for part in parts:
        found = found[:-1] if part == ".." else [*found, part]
    return "/" + "/".join(found)


def is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")


def test_no_spelling_leads_to_what_is_kept(judge: Judge) -> None:
    """Two thousand paths around guarded routes, from outside: nothing is served that a service would take for them."""
    service = {"upstream": f"http://{HOST}:{SERVICE}"}
    given: list[dict[str, Any]] = [
        {"path": "/", **service},
        {"path": "/app/", **service, "locations": PARTS},
        {"path": "/wiki/", **service, "access": "lan", "locations": WITHIN},
        {"path": "/guarded/", "upstream": f"http://{HOST}:{SERVICE + 1}", "access": "lan"},
    ]
    chance = random.Random(20)  # noqa: S311 - the same requests in every run
    asked = [(path, headers("8.8.8.8", None)) for path in OPENED]
    for number in range(REQUESTS):
        lies = {name: chance.choice(("127.0.0.1", "/app/", NAME)) for name in chance.sample(NAMES, 2)}
        path = mutated(chance, (KEPT + OPENED)[number % len(KEPT + OPENED)])
        asked.append((path, {**headers("8.8.8.8", None), **lies}))
    said, found = answers(judge, around(VERSIONS[judge.system], given), asked)
    assert "[warn]" not in said
    assert [status for status, _body in found[: len(OPENED)]] == [200] * len(OPENED)
    kept = ("/app/admin", "/app/metrics", "/guarded")
    wrong = []
    for (path, _lies), (_status, body) in zip(asked, found, strict=True):
        read = read_by_a_service(path)
        hidden = any(is_below(read, each) for each in kept[:2])
        hidden = hidden or (is_below(read, "/wiki") and not is_below(read, "/wiki/share"))
        if "guarded" in body or ("service" in body and hidden):
            wrong.append((path, body))
    assert wrong == []
    assert sum("service" in body for _status, body in found) > REQUESTS // 10


def around(version: tuple[int, ...], given: list[dict[str, Any]]) -> bytes:
    """Return a whole configuration with these routes, in front of two services."""
    read = read_sites([{"server_name": NAME, "routes": given}], {"generic": {}})
    common, planned = nginx_sites(read, Host(Platform(version, (3, 0), False)))
    planned["servers"] = [
        {"server_name": [NAME], "listen": [f"{HOST}:{PROXY}"], "locations": planned["servers"][1]["locations"]}
    ]
    (wanted,) = _declaration.sites([planned])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    behind = "".join(
        f"server {{ listen {HOST}:{port}; return 200 {said}; }}\n"
        for port, said in ((SERVICE, "service"), (SERVICE + 1, "guarded"))
    )
    http = f"access_log off; set_real_ip_from 127.0.0.0/8; real_ip_header {CLIENT};"
    main = f"events {{}}\nerror_log stderr;\npid {FOLDER}/pid;\n"
    return f"{main}http {{ {http}\n{common['directives']}\n{text}{behind}}}\n".encode()


def test_many_policies_are_no_reason_for_a_warning(judge: Judge) -> None:
    """A route each, with addresses of its own."""
    several = [
        {"path": f"/{number}/", "return": 410, "access": RULES["either"], "allow": f"203.0.113.{number}"}
        for number in range(12)
    ]
    sites = read_sites([{"server_name": NAME, "routes": several}], {"generic": {}})
    common, _site = nginx_sites(sites, Host(Platform(VERSIONS[judge.system], (3, 0), False)))
    text = f"events {{}}\nhttp {{\n{common['directives']}\nserver {{ listen {HOST}:{PROXY}; }} }}\n"
    ((code, said),) = judge.said([{"nginx.conf": text.encode()}])
    assert (code, "[warn]" in said) == (0, False), said
