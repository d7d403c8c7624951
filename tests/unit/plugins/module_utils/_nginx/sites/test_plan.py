# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Site files: made, edited losslessly, adopted, purged, planned on a host's folders."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration, _packaged
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import plan as site_module
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import (
    Certificates,
    host_names,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site, match
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.info import describe_host
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text import declare
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.foreign import HEADER
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.locations import edit_locations
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.reconcile import Reconciler
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.server import Selector
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Link, Remove, Write
from places import TEXTS

FIXTURES = TEXTS / "nginx" / "accepted" / "http"
MARK = "# constellation.edge"


def edit(text: str | None, given: dict[str, Any], *, purge: bool = True, exists: bool = True) -> str | None:
    """Return the new text; run twice, to see that the second run changes nothing."""

    def once(before: str | None) -> str | None:
        (site,) = _declaration.sites([{"name": "s", **given}])
        pair = ("/c/fullchain.pem", "/c/privkey.pem")
        return edit_site(before, site, "s", lambda _name: pair, lambda _path: exists, purge=purge)

    after = once(text)
    assert once(after) == after
    return after


def changes(before: str, after: str | None) -> list[str]:
    """Return the lines that went and came."""
    lines = difflib.unified_diff(before.split("\n"), (after or "").split("\n"), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def fixture(name: str) -> str:
    return (FIXTURES / name).read_bytes().decode("latin-1")


def test_a_new_file() -> None:
    given = {
        "directives": {"map $http_upgrade $up": {"default": "upgrade", "''": '""'}},
        "servers": [
            {"server_name": ["a.test", "b.test"], "listen": ["80"], "directives": {"return": "301 https://$host/"}},
            {
                "server_name": ["a.test"],
                "listen": ["443 ssl"],
                "certificate": "a.test",
                "locations": [
                    {"location": "/zm/", "state": "exact", "directives": {"proxy_pass": "http://127.0.0.1:1"}},
                    {"location": "/e/", "state": "exact"},
                ],
            },
        ],
    }
    assert edit(None, given) == HEADER + (
        f"\nmap $http_upgrade $up {{ {MARK}\n    default upgrade;\n    '' \"\";\n}}\n"
        f"\nserver {{ {MARK}\n    listen 80;\n    server_name a.test b.test;\n    return 301 https://$host/;\n}}\n"
        f"\nserver {{ {MARK}\n    listen 443 ssl;\n    server_name a.test;\n    ssl_certificate /c/fullchain.pem;\n"
        "    ssl_certificate_key /c/privkey.pem;\n"
        f"\n    location /zm/ {{ {MARK}\n        proxy_pass http://127.0.0.1:1;\n    }}\n"
        f"\n    location /e/ {{ {MARK}\n    }}\n}}\n"
    )


CAMERA = {"server_name": ["camera.example.org"], "listen": ["443 ssl", "[::]:443 ssl"], "certificate": "c"}


def test_certbots_file_is_adopted_and_keeps_every_other_line() -> None:
    before = fixture("real-certbot.conf")
    location = {"location": "/zm/", "state": "exact", "directives": {"proxy_pass": "http://192.168.0.10"}}
    server = {**CAMERA, "directives": {"client_max_body_size": "20m"}, "locations": [location]}
    after = edit(before, {"adopt": True, "servers": [server]})
    assert changes(before, after) == [
        "+    client_max_body_size 20m;",
        "+",
        f"+    location /zm/ {{ {MARK}",
        "+        proxy_pass http://192.168.0.10;",
        "+    }",
    ]
    assert edit(after, {"adopt": True, "servers": [{**server, "locations": []}]}) == before.replace(
        '    root "/var/www/html";\n', '    root "/var/www/html";\n    client_max_body_size 20m;\n'
    )


def test_a_certificate_that_is_gone_is_replaced_and_the_mark_stays() -> None:
    before = fixture("real-certbot.conf")
    after = edit(before, {"adopt": True, "servers": [CAMERA]}, exists=False)
    assert changes(before, after) == [
        "-    ssl_certificate /etc/letsencrypt/live/camera.example.org/fullchain.pem; # managed by Certbot",
        "-    ssl_certificate_key /etc/letsencrypt/live/camera.example.org/privkey.pem; # managed by Certbot",
        "+    ssl_certificate /c/fullchain.pem; # managed by Certbot",
        "+    ssl_certificate_key /c/privkey.pem; # managed by Certbot",
    ]


@pytest.mark.parametrize("chain", ["ssl/camera.pem", "$camera_certificate", "data:$camera"])
def test_a_certificate_that_is_not_named_by_a_whole_path_stays(chain: str) -> None:
    text = f"server {{\n    listen 443 ssl;\n    server_name camera.example.org;\n    ssl_certificate {chain};\n}}\n"
    (wanted,) = _declaration.sites([{"name": "s", "adopt": True, "servers": [{**CAMERA, "listen": ["443 ssl"]}]}])
    there = edit_site(text, wanted, "s", lambda _name: ("/c", "/k"), lambda path: path == "ssl/camera.pem", purge=True)
    assert there == text


def test_a_server_on_both_ports_does_not_become_a_redirect_to_itself() -> None:
    text = "server {\n    listen 80;\n    listen 443 ssl;\n    server_name camera.example.org;\n}\n"
    http = {"server_name": ["camera.example.org"], "listen": ["80"], "directives": {"return": "301 https://$host/"}}
    with pytest.raises(ConfigError, match=r"s:1: server camera.example.org on .*one server for each address"):
        edit(text, {"adopt": True, "servers": [http, {**CAMERA, "listen": ["443 ssl"]}]})


def test_changing_one_value_of_a_hand_made_location() -> None:
    before = fixture("real-certbot.conf")
    location = {"location": '"/"', "directives": {"proxy_pass": "http://h:1", "proxy_set_header": "Host $host"}}
    after = edit(before, {"adopt": True, "servers": [{**CAMERA, "locations": [location]}]})
    assert changes(before, after) == [
        "-        proxy_pass http://192.168.0.12:8765;   # motionEye",
        "+        proxy_pass http://h:1;   # motionEye",
    ]


def test_without_adopt_a_foreign_server_is_an_error_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"s:2: server camera.example.org on .*'adopt: true'"):
        edit(fixture("real-certbot.conf"), {"servers": [{**CAMERA, "directives": {"gzip": True}}]})


def test_without_adopt_a_foreign_server_that_is_right_is_left() -> None:
    before = fixture("real-certbot.conf")
    assert edit(before, {"servers": [CAMERA]}) == before


def test_style_of_the_file_is_taken() -> None:
    before = fixture("style-crlf-tabs-no-final-line-end.conf")
    given = {
        "server_name": ["a.example.org"],
        "listen": ["80"],
        "locations": [{"location": "/x", "directives": "a b;"}],
    }
    after = edit(before, {"adopt": True, "servers": [given]})
    assert after == before[:-1] + f"\tlocation /x {{ {MARK}\r\n\t\ta b;\r\n\t}}\r\n}}"
    assert edit(after, {"adopt": True, "servers": [{**given, "locations": []}]}) == before


def test_braces_alone_on_their_lines_are_taken() -> None:
    before = fixture("L01-latin1-with-brace-alone.conf")
    given = {"server_name": ["c.example.org"], "locations": [{"location": "/x", "directives": "a b;"}]}
    after = edit(before, {"adopt": True, "servers": [given]})
    assert changes(before, after) == ["+", "+  location /x", f"+  {{ {MARK}", "+    a b;", "+  }"]


def test_ours_follows_the_declaration_and_foreign_lines_in_it_stay() -> None:
    servers = [
        {"server_name": ["a"], "listen": ["80", "81"], "directives": {"gzip": True}, "locations": [{"location": "/x"}]}
    ]
    before = edit(None, {"servers": servers})
    assert before is not None
    touched = before.replace("gzip on;\n", "gzip on; # why\n    etag off; # mine\n")
    servers[0].update(server_name=["a", "b"], listen=["80 http2"], directives={"gzip": False})
    assert changes(touched, edit(touched, {"servers": servers})) == [
        "-    listen 80;",
        "-    listen 81;",
        "-    server_name a;",
        "-    gzip on; # why",
        "+    listen 80 http2;",
        "+    server_name a b;",
        "+    gzip off; # why",
    ]


def test_purge_takes_only_what_is_ours() -> None:
    text = "upstream mine { server 127.0.0.1:1; }\nserver { # hand-made\n    listen 81;\n}\n"
    two = [{"server_name": [name], "locations": [{"location": "/x"}]} for name in "ab"]
    full = edit(text, {"directives": {"limit_req_zone": "$a zone=z:1m rate=1r/s"}, "servers": two})
    assert full is not None
    assert full.count(MARK) == 5
    assert edit(full, {"directives": {"limit_req_zone": "$a zone=z:1m rate=1r/s"}, "servers": two}, purge=False) == full
    assert edit(full, {}, purge=False) == full
    assert edit(full, {}) == text
    assert edit(full, {"state": "absent"}) == text
    assert edit(edit(None, {"servers": two}), {"state": "absent"}) is None


def test_a_server_of_ours_whose_address_changes_keeps_its_owners_lines() -> None:
    given = {"server_name": ["a"], "listen": ["80"]}
    text = edit(None, {"servers": [given]})
    assert text is not None
    mine = text.replace("    server_name a;\n", "    server_name a;\n    client_max_body_size 7m; # mine\n")
    after = edit(mine, {"servers": [{**given, "listen": ["8080"]}]})
    assert after == mine.replace("listen 80;", "listen 8080;")


def test_the_nearest_server_is_taken_whatever_the_order() -> None:
    text = "server {\n    listen 80;\n    server_name a b; # both\n}\n"
    servers = [{"server_name": ["a"], "listen": ["80", "81"]}, {"server_name": ["a", "b"], "listen": ["80"]}]
    (first, second) = (_declaration.sites([{"name": "s", "servers": [each]}])[0].servers[0] for each in servers)
    document = parse(text)
    pairs = match(Reconciler(document, "f", True), document.body, [first, second])
    assert pairs == [None, document.body[0]]


def test_a_byte_order_mark_in_a_site_is_told() -> None:
    warnings: list[str] = []
    (site,) = _declaration.sites([{"name": "s", "directives": {"map $a $b": {"x": "y"}}}])
    text = "\xef\xbb\xbfserver {\n}\n"
    edit_site(text, site, "s", lambda _name: ("", ""), lambda _path: True, purge=True, warnings=warnings)
    assert ["byte order mark" in each for each in warnings] == [True]


def test_two_of_our_servers_become_one() -> None:
    first, second = ({"server_name": ["a"], "listen": [address]} for address in ("80", "81"))
    text = edit(None, {"servers": [first, second]})
    one = {"server_name": ["a"], "listen": ["80", "81"]}
    assert edit(text, {"servers": [one]}) == edit(None, {"servers": [one]})


def test_a_server_that_is_to_go_is_named_in_full() -> None:
    text = "server { listen 80; server_name a b; }\nserver { listen 81; server_name a; }\n"
    gone = {"server_name": ["a"], "listen": ["80", "81"], "state": "absent"}
    assert edit(text, {"adopt": True, "servers": [gone]}) == text


def test_exact_server_leaves_one_of_several_and_brings_them_in_order() -> None:
    lines = ["listen 80", "listen 81", "add_header X 1", "add_header X 2", "deny all", "allow 10.0.0.1"]
    text = "server {\n" + "".join(f"    {line};\n" for line in lines) + "}\n"
    given = {"listen": ["80"], "state": "exact", "directives": "add_header X 1; allow 10.0.0.1; deny all;"}
    after = edit(text, {"adopt": True, "servers": [given]})
    assert after == "server {\n    listen 80;\n    add_header X 1;\n    allow 10.0.0.1;\n    deny all;\n}\n"


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        ("access_log /a;\nlog_format x '$uri';\n", "log_format x '$uri'; access_log /a;"),
        ("access_log off;\n", "access_log /a;"),
    ],
)
def test_the_owners_directives_at_the_top_are_neither_moved_nor_removed(have: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=r"s:1: access_log is there already|s:2: log_format is there already"):
        edit(have, {"directives": wanted})
    edit(have, {"directives": wanted, "adopt": True})


def test_a_certificate_that_stays_is_not_owned() -> None:
    text = "server {\n    listen 443 ssl;\n    ssl_certificate /x;\n    ssl_certificate_key /y;\n}\n"
    given = {"listen": ["443 ssl"], "certificate": "a", "owns": ["ssl_certificate", "ssl_certificate_key"]}
    assert edit(text, {"adopt": True, "servers": [given]}) == text


def test_two_sites_of_one_call_do_not_share_a_server(host: Path) -> None:
    server = {"server_name": ["a"], "listen": ["80"]}
    result = plan(host, [{"name": "one", "servers": [server]}, {"name": "two", "servers": [server]}])
    assert len(result.problems) == 1
    assert "site 'two': a is served from another file" in result.problems[0]


def test_a_folder_that_nginx_does_not_read_is_an_error(host: Path) -> None:
    (host / "nginx.conf").write_text("events {}\nhttp { include conf.d/*.conf; include sites-enabled/*.conf; }\n")
    server = {"listen": ["80"]}
    result = plan(host, [{"name": "x", "servers": [server]}, {"name": "x.conf", "servers": [{"listen": ["81"]}]}])
    assert len(result.problems) == 1
    assert "includes nothing that reads" in result.problems[0]


def test_a_file_in_the_place_of_the_link_is_not_left_serving(host: Path) -> None:
    (host / "sites-enabled" / "x").write_text("server { listen 80; }\n")
    result = plan(host, [{"name": "x", "enabled": False, "servers": [{"listen": ["81"]}]}])
    assert "stands where the link" in result.problems[0]


def test_exact_server() -> None:
    text = (
        "server {\n    listen 80;\n    server_name a;\n    gzip on;\n    # note\n    location /x { a; }\n"
        "    location /y { b; }\n}\n"
    )
    given = {"server_name": ["a"], "state": "exact", "directives": {"etag": False}, "locations": [{"location": "/y"}]}
    assert edit(text, {"adopt": True, "servers": [given]}) == (
        "server {\n    listen 80;\n    server_name a;\n    etag off;\n    # note\n    location /y { b; }\n}\n"
    )


def test_exact_keeps_the_certificate_that_an_adopted_server_has() -> None:
    after = edit(fixture("real-certbot.conf"), {"adopt": True, "servers": [{**CAMERA, "state": "exact"}]})
    assert after is not None
    assert after.count("# managed by Certbot\n") == fixture("real-certbot.conf").count("# managed by Certbot\n") - 2
    assert "ssl_certificate_key /etc/letsencrypt/live/camera.example.org/privkey.pem; # managed by Certbot" in after
    assert "root" not in after


OWNS = ["proxy_pass", "proxy_set_header", "proxy_buffering", "proxy_cache"]
ROUTE = {"proxy_pass": "http://h:1", "proxy_set_header": ["Host $host", "X-A 1"]}


def route(directives: dict[str, Any], **more: Any) -> dict[str, Any]:
    location = {"location": "/zm/", "directives": directives, "owns": OWNS, **more}
    return {"servers": [{"server_name": ["a"], "listen": ["80"], "locations": [location]}]}


def test_what_the_declaration_owns_follows_it_and_every_other_line_of_the_location_stays() -> None:
    before = edit(None, route({**ROUTE, "proxy_buffering": "off", "proxy_cache": "off"}))
    assert before is not None
    mine = "        # only for me\n        auth_basic  'zone' ; # why\n        allow 10.0.0.0/8;allow ::1;\n"
    touched = before.replace("        proxy_set_header Host", mine + "        proxy_set_header Host")
    touched = touched.replace(
        "X-A 1;\n", "X-A 1;\n        proxy_set_header X-Mine 1;\n        if ($a) { return 403; }\n"
    )
    after = edit(touched, route(ROUTE))
    assert after is not None
    assert mine in after
    assert changes(touched, after) == [
        "-        proxy_set_header X-Mine 1;",
        "-        proxy_buffering off;",
        "-        proxy_cache off;",
    ]


def test_an_owned_directive_that_stands_twice_is_left_once_as_declared() -> None:
    before = edit(None, route(ROUTE))
    assert before is not None
    touched = before.replace(
        "X-A 1;\n", "X-A 2;\n        proxy_set_header X-A '1'; # mine\n        proxy_set_header x-a 3;\n"
    )
    after = edit(touched, route(ROUTE))
    assert after == before.replace("X-A 1;", "X-A '1'; # mine")


def test_what_exact_has_made_is_not_changed_by_owning() -> None:
    full = {**ROUTE, "proxy_redirect": ["default", "/ /zm/"], "proxy_buffering": "off"}
    before = edit(None, route(full, state="exact", owns=None))
    assert edit(before, route(full, owns=[*OWNS, "proxy_redirect"])) == before


def test_a_foreign_location_is_not_emptied_by_owning() -> None:
    text = "server {\n    server_name a;\n    location /zm/ { proxy_pass http://h:1; proxy_cache off; }\n}\n"
    with pytest.raises(ConfigError, match="s:3: location /zm/ is there already"):
        edit(text, route({"proxy_pass": "http://h:1"}))


@pytest.mark.parametrize("name", ["", "proxy_pass http://h", "a;", "a\nb", "#"])
def test_owning_takes_names_only(name: str) -> None:
    with pytest.raises(ConfigError, match=r"owns: .* is not the name of a directive"):
        edit(None, route({}, owns=[name]))


def test_two_servers_as_near_as_each_other_are_an_error() -> None:
    text = "server { server_name a b; }\nserver { server_name a c; }\n"
    with pytest.raises(ConfigError, match=r"stands 2 times: s:1, s:2"):
        edit(text, {"adopt": True, "servers": [{"server_name": ["a"]}]})


def test_a_file_that_does_not_parse_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r's:2: nginx cannot read this file: unexpected end of file, expecting "}"'):
        edit("server {\n", {"servers": [{"server_name": ["a"]}]})


LOCATIONS = "server {\n    location / { a; }\n    location ~ \\.a$ { a; } # one\n    location ~ \\.b$ { b; }\n}\n"


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([{"location": "/n"}], ["+    ", f"+    location /n {{ {MARK}", "+    }"]),
        ([{"location": "~ c", "before": "~ \\.b$"}], [f"+    location ~ c {{ {MARK}", "+    }"]),
        ([{"location": "~ c", "after": "/"}], [f"+    location ~ c {{ {MARK}", "+    }"]),
        (
            [{"location": "~\\.b$", "before": '~ "\\.a$"'}],
            ["+    location ~ \\.b$ { b; }", "-    location ~ \\.b$ { b; }"],
        ),
        (
            [{"location": "~ \\.a$", "after": "~ \\.b$"}],
            ["+    location ~ \\.b$ { b; }", "-    location ~ \\.b$ { b; }"],
        ),
        ([{"location": "~ \\.a$", "state": "absent"}], ["-    location ~ \\.a$ { a; } # one"]),
        ([{"location": "^~ /", "directives": "a;"}], ["-    location / { a; }", "+    location ^~ / { a; }"]),
        (
            [{"location": "/", "state": "exact", "directives": "b; c;"}],
            ["-    location / { a; }", "+    location / { b; c; }"],
        ),
        ([{"location": "/", "directives": "b;"}], ["-    location / { a; }", "+    location / { a; b; }"]),
        ([{"location": "= /", "state": "absent"}], []),
    ],
)
def test_locations_of_one_server(given: list[dict[str, str]], lines: list[str]) -> None:
    def once(text: str) -> str:
        return edit_locations(text, "f", Selector(), declare.locations(given, "f"), adopt=True, purge=False)

    after = once(LOCATIONS)
    assert [line.rstrip() for line in changes(LOCATIONS, after)] == [
        line.rstrip() for line in lines if line.strip("+ ")
    ]
    assert once(after) == after


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (LOCATIONS, [{"location": "/", "directives": "b;"}], "f:2: location / is there already"),
        (LOCATIONS, [{"location": "~ \\.a$", "state": "absent"}], r"f:3: location ~ \\.a\$ is there already"),
        (LOCATIONS, [{"location": "/n", "before": "/m"}], "stands 0 times"),
        ("location ~ a {}\nlocation ~a {}\n", [{"location": "~ a"}], "stands 2 times: f:1, f:2"),
        ("location / { root /a; root /b; }\n", [{"location": "/", "directives": "root /c;"}], "root stands 2 times"),
    ],
)
def test_locations_that_cannot_be_done(text: str, given: list[dict[str, str]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        edit_locations(text, "f", Selector(), declare.locations(given, "f"), adopt=False, purge=False)


def test_regular_expressions_keep_the_declared_order() -> None:
    names = ["~ 1", "~ 2", "~ 3", "~ 4"]
    text = edit_locations(
        "", "f", Selector(), declare.locations([{"location": names[2]}], "f"), adopt=False, purge=False
    )
    text = edit_locations(
        text, "f", Selector(), declare.locations([{"location": name} for name in names], "f"), adopt=False, purge=False
    )
    assert [line.split(" {")[0] for line in text.split("\n") if "{" in line] == [f"location {name}" for name in names]


# ---- on a host's folders -------------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Path:
    for name in ("sites-available", "sites-enabled", "conf.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    return tmp_path


def plan(host: Path, sites: list[dict[str, Any]], **options: Any) -> site_module.Plan:
    return site_module.plan(sites, root=str(host), certificates=Certificates(f"{host}/live", f"{host}/p"), **options)


def carry_out(result: site_module.Plan) -> None:
    for change in result.changes:
        if isinstance(change, Write):
            Path(change.path).write_bytes(change.content)
        elif isinstance(change, Link):
            os.symlink(change.target, change.path)
        else:
            os.unlink(change.path)


ONE = {"name": "one", "servers": [{"server_name": ["one.test"], "listen": ["443 ssl"], "certificate": "one"}]}


def test_a_site_is_written_linked_disabled_and_purged(host: Path) -> None:
    first = plan(host, [ONE])
    assert [type(change) for change in first.changes] == [Write, Link]
    assert first.sites == [{"name": "one", "path": f"{host}/sites-available/one", "changed": True, "problem": None}]
    assert first.missing == {"one": ["one.test"]}
    carry_out(first)
    assert plan(host, [ONE]).changes == []
    assert [type(change) for change in plan(host, [{**ONE, "enabled": False}]).changes] == [Remove]
    assert plan(host, [], purge=False).changes == []
    gone = plan(host, [])
    assert [change.path for change in gone.changes] == [f"{host}/sites-enabled/one", f"{host}/sites-available/one"]
    carry_out(gone)
    assert plan(host, []).changes == []


def test_a_file_with_something_of_its_owner_is_never_purged(host: Path) -> None:
    carry_out(plan(host, [ONE]))
    path = host / "sites-available" / "one"
    path.write_text(path.read_text() + "server { listen 81; }\n")
    assert plan(host, []).changes == []


TWO = {"name": "one", "servers": [{**ONE["servers"][0], "locations": [{"location": "/x", "directives": {"a": "b"}}]}]}


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("\n    location /x", "\n    location /mine { return 204; }\n\n    location /x", 10, "location /mine"),
        ("        a b;\n", "        a b;\n        if ($x) { return 403; }\n", 12, r"if \(\$x\)"),
        ("        a b;\n", "        a b; # for the camera\n", 11, "'# for the camera'"),
        ("    listen", "    # listen 444;\n    listen", 5, "'# listen 444;'"),
        ("\nserver {", "\nmap $a $b { default 1; }\nserver {", 4, r"map \$a \$b"),
    ],
)
def test_a_purged_file_with_something_of_its_owner_stays_and_is_named(
    host: Path, old: str, new: str, line: int, what: str
) -> None:
    carry_out(plan(host, [TWO]))
    path = host / "sites-available" / "one"
    path.write_text(path.read_text().replace(old, new, 1))
    result = plan(host, [])
    assert result.changes == []
    assert result.problems == []
    (report,) = result.kept
    assert report["name"] == "one"
    assert report["changed"] is False
    assert re.match(f"{path}:{line}: {what} .*delete", report["problem"])
    assert result.warnings == [report["problem"]]


def test_a_location_of_ours_in_a_file_of_its_owner_is_no_leftover(host: Path) -> None:
    text = f"server {{\n    # mine\n    location /x {{ {MARK}\n    }}\n}}\n"
    (host / "sites-available" / "own").write_text(text)
    result = plan(host, [])
    assert (result.changes, result.warnings, result.kept) == ([], [], [])


def test_the_certificate_is_the_lineage_once_it_is_there(host: Path) -> None:
    carry_out(plan(host, [ONE]))
    (host / "live" / "one").mkdir(parents=True)
    for name in ("fullchain.pem", "privkey.pem"):
        (host / "live" / "one" / name).touch()
    (change,) = plan(host, [ONE]).changes
    assert isinstance(change, Write)
    assert f"ssl_certificate {host}/live/one/fullchain.pem;".encode() in change.content
    assert plan(host, [ONE]).missing == {}


def test_a_default_server_that_is_purged_in_the_same_run_is_none(host: Path) -> None:
    default = {"name": "d", "servers": [{"server_name": ["_"], "listen": ["80"], "default": True}]}
    carry_out(plan(host, [default]))
    result = plan(host, [{**default, "name": "renamed"}])
    assert result.warnings == []
    assert [type(change) for change in result.changes] == [Remove, Remove, Write, Link]
    assert [site["name"] for site in result.sites] == ["renamed", "d"]


def test_quic_and_tls_share_a_port(host: Path) -> None:
    site = {"name": "q", "servers": [{"server_name": ["q"], "listen": ["443 ssl", "443 quic reuseport"]}]}
    carry_out(plan(host, [site]))
    assert (host / "sites-available" / "q").read_text().count("listen 443") == 2
    assert plan(host, [site]).changes == []


def test_a_server_of_the_same_name_in_another_file_is_an_error(host: Path) -> None:
    (host / "conf.d" / "own.conf").write_text("\nserver { listen 443 ssl; server_name ONE.test two.test; }\n")
    result = plan(host, [ONE, {"name": "other", "servers": [{"server_name": ["other.test"], "listen": ["80"]}]}])
    (problem,) = result.problems
    assert f"{host}/conf.d/own.conf:2" in problem
    assert "one.test" in problem
    assert "adopt" in problem
    assert [site["problem"] for site in result.sites] == [problem, None]
    assert plan(host, [{**ONE, "enabled": False}]).problems == []
    assert plan(host, [{**ONE, "state": "absent"}]).problems == []
    (host / "conf.d" / "own.conf").write_text("server { listen 80; server_name one.test; }\n")
    assert (plan(host, [ONE]).warnings, plan(host, [ONE]).problems) == ([], [])


def test_a_default_server_of_the_same_name_in_another_file_is_said(host: Path) -> None:
    (host / "conf.d" / "own.conf").write_text("server { listen 80; server_name _; }\n")
    default = {"name": "d", "servers": [{"server_name": ["_"], "listen": ["80"], "default": True}]}
    result = plan(host, [default])
    assert result.problems == []
    assert f"{host}/conf.d/own.conf:1" in result.warnings[0]


def test_a_site_that_is_renamed_takes_its_name_along(host: Path) -> None:
    carry_out(plan(host, [TWO]))
    renamed = {**TWO, "name": "renamed"}
    result = plan(host, [renamed])
    assert (result.problems, result.warnings) == ([], [])
    assert [type(change) for change in result.changes] == [Remove, Remove, Write, Link]
    path = host / "sites-available" / "one"
    path.write_text(path.read_text().replace("a b;", "a b; # mine"))
    result = plan(host, [renamed])
    assert f"{host}/sites-enabled/one:4" in result.problems[0]
    assert result.changes == []
    assert f"{path}:11" in result.warnings[0]


def test_a_default_server_of_another_file_is_respected(host: Path) -> None:
    (host / "conf.d" / "own.conf").write_text("\nserver {\n  listen 0.0.0.0:80 default_server;\n}\n")
    default = {"name": "d", "servers": [{"server_name": ["_"], "listen": ["80"], "default": True}]}
    result = plan(host, [default])
    assert result.changes == []
    assert f"{host}/conf.d/own.conf:3" in result.warnings[0]
    (host / "conf.d" / "own.conf").unlink()
    (change, _link) = plan(host, [default]).changes
    assert isinstance(change, Write)
    assert b"listen 80 default_server;" in change.content


def test_the_packaged_default_site_goes_only_unchanged(host: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (host / "sites-available" / "default").write_text("server { listen 80 default_server; }\n")
    (host / "sites-enabled" / "default").symlink_to(host / "sites-available" / "default")
    default = {"name": "d", "servers": [{"server_name": ["_"], "listen": ["80"], "default": True}]}
    monkeypatch.setattr(_packaged, "packaged_md5", lambda _path: "1b6d19b4e1a3e9ad29b8d4ad5e3d0f0a")
    result = plan(host, [default], disable_default=True)
    assert result.changes == []
    assert len(result.warnings) == 2
    digest = __import__("hashlib").md5((host / "sites-available" / "default").read_bytes()).hexdigest()
    monkeypatch.setattr(_packaged, "packaged_md5", lambda _path: digest)
    result = plan(host, [default], disable_default=True)
    assert [type(change) for change in result.changes] == [Remove, Write, Link]
    assert result.warnings == []


def test_one_bad_site_is_reported_beside_the_good_one(host: Path) -> None:
    (host / "sites-available" / "bad").mkdir()
    result = plan(host, [ONE, {"name": "bad"}])
    assert [bool(site["problem"]) for site in result.sites] == [False, True]
    assert "is a directory" in result.problems[0]


def test_a_file_where_the_link_belongs_is_an_error(host: Path) -> None:
    (host / "sites-enabled" / "one").write_text("")
    assert "move it away" in plan(host, [ONE]).problems[0]


def test_reading_back_and_feeding_it_in_changes_nothing(host: Path) -> None:
    together = (
        "real-certbot",
        "style-crlf-tabs-no-final-line-end",
        "L01-latin1-with-brace-alone",
        "L05-empty",
        "L25-map",
    )
    for name in together:
        target = host / "sites-available" / name
        target.write_bytes((FIXTURES / f"{name}.conf").read_bytes())
        (host / "sites-enabled" / name).symlink_to(target)
    carry_out(plan(host, [ONE], purge=False))
    found = describe_host(str(host))
    assert len(found["sites"]) == len(together)
    latin = f"{host}/sites-available/L01-latin1-with-brace-alone"
    problems = [file["problem"] for file in found["files"] if file["path"] == latin]
    assert problems[0].startswith(f"{latin}:"), problems
    assert "not UTF-8" in problems[0]
    assert {file["path"] for file in found["files"]} >= {f"{host}/nginx.conf", f"{host}/sites-available/one"}
    again = plan(host, found["sites"])
    assert again.problems == []
    assert again.changes == []


def test_names_that_can_stand_in_a_certificate() -> None:
    assert host_names(["A.test", "_", "~^x", "*.b.test", "a.test", "", "x y", "-a.test", ".c.test"]) == [
        "a.test",
        "*.b.test",
    ]


def lineage(host: Path, name: str, names: list[str], days: int = 30) -> None:
    folder = host / "live" / name
    folder.mkdir(parents=True)
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += [
        "-days",
        str(days),
        "-subj",
        "/CN=x",
        "-addext",
        "subjectAltName=" + ",".join(f"DNS:{n}" for n in names),
    ]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)


def test_a_site_without_a_lineage_of_its_name_uses_one_that_covers_all_its_names(host: Path) -> None:
    servers = [{"server_name": ["one.test", "two.test"], "listen": ["443 ssl"], "certificate": "one.test"}]
    site = {"name": "one.test", "servers": servers}
    lineage(host, "a", ["one.test"])
    lineage(host, "b", ["one.test", "two.test", "three.test"])
    result = plan(host, [site])
    assert result.missing == {}
    assert f"ssl_certificate {host}/live/b/fullchain.pem;" in str(result.changes[0])
    carry_out(result)
    assert plan(host, [site]).changes == []
    lineage(host, "c", ["*.test"], days=60)
    assert f"ssl_certificate {host}/live/c/fullchain.pem;" in str(plan(host, [site]).changes[0])
    lineage(host, "one.test", ["one.test"])
    assert f"ssl_certificate {host}/live/one.test/fullchain.pem;" in str(plan(host, [site]).changes[0])


def test_a_lineage_that_lacks_a_name_is_not_used(host: Path) -> None:
    lineage(host, "b", ["two.test"])
    assert plan(host, [ONE]).missing == {"one": ["one.test"]}


@pytest.mark.parametrize("kind", ["file", "elsewhere", "nowhere"])
def test_a_default_site_that_is_not_the_packaged_one_stays(host: Path, kind: str) -> None:
    link = host / "sites-enabled" / "default"
    if kind == "file":
        link.write_text("server { listen 81; }\n")
    elif kind == "elsewhere":
        (host / "mine").write_text("server { listen 81; }\n")
        link.symlink_to(host / "mine")
    else:
        link.symlink_to(host / "sites-available" / "default")
    result = plan(host, [], disable_default=True)
    assert str(link) not in [change.path for change in result.changes]
