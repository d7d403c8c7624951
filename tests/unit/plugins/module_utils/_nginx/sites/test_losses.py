# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protected a service is named before it is served without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._host.names import WEBROOT
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import plan as site_module
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._placeholder import Certificates
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Write

SERVICE = "http://192.168.0.10"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    for name in ("sites-available", "sites-enabled", "conf.d"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text("http { include conf.d/*.conf; include sites-enabled/*; }\n")
    return tmp_path


def site(path: str = "/zm/", **more: Any) -> dict[str, Any]:
    location = {"location": path, "directives": {"proxy_pass": SERVICE}, **more}
    return {"name": "a", "servers": [{"server_name": ["a.test"], "listen": ["443 ssl"], "locations": [location]}]}


def theirs(inside: str = "", around: str = "", path: str = "/zm/", service: str = SERVICE) -> str:
    location = f"  location {path} {{\n    proxy_pass {service};\n{inside}  }}\n"
    return f"server {{\n  listen 443 ssl;\n  server_name a.test;\n{around}{location}}}\n"


def problems(host: Path, wanted: dict[str, Any]) -> list[str]:
    certificates = Certificates(f"{host}/live", f"{host}/p")
    return site_module.plan([wanted], root=str(host), certificates=certificates).problems


def switched_off(host: Path, text: str) -> Path:
    path = host / "sites-available" / "constellation"
    path.write_text(text)
    return path


@pytest.mark.parametrize("service", [f"{SERVICE}:80", f"{SERVICE}/", f"{SERVICE}:80$constellation_edge_rest"])
def test_a_service_is_the_same_however_it_is_written(host: Path, service: str) -> None:
    switched_off(host, theirs("    auth_basic cameras;\n", path="/old/", service=service))
    (problem,) = problems(host, site())
    assert "auth_basic" in problem
    switched_off(host, theirs("    auth_basic cameras;\n", path="/old/", service=f"{SERVICE}:8080"))
    assert problems(host, site()) == []


@pytest.mark.parametrize("line", ["grpc_pass 192.168.0.10:50051", "proxy_pass http://192.168.0.10:50051"])
def test_a_service_is_the_same_by_grpc(host: Path, line: str) -> None:
    text = theirs("    auth_basic cameras;\n", path="/old/")
    switched_off(host, text.replace(f"proxy_pass {SERVICE}", line))
    (problem,) = problems(host, site(directives={"grpc_pass": "grpc://192.168.0.10:50051"}))
    assert "would be served without what protects /old/: auth_basic" in problem
    assert problems(host, site(directives={"grpc_pass": "grpc://192.168.0.10:50052"})) == []


SEVERAL = "upstream theirs {\n  server 192.168.0.9;\n  server 192.168.0.10:80 backup;\n}\n"


def test_a_service_is_found_in_every_block(host: Path) -> None:
    protected = theirs("    auth_basic cameras;\n", path="/old/", service="http://theirs/")
    switched_off(host, SEVERAL + protected)
    (problem,) = problems(host, site())
    assert "would be served without what protects /old/: auth_basic" in problem
    ours = site(directives={"proxy_pass": "http://ours"})
    ours["directives"] = {"upstream ours": {"server": ["192.168.0.10", "192.168.0.11"]}}
    assert problems(host, ours) == [problem]
    ours["directives"] = {"upstream ours": {"server": ["192.168.0.12", "192.168.0.11"]}}
    assert problems(host, ours) == []


@pytest.mark.parametrize(("socket", "is_lost"), [("/run/a.sock", True), ("/run/b.sock", False)])
def test_a_socket_is_a_service_of_its_own(host: Path, socket: str, is_lost: bool) -> None:
    switched_off(host, theirs("    auth_basic cameras;\n", path="/old/", service="http://unix:/run/a.sock:/x/"))
    found = problems(host, site(directives={"proxy_pass": f"http://unix:{socket}"}))
    assert [("auth_basic" in each) for each in found] == [True] * is_lost


@pytest.mark.parametrize(
    ("inside", "around", "lost"),
    [
        ("    auth_basic cameras;\n", "", ["auth_basic"]),
        ("", "  auth_basic house;\n", ["auth_basic"]),
        ("    allow 10.0.0.0/8;\n    deny all;\n", "", ["deny"]),
        ("    limit_req zone=a;\n    auth_request /auth;\n", "", ["limit_req", "auth_request"]),
        ("    auth_basic off;\n", "  auth_basic house;\n", []),
        ("    allow all;\n", "  deny all;\n", []),
        ("    gzip on;\n", "", []),
    ],
)
def test_a_file_that_was_switched_off_tells_what_it_protected(
    host: Path, inside: str, around: str, lost: list[str]
) -> None:
    path = switched_off(host, theirs(inside, around))
    found = problems(host, site())
    assert bool(found) is bool(lost)
    for name in lost:
        line = 1 + theirs(inside, around).splitlines().index(
            next(x for x in (inside + around).splitlines() if name in x)
        )
        assert f"{name} ({path}:{line})" in found[0]
    if lost:
        assert f"/zm/ would be served without what protects /zm/: {lost[0]}" in found[0]
        assert f"'drops: [{', '.join(lost)}]'" in found[0]
        assert problems(host, site(drops=lost)) == []


def test_a_limit_of_the_inventory_is_for_the_routes_that_say_it(host: Path) -> None:
    lines = "    limit_req zone=a;{}\n    limit_conn b 1;{}\n"
    switched_off(host, theirs(lines.format("", ""), path="/cameras/"))
    assert "limit_req" in problems(host, site())[0]
    mark = " # constellation.edge"
    switched_off(host, theirs(lines.format(mark, mark), path="/cameras/"))
    assert problems(host, site()) == []
    switched_off(host, theirs(lines.format(mark, ""), path="/cameras/"))
    assert "what protects /cameras/: limit_conn (" in problems(host, site())[0]


def test_a_service_that_moves_to_another_path_takes_its_protection_along(host: Path) -> None:
    switched_off(host, theirs("    deny all;\n", path="/cameras/"))
    assert "/zm/ would be served without what protects /cameras/" in problems(host, site())[0]
    switched_off(host, theirs("    deny all;\n", path="/cameras/", service="http://192.168.0.11"))
    assert problems(host, site()) == []


def test_a_second_way_to_a_protected_service_is_none_without_its_protection(host: Path) -> None:
    (host / "conf.d" / "a.conf").write_text(theirs("    auth_basic cameras;\n"))
    wanted = site("/cameras/")
    wanted |= {"adopt": True, "servers": [{**wanted["servers"][0], "adopted": {}}]}
    assert "/cameras/ would be served without what protects /zm/" in problems(host, wanted)[0]
    wanted["servers"][0]["drops"] = ["auth_basic"]
    assert problems(host, wanted) == []


@pytest.mark.parametrize(
    ("names", "protects"),
    [
        ("server_name _;", True),
        ("server_name *.test;", True),
        ("server_name .test;", True),
        ("server_name b.test;", False),
        ("", True),
    ],
)
def test_a_server_that_answers_for_a_name_without_bearing_it_counts(host: Path, names: str, protects: bool) -> None:
    other = "server { listen 443 ssl; }\n" if "b.test" in names else ""
    text = theirs("    auth_basic cameras;\n", path="/cameras/").replace("server_name a.test;", names)
    (host / "conf.d" / "a.conf").write_text(other + text)
    assert bool(problems(host, site())) is protects
    (host / "conf.d" / "b.conf").write_text("server { listen 443 ssl default_server; server_name c.test; }\n")
    assert bool(problems(host, site())) is ("*.test" in names or ".test" in names) & protects
    (host / "conf.d" / "a.conf").write_text(text.replace("listen 443 ssl", "listen 8443 ssl"))
    assert problems(host, site()) == []


def test_what_redirects_opens_nothing(host: Path) -> None:
    switched_off(host, theirs("    deny all;\n"))
    assert problems(host, site(directives={"return": "301 https://a.test/"})) == []


def test_the_loopback_is_the_loopback_by_whatever_name(host: Path) -> None:
    switched_off(host, theirs("    deny all;\n", path="/old/", service="http://localhost:8088/x/"))
    assert problems(host, site(directives={"proxy_pass": "http://127.0.0.1:8088"}))


def test_an_include_protects_too_and_is_named(host: Path) -> None:
    (host / "who.conf").write_text("include deeper.conf;\n")
    (host / "deeper.conf").write_text("deny all;\n")
    switched_off(host, theirs("    include who.conf;\n"))
    assert f"deny ({host}/deeper.conf)" in problems(host, site())[0]


def test_a_route_of_ours_that_is_renamed_keeps_what_its_owner_put_in(host: Path) -> None:
    certificates = Certificates(f"{host}/live", f"{host}/p")
    (change, _link) = site_module.plan([site()], root=str(host), certificates=certificates).changes
    assert isinstance(change, Write)
    path = host / "sites-available" / "a"
    path.write_bytes(change.content.replace(b"proxy_pass", b"deny 10.0.0.1;\n        proxy_pass"))
    (host / "sites-enabled" / "a").symlink_to(path)
    assert problems(host, site()) == []
    assert f"deny ({path}:" in problems(host, site("/cameras/"))[0]
    assert problems(host, site("/cameras/", drops=["deny"])) == []


def test_a_location_that_protects_in_its_own_way_is_no_loss(host: Path) -> None:
    switched_off(host, theirs("    deny all;\n"))
    assert problems(host, site(directives={"proxy_pass": SERVICE, "deny": "all"})) == []


def test_a_certificate_put_in_by_hand_is_not_replaced_without_a_word(host: Path) -> None:
    wanted = site()
    wanted["servers"][0]["certificate"] = "a"
    certificates = Certificates(f"{host}/live", f"{host}/p")
    (change, _link) = site_module.plan([wanted], root=str(host), certificates=certificates).changes
    assert isinstance(change, Write)
    path = host / "sites-available" / "a"
    own = host / "own.pem"
    own.touch()
    path.write_bytes(change.content.replace(f"{host}/p/a/fullchain.pem".encode(), str(own).encode()))
    (host / "sites-enabled" / "a").symlink_to(path)
    (problem,) = problems(host, wanted)
    assert f"{path}:" in problem
    assert f"{own} was put there by hand" in problem
    wanted["servers"][0]["drops"] = ["ssl_certificate"]
    assert problems(host, wanted) == []
    del wanted["servers"][0]["drops"]
    own.unlink()
    assert problems(host, wanted) == []


@pytest.mark.parametrize("says", ["root /srv/www;", "alias /srv/www/;"])
def test_files_that_were_protected_are_not_shown_without_it(host: Path, says: str) -> None:
    text = theirs("    auth_basic cameras;\n", path="/old/").replace(f"proxy_pass {SERVICE};", says)
    switched_off(host, text)
    assert "auth_basic" in problems(host, site(directives={"alias": "/srv/www/"}))[0]
    assert problems(host, site(directives={"alias": "/srv/other/"})) == []
    switched_off(host, text.replace("/old/", "/zm/"))
    assert "auth_basic" in problems(host, site(directives={"alias": "/srv/other/"}))[0]


def test_the_folder_of_challenges_is_everybodys(host: Path) -> None:
    switched_off(host, theirs("    deny all;\n", path="/x/").replace(f"proxy_pass {SERVICE};", f"root {WEBROOT};"))
    assert problems(host, site(directives={"root": WEBROOT})) == []
