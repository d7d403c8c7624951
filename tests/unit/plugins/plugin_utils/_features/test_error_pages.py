# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of a site for what nginx itself answers: what is read of them, what is refused, and what goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

HOST = Host(Platform((1, 28, 3), (3, 5, 5), True))
ERROR = "/.constellation-edge/error"


def declared(given: object, **more: Any) -> dict[str, Any]:
    said = {} if given is None else {"error_pages": given}
    routes = [{"path": "/", "upstream": "http://192.168.0.10:8080"}]
    sites = read_sites([{"server_name": "a.example.org", "routes": routes, **said, **more}], {"generic": {}})
    _common, site = nginx_sites(sites, HOST)
    return site


def written(site: dict[str, Any], before: str = "") -> str:
    (wanted,) = _declaration.sites([site])
    pair = ("/c", "/k")
    return str(edit_site(before or None, wanted, "s", lambda _name: pair, lambda _path: True, purge=True))


@pytest.fixture
def page(tmp_path: Path) -> str:
    file = tmp_path / "off.html"
    file.write_text("<p>Gute Nacht, $user ü</p>\n", encoding="utf-8")
    return str(file)


def test_without_the_key_a_site_is_as_it_was() -> None:
    assert declared(False) == declared(None)
    assert "files" not in declared(True)


@pytest.mark.parametrize("status", [502, "502"])
def test_an_own_page_is_a_file_beside_the_site(page: str, status: object) -> None:
    site = declared({status: page})
    ((name, text),) = site["files"].items()
    assert text == Path(page).read_text(encoding="utf-8")
    own = next(each for each in site["servers"][1]["locations"] if each["location"] == f"= {ERROR}/502")
    assert own["directives"]["alias"] == f"/etc/nginx/constellation-edge/{name}"


def test_what_the_key_wrote_goes_with_it(page: str) -> None:
    plain = written(declared(None))
    with_pages = written(declared({502: page, 404: page}), plain)
    assert with_pages.count("alias /etc/nginx/constellation-edge/error-") == 2
    assert written(declared({404: page}), with_pages).count("alias") == 1
    assert written(declared(None), with_pages) == plain


def test_a_page_of_ours_has_the_headers_of_the_site() -> None:
    locations = declared(True)["servers"][1]["locations"]
    (own,) = (each for each in locations if each["location"] == f"^~ {ERROR}/")
    names = [line.partition(" ")[0] for line in own["marked"]["add_header"]]
    assert {"Strict-Transport-Security", "Content-Security-Policy", "Cache-Control"} <= {*names}
    assert own["adopted"]["marked"] == {"add_header": ["Cache-Control no-store always"]}


def test_in_an_owners_server_ours_are_beside_his() -> None:
    before = (
        "server {\n    listen 443 ssl;\n    server_name a.example.org;\n    error_page 404 /missing.html;\n"
        "    location / {\n        proxy_pass http://192.168.0.10:8080;\n    }\n}\n"
    )
    with_pages = written(declared(True, adopt=True), before)
    assert f"error_page 502 {ERROR}; # constellation.edge" in with_pages
    assert "error_page 404 /missing.html;\n" in with_pages
    assert f"location ^~ {ERROR}/ {{" in with_pages
    without = written(declared(None, adopt=True), with_pages)
    assert without == written(declared(None, adopt=True), before)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("yes", "error_pages must be true, false, or a mapping such as {502: FILE}, not text"),
        ({}, "error_pages must be true, false, or a mapping"),
        ({200: "x"}, "'200' is no status that nginx itself answers with: write one of `400`"),
        ({502: "/nowhere/off.html"}, "502: '/nowhere/off.html' cannot be read on the controller (No such file"),
        ({502: 7}, "502: must be the path of a file with the page, not a number"),
    ],
)
def test_what_is_no_page_is_refused(given: object, said: str) -> None:
    with pytest.raises(SchemaError) as refused:
        declared(given)
    assert said in str(refused.value)
    assert "site a.example.org" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" \n", "is empty"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"a\0b", "is no text"),
        (b"a" * 300_000, "is larger than"),
    ],
)
def test_a_file_that_is_no_page_is_refused(page: str, content: bytes, said: str) -> None:
    Path(page).write_bytes(content)
    with pytest.raises(SchemaError, match=said):
        declared({502: page})
