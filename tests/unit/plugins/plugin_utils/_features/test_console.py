# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which locations keep a server's own folders for the LAN, and what becomes of the text when that changes."""

from __future__ import annotations

import re

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.console import Console
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.presets import OURS, read_presets
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

PRESETS = read_presets(OURS).found
NEW = Platform((1, 28, 3), (3, 5, 5), True)
SERVER = LocalServer(frozenset({"192.168.0.2"}), frozenset({8088}), ("/WebConsole",))
ROUTE = {"path": "/constellation/", "app": "constellation"}
CONDITION = "if ($constellation_edge_kept)"


def sites(*routes):
    return read_sites([{"server_name": "a.example.org", "routes": list(routes)}], PRESETS)


def declared(*routes, server=SERVER):
    return nginx_sites(sites(*routes), Host(NEW, {}, server))


def directives(route, server=SERVER):
    return declared(route, server=server)[1]["servers"][1]["locations"][0]["directives"]


def text_of(before, declaration, place=1):
    site = _declaration.sites(declaration)[place]
    return edit_site(before, site, "s", lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True, purge=True)


def common_of(before, declaration):
    return text_of(before, declaration, 0)


@pytest.mark.parametrize(
    "upstream", [None, "http://localhost:8088", "http://192.168.0.2:8088", "http://127.0.0.1:9000"]
)
def test_a_server_beside_the_proxy_keeps_its_console_for_the_lan(upstream):
    found = directives(ROUTE | ({"upstream": upstream} if upstream else {}))
    assert next(iter(found)) == CONDITION
    assert found[CONDITION] == {"return": "403"}


@pytest.mark.parametrize(
    ("route", "server"),
    [
        ({**ROUTE, "console": "public"}, SERVER),
        ({**ROUTE, "upstream": "http://10.0.0.5:8088"}, SERVER),
        (ROUTE, LocalServer(SERVER.own_hosts, SERVER.ports)),
        ({"path": "/", "upstream": "http://127.0.0.1:8080"}, SERVER),
    ],
    ids=["public", "elsewhere", "nothing kept", "another service"],
)
def test_nothing_is_kept(route, server):
    common = declared(route, server=server)[0]
    assert CONDITION not in directives(route, server)
    assert "geo" not in common["directives"]


def test_a_route_that_does_not_say_constellation_leads_there_too():
    assert any(name.startswith("if ") for name in directives({"path": "/", "upstream": "http://127.0.0.1:8088"}))


def test_the_lan_is_told_apart_once_for_all_sites():
    common = declared(ROUTE, {"path": "/", "app": "constellation"}, server=SERVER)[0]["directives"]
    assert common.count("geo $constellation_edge_outside ") == 1
    assert " 192.168.0.0/16 0;" in common
    assert " 100.64.0.0/10 " not in common


def test_the_owner_can_add_to_the_lan():
    more = LocalServer(SERVER.own_hosts, SERVER.ports, SERVER.folders, ("2001:db8::/64", "10.0.0.0/8"))
    common = declared(ROUTE, server=more)[0]["directives"]
    assert " 2001:db8::/64 0;" in common
    assert common.count("10.0.0.0/8") == 1


def test_a_name_is_written_without_a_sign_of_nginx():
    server = LocalServer(folders=("/My {Console};", "/Pâge", "/a.b/c"))
    common = declared(ROUTE, server=server)[0]["directives"]
    assert r"(?:My\x20\x7bConsole\x7d\x3b|a\x2eb[/\x5c](?:.*[/\x5c])?c)" in common


def test_what_is_opened_again_leaves_no_trace_and_the_owners_lines_stay():
    kept = text_of(None, declared(ROUTE))
    opened = text_of(None, declared({**ROUTE, "console": "public"}))
    mine = "        if ($request_method = TRACE) {\n            return 405;\n        }\n        allow 10.0.0.0/8;\n"
    touched = kept.replace("        proxy_http_version", mine + "        proxy_http_version")
    assert text_of(touched, declared(ROUTE)) == touched
    assert text_of(touched, declared({**ROUTE, "console": "public"})) == opened.replace(
        "        proxy_http_version", mine + "        proxy_http_version"
    )
    again = text_of(opened, declared(ROUTE))
    # Whether an empty line stands beside it depends on what it is put between.
    assert sorted(filter(None, again.splitlines())) == sorted(filter(None, kept.splitlines()))
    assert text_of(again, declared(ROUTE)) == again


def test_the_common_text_follows_too():
    before = common_of(None, declared(ROUTE, server=LocalServer()))
    kept = common_of(before, declared(ROUTE))
    assert r'"~*(?s)^1/constellation/(?:(?:.*[/\x5c])?(?:WebConsole)|' in kept
    assert common_of(kept, declared(ROUTE)) == kept
    assert "Admin" in common_of(kept, declared(ROUTE, server=LocalServer(folders=("/Admin",))))
    assert common_of(kept, declared(ROUTE, server=LocalServer())) == before


def test_a_folder_at_the_root_cannot_be_kept_and_that_is_said():
    server = LocalServer(folders=("/",))
    assert CONDITION not in directives(ROUTE, server)
    (note,) = Console.notes(sites(ROUTE), Host(NEW, {}, server))
    assert note.startswith("a.example.org/constellation/: ")
    assert Console.notes(sites({**ROUTE, "console": "public"}), Host(NEW, {}, server)) == []


def kept(route, asked):
    """Return whether the map of the common file keeps a path for the LAN."""
    common = declared({"upstream": "http://127.0.0.1:8088", **route})[0]["directives"]
    patterns = re.findall(r'"~\*(\(\?s\)\^1.*?)" 1;', common)
    assert patterns
    return any(re.match(pattern, f"1{asked}", re.IGNORECASE) for pattern in patterns)


def test_a_route_in_another_form_keeps_the_folder():
    assert kept({"path": "= /WebConsole"}, "/WebConsole")
    assert kept({"path": "~ ^/[a-z]+/x"}, "/webconsole/x")
    assert kept({"path": "^~ /c/"}, "/c/WebConsole/")
    assert not kept({"path": "^~ /c/"}, "/c/events")


def test_a_service_whose_own_path_leads_into_the_folder_is_kept_as_a_whole():
    for path in ("/WebConsole/", "/constellation/webconsole/", "/a/WebConsoleX/b/"):
        assert kept({"path": "/desk/", "upstream": f"http://127.0.0.1:8088{path}"}, "/desk/index.html")
    other = {"path": "/desk/", "upstream": "http://127.0.0.1:8088/constellation/"}
    assert not kept(other, "/desk/events")
    assert kept(other, "/desk/WebConsole/")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("= /WebConsole/", "/WebConsole/"),
        ("/WebConsole/", "/WebConsole/index.html"),
        ("/x/WebConsole/y/", "/x/WebConsole/y/"),
    ],
)
def test_a_route_whose_own_path_leads_into_the_folder_is_kept_as_a_whole(path, asked):
    assert kept({"path": path}, asked)
    stripped = {"path": path, "prefix": "strip"}
    if not path.startswith("="):
        assert not kept(stripped, asked)
        assert kept(stripped, path + "WebConsole/")
