# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sites that go into servers of an owner's: his file, his lines, and ours with their mark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import plan as site_module
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import Certificates
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.standing import standing
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write

# As `certbot --nginx` leaves the article's file, with what its owner put in since.
THEIRS = """# my proxy
server {
    server_name home.test; # the house

    location /zm/ {
        auth_basic "cameras";
        proxy_pass http://192.168.0.10/zm/;
        proxy_set_header X-Mine yes;
    }

    location = /hello { return 200 "hello"; }

    listen 443 ssl; # managed by Certbot
    ssl_certificate /etc/letsencrypt/live/home.test/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/home.test/privkey.pem; # managed by Certbot
    include options.conf; # managed by Certbot

}server {
    if ($host = home.test) {
        return 301 https://$host$request_uri;
    } # managed by Certbot


    listen 80;
    server_name home.test;
    return 404; # managed by Certbot


}"""
CHALLENGE = "if ($uri ~ ^/[.]well-known/acme-challenge/)"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    for name in ("sites-available", "sites-enabled", "conf.d", "live/home.test"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("fullchain.pem", "privkey.pem"):
        (tmp_path / "live" / "home.test" / name).touch()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    (tmp_path / "options.conf").write_text("ssl_protocols TLSv1.2;\n")
    return tmp_path


@pytest.fixture
def theirs(host: Path) -> Path:
    path = host / "sites-available" / "constellation"
    path.write_text(THEIRS.replace("/etc/letsencrypt", str(host)))
    (host / "sites-enabled" / "constellation").symlink_to(path)
    return path


def wanted(name: str = "home.test", path: str = "/zm/") -> dict[str, Any]:
    body = {"proxy_pass": "http://192.168.0.10", "proxy_set_header": ["Host $host"], "if ($kept)": {"return": "403"}}
    owns = ["if ($kept) {}", "proxy_pass", "proxy_set_header"]
    route = {"location": path, "directives": body, "owns": owns, "adopted": {"directives": body, "owns": owns[:1]}}
    answer = {"location": "^~ /.well-known/", "directives": {"root": "/acme"}, "owns": ["root"], "adopted": {}}
    back = {"location": "/", "directives": {"return": "301 https://$host$request_uri"}}
    return {
        "name": name,
        "adopt": True,
        "servers": [
            {
                "server_name": [name],
                "listen": ["80", "[::]:80"],
                "locations": [answer, back],
                "adopted": {
                    "directives": {CHALLENGE: {"break": None}},
                    "guards": [f"{CHALLENGE} {{}}"],
                    "without": ["/"],
                },
            },
            {
                "server_name": [name],
                "listen": ["443 ssl", "[::]:443 ssl"],
                "certificate": name,
                "directives": {"http2": True, "ssl_protocols": "TLSv1.3", "add_header": "X-A 1"},
                "locations": [route],
                "adopted": {"directives": {"http2": True, "ssl_protocols": "TLSv1.3"}},
            },
        ],
    }


def plan(host: Path, *sites: dict[str, Any]) -> site_module.SitePlan:
    return site_module.plan(sites, root=str(host), certificates=Certificates(f"{host}/live", f"{host}/p"))


def carried_out(host: Path, *sites: dict[str, Any]) -> site_module.SitePlan:
    """Carry a plan out that consists of edits of files that are there, and that a second one has nothing to add to."""
    result = plan(host, *sites)
    assert result.problems == []
    for change in result.changes:
        assert isinstance(change, Write), change
        assert os.path.exists(change.path)
        Path(change.path).write_bytes(change.content)
    again = plan(host, *sites)
    assert [change.content for change in again.changes if isinstance(change, Write)] in ([], [*_now(again)])
    return result


def _now(result: site_module.SitePlan) -> list[bytes]:
    return [Path(change.path).read_bytes() for change in result.changes]


def test_the_file_is_found_by_its_names_and_keeps_every_line(host: Path, theirs: Path) -> None:
    before = theirs.read_text().splitlines()
    result = carried_out(host, wanted())
    after = theirs.read_text().splitlines()
    gone = [line.strip() for line in before if line not in after]
    assert gone == ["proxy_pass http://192.168.0.10/zm/;"]
    assert os.listdir(host / "sites-available") == ["constellation"]
    assert result.sites[0]["path"] == str(theirs)


def test_what_an_include_says_is_not_said_beside_it_and_told(host: Path, theirs: Path) -> None:
    result = carried_out(host, wanted())
    assert "TLSv1.3" not in theirs.read_text()
    assert "    http2 on; # constellation.edge\n" in theirs.read_text()
    (note,) = result.notes
    assert f"{theirs}:2: ssl_protocols of this server is as {host}/options.conf says" in note
    (host / "options.conf").write_text("ssl_dhparam x;\n")
    assert carried_out(host, wanted()).notes == []
    assert "    ssl_protocols TLSv1.3; # constellation.edge\n" in theirs.read_text()
    theirs.write_text(theirs.read_text().replace("listen 443 ssl;", "ssl_protocols TLSv1.1;\n    listen 443 ssl;"))
    assert "as its owner says" in carried_out(host, wanted()).notes[0]
    assert theirs.read_text().count("ssl_protocols") == 1


def test_an_include_in_an_include_counts_and_a_circle_ends(host: Path, theirs: Path) -> None:
    (host / "options.conf").write_text("include deeper.conf;\n")
    (host / "deeper.conf").write_text("include options.conf; http2 off;\n")
    carried_out(host, wanted())
    assert "http2" not in theirs.read_text()


def test_a_challenge_comes_before_whatever_answers_at_the_top(host: Path, theirs: Path) -> None:
    theirs.write_text(theirs.read_text().replace("    if ($host", "    rewrite ^/old /new;\n    if ($host"))
    carried_out(host, wanted())
    text = theirs.read_text()
    assert text.index(CHALLENGE) < text.index("rewrite ^/old")
    moved = text.replace("server {\n    if ($uri", "server {\n    return 404;\n    if ($uri")
    theirs.write_text(moved)
    carried_out(host, wanted())
    assert theirs.read_text().index(CHALLENGE) < theirs.read_text().index("return 404;\n")


def test_an_if_of_somebody_else_stays_where_it_is(host: Path, theirs: Path) -> None:
    site = wanted()
    own = {"if ($arg_a)": {"return": "403"}, "if ($arg_b)": {"break": None}}
    site["servers"][0]["adopted"]["directives"] |= own
    carried_out(host, site)
    text = theirs.read_text()
    assert text.index(CHALLENGE) < text.index("$arg_a") < text.index("$arg_b")


def test_nothing_answers_instead_of_his_port_80(host: Path, theirs: Path) -> None:
    carried_out(host, wanted())
    assert "location / {" not in theirs.read_text()
    assert "listen [::]" not in theirs.read_text()
    assert "X-A" not in theirs.read_text()


def test_a_location_of_his_for_challenges_stays(host: Path, theirs: Path) -> None:
    own = "    location /.well-known/ { root /var/www; }\n"
    theirs.write_text(theirs.read_text().replace("    listen 80;\n", f"    listen 80;\n{own}"))
    carried_out(host, wanted())
    assert own in theirs.read_text()
    assert "root /acme" not in theirs.read_text()


def test_what_leaves_the_inventory_takes_its_lines_along(host: Path, theirs: Path) -> None:
    before = theirs.read_text()
    carried_out(host, wanted())
    result = carried_out(host)
    assert [site["path"] for site in result.sites] == [str(theirs)]
    assert "constellation.edge" not in theirs.read_text()
    taken = before.replace("http://192.168.0.10/zm/", "http://192.168.0.10")
    rest = [line for line in theirs.read_text().splitlines() if line.strip() != "proxy_set_header Host $host;"]
    assert [line for line in rest if line.strip()] == [line for line in taken.splitlines() if line.strip()]


def test_a_route_that_leaves_takes_its_guard_out_of_his_location(host: Path, theirs: Path) -> None:
    carried_out(host, wanted())
    assert "if ($kept)" in theirs.read_text()
    other = wanted(path="/other/")
    other["servers"][1]["drops"] = ["auth_basic"]
    carried_out(host, other)
    assert theirs.read_text().count("if ($kept)") == 1
    assert 'auth_basic "cameras"' in theirs.read_text()


def test_two_sites_share_a_file(host: Path) -> None:
    path = host / "conf.d" / "default.conf"
    text = "server {\r\n\tlisten 80;\r\n\tlisten 443 ssl;\r\n\tserver_name NAME;\r\n\tssl_certificate c;\r\n}\r\n"
    https = text.replace("\tlisten 80;\r\n", "")
    path.write_bytes((https.replace("NAME", "a.test") + https.replace("NAME", "b.test")).encode())
    (host / "c").touch()
    result = carried_out(host, wanted("a.test"), wanted("b.test"))
    assert [site["path"] for site in result.sites] == [str(path), str(path)]
    after = path.read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n")
    assert (after.count(b"location /zm/"), after.count(b"listen 80;"), after.count(b"ssl_certificate ")) == (2, 2, 2)
    carried_out(host, wanted("a.test"))
    assert path.read_bytes().count(b"location /zm/") == 1
    assert path.read_bytes().count(b"server_name b.test") == 1


def test_the_two_servers_of_a_site_may_stand_in_two_files(host: Path) -> None:
    (host / "conf.d" / "a.conf").write_text("server { listen 80; server_name home.test; return 404; }\n")
    (host / "conf.d" / "b.conf").write_text("server { listen 443 ssl; server_name home.test; ssl_certificate $c; }\n")
    carried_out(host, wanted())
    assert CHALLENGE in (host / "conf.d" / "a.conf").read_text()
    assert "location /zm/" in (host / "conf.d" / "b.conf").read_text()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"conf.d/a.conf": 1, "conf.d/b.conf": 1}, "home.test is served from 2 files: {}/conf.d/a.conf:1, {}/conf.d/b"),
        ({"nginx.conf": 0}, "{}/nginx.conf:1 holds its server in nginx's main file"),
    ],
)
def test_what_leaves_a_choice_is_refused(host: Path, files: dict[str, int], said: str) -> None:
    for name in files:
        inside = "server { listen 443 ssl; server_name home.test; }"
        (host / name).write_text(f"http {{ {inside} }}\n" if name == "nginx.conf" else f"{inside}\n")
    (problem,) = plan(host, wanted()).problems
    assert said.format(host, host) in problem


def test_a_file_that_a_link_of_the_owner_leads_to_is_edited_in_its_place(host: Path, theirs: Path) -> None:
    elsewhere = host / "dotfiles"
    elsewhere.mkdir()
    theirs.rename(elsewhere / "constellation")
    theirs.symlink_to(elsewhere / "constellation")
    result = carried_out(host, wanted())
    assert result.sites[0]["path"] == str(elsewhere / "constellation")
    assert theirs.is_symlink()


def test_what_stands_is_read_with_its_services(host: Path, theirs: Path) -> None:
    (host / "conf.d" / "up.conf").write_text("upstream cams { server 192.168.0.10:80; }\n")
    theirs.write_text(theirs.read_text().replace("http://192.168.0.10/zm/", "http://cams/zm/"))
    https, http = standing(str(host), ["HOME.test", "other.test"])
    assert (https["file"], https["line"], https["ours"]) == (f"{host}/sites-enabled/constellation", 2, False)
    assert (https["listens"], http["listens"]) == (["*:443"], ["*:80"])
    assert https["certificate"] == f"{host}/live/home.test/fullchain.pem"
    assert [(each["location"], each["line"], each["upstream"]) for each in https["locations"]] == [
        ("/zm/", 5, "http://192.168.0.10:80/zm/"),
        ("= /hello", 11, ""),
    ]
    assert standing(str(host), ["other.test"]) == []


def test_what_needs_a_file_of_ours_goes_with_the_site(host: Path, theirs: Path) -> None:
    site = wanted()
    body = {"proxy_pass": "http://group", "proxy_set_header": ["Connection $constellation_edge_connection"]}
    site["directives"] = {"upstream group": {"server": "nas.test:80"}}
    site["servers"][1]["locations"][0] |= {"directives": body, "adopted": {"directives": body}}
    carried_out(host, site)
    assert "$constellation_edge_connection" in theirs.read_text()
    result = carried_out(host)
    assert "$constellation_edge_connection" not in theirs.read_text()
    # His location leads to it, and nginx does not start without.
    assert "upstream group {" in theirs.read_text()
    assert f"{theirs}:2: upstream group is not listed any more but stays" in result.warnings[0]


def test_what_an_include_in_his_location_says_is_not_said_beside_it(host: Path, theirs: Path) -> None:
    (host / "proxy_params").write_text("proxy_set_header Host $http_host;\n")
    theirs.write_text(
        theirs.read_text().replace("        proxy_set_header X-Mine yes;", "        include proxy_params;")
    )
    result = carried_out(host, wanted())
    assert "proxy_set_header" not in theirs.read_text()
    (note,) = [each for each in result.notes if "locations" in each]
    assert f"in locations of this server, proxy_set_header Host as {host}/proxy_params says" in note


def test_the_headers_of_the_server_come_along_into_a_location_that_gets_its_first(host: Path, theirs: Path) -> None:
    text = theirs.read_text().replace("        proxy_set_header X-Mine yes;\n", "")
    around = '    proxy_set_header X-House "ours";\n    proxy_set_header host $http_host;\n'
    theirs.write_text(text.replace("    listen 443 ssl;", f"{around}    listen 443 ssl;"))
    carried_out(host, wanted())
    after = theirs.read_text()
    assert after.count('        proxy_set_header X-House "ours";') == 1
    # The route decides on Host; the server's own line stays where it was.
    assert (after.count("        proxy_set_header Host $host;"), after.count("host $http_host")) == (1, 1)


def test_the_headers_of_the_http_level_come_along_where_the_server_has_none(host: Path, theirs: Path) -> None:
    theirs.write_text(theirs.read_text().replace("        proxy_set_header X-Mine yes;\n", ""))
    (host / "conf.d" / "proxy.conf").write_text("proxy_set_header X-House $host;\ninclude more.inc;\n")
    (host / "more.inc").write_text("proxy_set_header X-Floor 1;\n")
    (host / "conf.d" / "broken.conf").write_text("server {\n")
    (host / "conf.d" / "port.conf").write_text("proxy_set_header X-Port 443;\n")
    site = wanted()
    site["servers"][1]["locations"][0]["adopted"]["directives"]["proxy_set_header"] += ['X-Port ""', 'X-Floor ""']
    site["servers"][1]["locations"][0]["adopted"]["yields"] = ["proxy_set_header"]
    carried_out(host, site)
    after = theirs.read_text()
    assert (after.count("proxy_set_header X-House $host;"), after.count("proxy_set_header X-Floor 1;")) == (1, 1)
    # What is emptied gives way to what its owner says, wherever that is.
    assert (after.count("X-Port 443"), after.count("X-Port"), after.count("X-Floor")) == (1, 1, 1)


@pytest.mark.parametrize("target", ["http://$constellation_edge_upstream:80", "http://constellation_edge_a_nas_80"])
def test_a_location_that_was_taken_over_is_not_asked_about_again(host: Path, theirs: Path, target: str) -> None:
    """Where a later run looks, a back end given by name stands there as a variable, or as a block of ours."""
    assert [each["ours"] for each in standing(str(host), ["home.test"])[0]["locations"]] == [False, False]
    theirs.write_text(theirs.read_text().replace("http://192.168.0.10/zm/", target))
    assert [each["ours"] for each in standing(str(host), ["home.test"])[0]["locations"]] == [True, False]
    assert [each["taken"] for each in standing(str(host), ["home.test"])[0]["locations"]] == [True, False]
    theirs.write_text(theirs.read_text().replace("location /zm/ {", "location /zm/ { # constellation.edge"))
    found = standing(str(host), ["home.test"])[0]["locations"][0]
    assert (found["ours"], found["taken"]) == (True, False)


def test_an_old_path_is_sent_on_in_an_owners_location_and_left_as_it_was(host: Path, theirs: Path) -> None:
    sent = {"if ($request ~ ^GET\\s/zm/(\\S*))": {"return": "308 https://$host/camera/$1"}}
    site = wanted(path="/camera/")
    moved = {"location": "/zm/", "directives": sent, "adopted": {"directives": sent}}
    site["servers"][1]["locations"] += [moved]
    site["servers"][1]["drops"] = ["auth_basic"]
    carried_out(host, site)
    assert "            return 308 https://$host/camera/$1;\n" in theirs.read_text()
    https = standing(str(host), ["home.test"])[0]
    found = {each["location"]: (each["moved_to"], each["upstream"], each["keeps"]) for each in https["locations"]}
    assert found["/zm/"] == ("/camera/", "http://192.168.0.10/zm/", False)
    assert found["/camera/"] == ("", "http://192.168.0.10", False)
    carried_out(host)
    assert "308" not in theirs.read_text()
    assert 'auth_basic "cameras";\n        proxy_pass http://192.168.0.10/zm/;' in theirs.read_text()


def test_what_sends_readers_on_stands_before_what_would_end_it(host: Path, theirs: Path) -> None:
    rewrite = "        rewrite ^/zm/(.*)$ /$1 break;\n        proxy_pass http://192.168.0.10/zm/;"
    theirs.write_text(theirs.read_text().replace("        proxy_pass http://192.168.0.10/zm/;", rewrite))
    sent = {"if ($request ~ ^(?:GET|HEAD)\\s/zm/(\\S*))": {"return": "308 https://$host/camera/$1"}}
    site = wanted(path="/camera/")
    sending = {"directives": sent, "guards": [f"{next(iter(sent))} {{}}"]}
    site["servers"][1]["locations"] += [{"location": "/zm/", **sending, "adopted": sending}]
    site["servers"][1]["drops"] = ["auth_basic"]
    carried_out(host, site)
    text = theirs.read_text()
    assert text.index("return 308") < text.index("rewrite ^/zm/")


def test_a_redirect_of_ours_is_not_his(host: Path, theirs: Path) -> None:
    """Whether an owner's port 80 leads to HTTPS is what he made of it."""
    plain = "server { listen 80; server_name home.test; location /zm/ { proxy_pass http://192.168.0.10/zm/; } }\n"
    theirs.write_text(theirs.read_text().partition("}server {")[0] + "}\n" + plain)
    sent = {"if ($request ~ ^(?:GET|HEAD)\\s/zm/(\\S*))": {"return": "308 https://$host$request_uri"}}
    site = wanted()
    site["servers"][0]["locations"] += [{"location": "/zm/", "directives": sent, "adopted": {"directives": sent}}]
    carried_out(host, site)
    assert "308" in theirs.read_text()
    assert [each["redirects"] for each in standing(str(host), ["home.test"])] == [False, False]


def test_the_default_server_of_an_adopted_file_stays_the_only_one(host: Path, theirs: Path) -> None:
    """As in the distribution's own file, whose first line owners leave as it is and put a name below."""
    theirs.write_text(theirs.read_text().replace("listen 80;", "listen 80 default_server;"))
    common = {
        "name": "00-common",
        "servers": [{"server_name": ["_"], "listen": [port], "default": True} for port in ("80", "8443")],
    }
    for _run in range(2):
        result = plan(host, common, wanted())
        assert result.problems == []
        (warning,) = [each for each in result.warnings if "default server is left out" in each]
        assert f"*:80 in {host}/sites-enabled/constellation:" in warning
        for change in result.changes:
            if isinstance(change, Write):
                Path(change.path).write_bytes(change.content)
    text = (host / "sites-available" / "00-common").read_text()
    assert text.count("default_server") == text.count("listen 8443 default_server;") == 1
