# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of ours out of nginx's files, from states in which owners leave their hosts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.leaving import (
    Found,
    leaving_plan,
    standing_files,
)
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tokens import ConfigError
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Link, Remove, Write
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

MARK = "# constellation.edge"
MAIN = """user www-data;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 768; }
http {
    access_log /var/log/nginx/access.log;
    include conf.d/*.conf;
    include sites-enabled/*;
}
"""
DEFAULT = "server {\n\tlisten 80 default_server;\n\tlisten [::]:80 default_server;\n\troot /var/www/html;\n}\n"
OWN = "server {\n    listen 80;\n    server_name own.example.org;\n    root /srv/own;\n}\n"
SITES = [
    {"server_name": "a.example.org", "routes": [{"path": "/x/", "upstream": "http://127.0.0.1:1", "prefix": "strip"}]}
]


def declaration(sites: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what `edge_plan` hands to `nginx_site`."""
    platform = Platform((1, 26, 3), (3, 5, 5), True)
    return nginx_sites(read_sites(sites, {"generic": {}}), Host(platform))


def carry_out(result: SitePlan) -> None:
    """Do to the disk what a plan says."""
    assert not result.problems, result.problems
    for change in result.changes:
        path = Path(change.path)
        if isinstance(change, Remove):
            path.unlink(missing_ok=True)
        elif isinstance(change, Link):
            path.unlink(missing_ok=True)
            path.symlink_to(change.target)
        else:
            assert isinstance(change, Write)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(change.content)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return nginx's folder as the distribution leaves it, with a site of an owner's."""
    for name in ("sites-available", "sites-enabled", "conf.d", "modules-enabled"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(MAIN.replace("/etc/nginx", str(tmp_path)))
    (tmp_path / "sites-available" / "default").write_text(DEFAULT)
    (tmp_path / "sites-enabled" / "default").symlink_to(tmp_path / "sites-available" / "default")
    (tmp_path / "conf.d" / "own.conf").write_text(OWN)
    return tmp_path


def texts(root: Path) -> dict[str, str]:
    """Return every file and link below a folder."""
    return {
        str(path.relative_to(root)): os.readlink(path) if path.is_symlink() else path.read_text("latin-1")
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def come(root: Path, sites: list[dict[str, Any]] | None = None) -> None:
    """Do what a run does to nginx's files."""
    given = declaration(SITES if sites is None else sites)
    carry_out(plan(given, root=str(root), main={"worker_shutdown_timeout": "1h"}, worker_connections=4096))


def leave(root: Path, found: Found | None = None) -> SitePlan:
    """Do what leaving does; a second time there is nothing left to do."""
    result = leaving_plan(str(root), found)
    carry_out(result)
    left = texts(root)
    again = leaving_plan(str(root), found)
    carry_out(again)
    assert texts(root) == left
    assert MARK not in "".join(left.values())
    return result


def test_leaving_gives_back_every_byte(root: Path) -> None:
    before, found = texts(root), standing_files(str(root))
    come(root)
    (root / "sites-enabled" / "default").unlink()
    assert texts(root) != before
    assert leave(root, found).notes == []
    assert texts(root) == before


def test_the_default_site_stays_off_where_another_one_has_its_addresses(root: Path) -> None:
    found = standing_files(str(root))
    come(root)
    (root / "sites-enabled" / "default").unlink()
    (root / "conf.d" / "later.conf").write_text("server { listen 80 default_server; return 204; }\n")
    assert "is not put back" in leave(root, found).notes[0]
    assert not (root / "sites-enabled" / "default").exists()


def test_a_log_format_that_an_owner_uses_becomes_his(root: Path) -> None:
    come(root)
    mine = root / "sites-available" / "mine"
    mine.write_text(
        "server {\n    listen 80;\n    server_name mine.example.org;\n"
        "    access_log /var/log/nginx/mine.log constellation_edge;\n}\n"
    )
    (root / "sites-enabled" / "mine").symlink_to(mine)
    notes = leave(root).notes
    assert "log home_edge" in notes[0]
    text = mine.read_text()
    assert text.startswith("# Needed by lines of yours")
    assert text.index("log_format home_edge '") < text.index("access_log /var/log/nginx/mine.log home_edge;")
    assert "map $request_uri $home_edge_path {" in text
    assert "constellation_edge" not in text
    assert not (root / "sites-available" / "00-constellation-edge").exists()


def test_a_file_of_ours_with_a_block_of_the_owners_stays_whole_and_works_without_us(root: Path) -> None:
    come(root)
    path = root / "sites-available" / "a.example.org"
    text = path.read_text()
    path.write_text(text.replace("    location /x/ {", "    location /own/ { root /srv; }\n\n    location /x/ {", 1))
    result = leave(root)
    assert "stays whole and is yours from now on" in result.notes[0]
    text = path.read_text()
    assert "location /own/ { root /srv; }" in text
    assert "location /x/ {" in text
    assert "/var/lib/constellation-edge" not in text
    assert "constellation_edge_upgrade" not in text
    assert "map $constellation" not in text
    assert (root / "sites-enabled" / "a.example.org").exists()
    assert not (root / "sites-enabled" / "00-constellation-edge").exists()


def test_what_an_owner_put_beside_our_shared_definitions_stays_alone(root: Path) -> None:
    come(root)
    path = root / "sites-available" / "00-constellation-edge"
    path.write_text(path.read_text() + "\nserver {\n    listen 81;\n}\n")
    leave(root)
    assert path.read_text().strip() == "server {\n    listen 81;\n}"
    assert (root / "sites-enabled" / "00-constellation-edge").exists()


def test_a_server_that_its_owner_marked_by_hand_stays(root: Path) -> None:
    found = standing_files(str(root))
    own = root / "conf.d" / "own.conf"
    own.write_text(OWN.replace("server {", f"server {{ {MARK}"))
    come(root)
    leave(root, found)
    assert own.read_text() == OWN


def test_a_file_that_was_there_before_us_stays_even_when_all_in_it_is_marked(root: Path) -> None:
    own = root / "sites-available" / "own"
    own.write_text(OWN.replace("own.example", "other.example"))
    (root / "sites-enabled" / "own").symlink_to(own)
    found = standing_files(str(root))
    come(root)
    own.write_text(own.read_text().replace("server {", f"server {{ {MARK}"))
    leave(root, found)
    assert own.read_text() == OWN.replace("own.example", "other.example")


def test_what_was_switched_off_is_switched_off_again(root: Path) -> None:
    off = root / "sites-available" / "a.example.org"
    off.write_text("server {\n    listen 81;\n    server_name x.example.org;\n    return 204;\n}\n")
    before = texts(root)
    found = standing_files(str(root))
    assert found.switched_off == ["a.example.org"]
    come(root)
    assert (root / "sites-enabled" / "a.example.org").exists()
    leave(root, found)
    assert texts(root) == before


def test_an_adopted_server_keeps_what_its_owner_wrote(root: Path) -> None:
    own = (
        "server {\n    listen 80;\n    listen [::]:80;\n    server_name a.example.org;\n"
        "    location / { return 301 https://$host$request_uri; }\n}\n"
        "server {\n    listen 443 ssl;\n    listen [::]:443 ssl;\n    server_name a.example.org;\n"
        "    ssl_certificate /etc/ssl/own.pem;\n    ssl_certificate_key /etc/ssl/own.key;\n"
        "    location /x/ {\n        auth_basic house;\n        proxy_pass http://127.0.0.1:1/;\n    }\n"
        "    location /y/ { return 204; }\n}\n"
    )
    (root / "conf.d" / "own.conf").write_text(own)
    come(root, [{**SITES[0], "adopt": True}])
    leave(root)
    text = (root / "conf.d" / "own.conf").read_text()
    assert "auth_basic house;" in text
    assert "proxy_pass http://127.0.0.1:1/;" in text
    assert "constellation_edge" not in text
    assert "acme-challenge" not in text


@pytest.mark.parametrize("said", ["", f"  {MARK}"])
def test_a_switched_off_file_that_nginx_could_not_read_stays(root: Path, said: str) -> None:
    come(root)
    (root / "sites-available" / "torn").write_text(f"server {{ listen 80;{said}\n")
    (root / "sites-available" / "folder").mkdir()
    result = leaving_plan(str(root))
    carry_out(result)
    assert (root / "sites-available" / "torn").read_text() == f"server {{ listen 80;{said}\n"
    told = [note for note in result.notes if "torn stays as it is, with lines of ours" in note]
    assert len(told) == bool(said)


def test_a_file_that_nginx_reads_and_cannot_is_an_error_with_its_place(root: Path) -> None:
    come(root)
    (root / "sites-available" / "torn").write_text("server { listen 80;\n")
    (root / "sites-enabled" / "torn").symlink_to(root / "sites-available" / "torn")
    with pytest.raises(ConfigError, match=r"sites-enabled/torn:2: .*unexpected end of file"):
        leave(root)


def test_the_room_for_long_names_goes(root: Path) -> None:
    before = (root / "nginx.conf").read_bytes()
    sites = [{**SITES[0], "server_name": f"{'a' * 40}.example.org"}]
    come(root, sites)
    assert b"server_names_hash_bucket_size" in (root / "nginx.conf").read_bytes()
    leave(root)
    assert (root / "nginx.conf").read_bytes() == before


def test_an_owners_location_stays_whole_where_the_service_has_a_path_of_its_own(root: Path) -> None:
    location = "    location /x/ {\n        proxy_pass http://127.0.0.1:1/y/;\n    }\n"
    own = f"server {{\n    listen 443 ssl;\n    server_name a.example.org;\n{location}}}\n"
    (root / "conf.d" / "own.conf").write_text(own)
    found = standing_files(str(root))
    route = {"path": "/x/", "upstream": "http://127.0.0.1:1/y/"}
    come(root, [{"server_name": "a.example.org", "adopt": True, "routes": [route]}])
    leave(root, found)
    left = (root / "conf.d" / "own.conf").read_text()
    assert "proxy_pass http://127.0.0.1:1/y$constellation_edge_rest;" in left
    assert "if ($request_uri !~ ^/+x(?<constellation_edge_rest>/.*)) {" in left
    assert "constellation_edge_climbs" not in left
