# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`cache` of a route in nginx's files: beside an owner's lines, at the next run, and once it is taken out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._caches import shadowed
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.leaving import leaving_plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.plan import plan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.step import SitePlan
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import Block, parse
from ansible_collections.constellation.edge.plugins.module_utils._transaction.changes import Link, Write
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

ROUTE = {"path": "/x/", "upstream": "http://127.0.0.1:1", "prefix": "strip"}
CACHED = {**ROUTE, "cache": {"types": ["images"]}}
WHOLE = {**ROUTE, "cache": "1g", "buffering": True}
NESTED = r"location ~* \.(?:"
OWN = (
    "server {\n    listen 80;\n    listen [::]:80;\n    server_name a.example.org;\n"
    "    location / { return 301 https://$host$request_uri; }\n}\n"
    "server {\n    listen 443 ssl;\n    listen [::]:443 ssl;\n    server_name a.example.org;\n"
    "    ssl_certificate /etc/ssl/own.pem;\n    ssl_certificate_key /etc/ssl/own.key;\n"
    "    location /x/ {\n        auth_basic house;\n        proxy_cache theirs;\n"
    "        proxy_pass http://127.0.0.1:1/;\n    }\n"
    "    location /y/ {\n        proxy_cache theirs;\n        proxy_cache_valid 10m;\n    }\n}\n"
)


def sites(route: dict[str, Any], **said: Any) -> list[dict[str, Any]]:
    """Return `edge_sites` with one route."""
    return [{"server_name": "a.example.org", "routes": [route], **said}]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return nginx's folder."""
    for name in ("sites-available", "sites-enabled", "conf.d", "constellation-edge"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(
        "events {}\nhttp {\n    include conf.d/*.conf;\n    include sites-enabled/*;\n}\n"
    )
    return tmp_path


def planned(root: Path, given: list[dict[str, Any]]) -> SitePlan:
    """Return what a run would do."""
    return plan(
        nginx_sites(read_sites(given, {"generic": {}}), Host(Platform((1, 26, 3), (3, 5, 5), True))), root=str(root)
    )


def come(root: Path, given: list[dict[str, Any]] | None) -> None:
    """Do what a run does to nginx's files, or what leaving does."""
    found = leaving_plan(str(root)) if given is None else planned(root, given)
    assert not found.problems, found.problems
    for change in found.changes:
        path = Path(change.path)
        path.unlink(missing_ok=True)
        if isinstance(change, Link):
            path.symlink_to(change.target)
        elif isinstance(change, Write):
            path.write_bytes(change.content)


def texts(root: Path) -> dict[str, str]:
    """Return the texts of all files."""
    return {str(path): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def due(root: Path, given: list[dict[str, Any]]) -> list[str]:
    """Return the files that another run would change."""
    return [change.path for change in planned(root, given).changes]


@pytest.mark.parametrize("route", [CACHED, WHOLE])
@pytest.mark.parametrize("adopt", [False, True])
def test_the_next_run_changes_nothing(root: Path, route: dict[str, Any], adopt: bool) -> None:
    if adopt:
        # A cache of his own for all answers is refused, see below.
        own = OWN.replace("        proxy_cache theirs;\n", "", 1) if route is WHOLE else OWN
        (root / "conf.d" / "own.conf").write_text(own)
    come(root, sites(route, adopt=adopt))
    assert due(root, sites(route, adopt=adopt)) == []


def test_an_owners_cache_of_the_location_is_told(root: Path) -> None:
    (root / "conf.d" / "own.conf").write_text(OWN)
    (problem,) = planned(root, sites(WHOLE, adopt=True)).problems
    assert "`proxy_cache theirs` of yours is not what constellation.edge is to write" in problem


@pytest.mark.parametrize("route", [CACHED, WHOLE])
def test_without_the_key_it_is_as_it_was(root: Path, route: dict[str, Any]) -> None:
    plain = {**route}
    del plain["cache"]
    come(root, sites(plain))
    before = texts(root)
    come(root, sites(route))
    assert texts(root) != before
    come(root, sites(plain))
    assert texts(root) == before


def test_what_an_owner_wrote_into_the_location_counts_for_its_files(root: Path) -> None:
    """A login is passed on to the location in it by nginx; what stood there by hand stays."""
    come(root, sites(CACHED))
    path = root / "sites-available" / "a.example.org"
    login = "auth_basic house; auth_basic_user_file /etc/nginx/users;"
    path.write_text(path.read_text().replace("location /x/ { # constellation.edge", f"location /x/ {{ {login}"))
    come(root, sites(CACHED))
    _before, begin, rest = path.read_text().partition("location /x/ {")
    around, nested, _files = rest.partition(NESTED)
    assert begin
    assert nested
    assert "auth_basic house;" in around


def test_an_adopted_server_keeps_its_login_and_its_own_caches(root: Path) -> None:
    own = root / "conf.d" / "own.conf"
    own.write_text(OWN)
    come(root, sites(CACHED, adopt=True))
    text = own.read_text()
    location = text.partition("location /x/ {")[2].partition("location /y/ {")[0]
    assert location.index("auth_basic house;") < location.index(NESTED)
    assert "X-Accel-Expires" in location.partition(NESTED)[2]
    assert OWN[OWN.index("    location /y/") :].removesuffix("}\n") in text
    come(root, None)
    assert NESTED not in own.read_text()
    assert "proxy_cache_path" not in "".join(texts(root).values())


def test_lines_of_the_owners_own_beside_the_key_are_refused(root: Path) -> None:
    come(root, sites({**ROUTE, "buffering": True}))
    path = root / "sites-available" / "a.example.org"
    path.write_text(
        path.read_text().replace("        proxy_pass", "        proxy_cache_valid 10m;\n        proxy_pass")
    )
    assert due(root, sites({**ROUTE, "buffering": True})) == []
    found = planned(root, sites(WHOLE))
    assert "proxy_cache_valid" in found.problems[0]


DENY = "location ~ /\\.ht { deny all; }"


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("included", [False, True])
def test_an_expression_of_an_owners_that_would_not_be_asked_is_told(root: Path, adopt: bool, included: bool) -> None:
    if adopt:
        (root / "conf.d" / "own.conf").write_text(OWN)
    come(root, sites(ROUTE, adopt=adopt))
    path = root / ("conf.d/own.conf" if adopt else "sites-available/a.example.org")
    (root / "deny").write_text(DENY)
    said = f"include {root}/deny;" if included else DENY
    path.write_text(path.read_text().replace("    location /x/ {", f"    {said}\n    location /x/ {{"))
    # In an owner's server the location is as he has it.
    for route in (ROUTE,) if adopt else (ROUTE, WHOLE, {**CACHED, "path": "^~ /x/"}):
        assert not planned(root, sites(route, adopt=adopt)).problems
    (problem,) = planned(root, sites(CACHED, adopt=adopt)).problems
    assert f"{path}: location ~ /\\.ht would no longer count for the files of `cache`" in problem


@pytest.mark.parametrize("line", ["if ($http_x) { return 403; }", "rewrite ^/x/a /x/b;", "set $a b;"])
def test_a_condition_of_an_owners_that_would_not_count_is_told(root: Path, line: str) -> None:
    come(root, sites(ROUTE))
    path = root / "sites-available" / "a.example.org"
    head = "location /x/ { # constellation.edge\n"
    assert head in path.read_text()
    path.write_text(path.read_text().replace(head, f"{head}        {line}\n"))
    assert not planned(root, sites(ROUTE)).problems
    (problem,) = planned(root, sites(CACHED)).problems
    assert f"{line.partition(' {')[0].rstrip(';')}" in problem
    assert "in location /x/ would not count for the files of `cache` (location ~* " in problem


def test_what_the_key_raw_says_counts_in_both(root: Path) -> None:
    given = sites({**CACHED, "raw": "if ($http_x) { return 403; }"})
    come(root, given)
    assert due(root, given) == []
    text = (root / "sites-available" / "a.example.org").read_text()
    assert text.count("include /etc/nginx/constellation-edge/") == 2
    (condition,) = (root / "constellation-edge").glob("raw-*")

    def includes(pattern: str) -> list[tuple[str, Block]]:
        """Read the one file, from there or from somewhere else."""
        assert pattern.endswith(condition.name)
        return [(where.format(condition.name), parse(condition.read_text()))]

    where = "/etc/nginx/constellation-edge/{}"
    assert [*shadowed(parse(text), includes)] == []
    where = "/etc/nginx/snippets/{}"
    assert [told.partition(" would")[0] for told in shadowed(parse(text), includes)] == ["if ($http_x) in location /x/"]


def test_a_site_that_answers_in_clear_has_it_on_both_ports(root: Path) -> None:
    given = sites(CACHED, http="serve")
    come(root, given)
    assert due(root, given) == []
    assert (root / "sites-available" / "a.example.org").read_text().count(NESTED) == 2


def test_a_file_that_stays_with_its_owner_has_all_that_its_cache_needs(root: Path) -> None:
    come(root, sites(CACHED))
    path = root / "sites-available" / "a.example.org"
    path.write_text(
        path.read_text().replace("    location /x/ {", "    location /mine/ { return 204; }\n    location /x/ {")
    )
    come(root, None)
    text = path.read_text()
    assert "location /mine/" in text
    assert "proxy_cache_path /var/cache/constellation-edge-a.example.org-" in text
    defined = {f"${name}" for name in re.findall(r"\(\?<(\w+)>", text)}
    defined |= set(re.findall(r"^(?:map|geo) [^{]*?(\$\w+) {", text, re.MULTILINE))
    used = set(re.findall(r"\$(?:constellation|home)_edge\w*", text))
    assert "$home_edge_all" in used
    assert used - defined == set()
