# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compressed answers: what each format switches on, what a host does not have, and what stays out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import NO_SERVER
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.plan import edge_plan
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.repeated import repeated_problems

HOST = {"nginx_version": "1.26.3", "openssl_version": "3.5", "ipv6": True}
BROTLI = {**HOST, "nginx_modules": ["ngx_http_brotli_filter_module", "ngx_http_brotli_static_module"]}
BOTH = {**HOST, "nginx_modules": ["ngx_http_brotli_filter_module", "zstd-nginx-module"]}
ROUTES = [{"path": "/", "upstream": "http://192.168.0.10"}]


def written(compression: Any, **keys: Any) -> list[dict[str, Any]]:
    """Return `edge_sites` with a site that says this."""
    return [{"server_name": "a.example.org", "routes": ROUTES, "compression": compression, **keys}]


def planned(compression: Any, host: dict[str, Any], **keys: Any) -> tuple[dict[str, Any], list[str]]:
    """Return what `nginx_site` is given for the site, and the notes."""
    plan = edge_plan(read_sites(written(compression, **keys), {"generic": {}}), host)
    return plan["nginx_sites"][1], plan["notes"]


def switches(compression: Any, host: dict[str, Any]) -> dict[str, str]:
    """Return what the file says of each format."""
    (text,) = planned(compression, host)[0]["files"].values()
    lines = (line.rstrip(";").split(" ", 1) for line in text.splitlines())
    return {name: value for name, value in lines if name in ("gzip", "brotli", "zstd")}


@pytest.mark.parametrize(
    ("said", "host", "found"),
    [
        (False, HOST, {"gzip": "off"}),
        ("off", BROTLI, {"gzip": "off", "brotli": "off"}),
        ("gzip", HOST, {"gzip": "on"}),
        ("gzip", BROTLI, {"gzip": "on", "brotli": "off"}),
        ("brotli", BROTLI, {"gzip": "off", "brotli": "on"}),
        ("brotli", HOST, {"gzip": "off"}),
        (["zstd", "brotli", "gzip"], BOTH, {"gzip": "on", "brotli": "on", "zstd": "on"}),
        (["zstd", "brotli", "gzip"], {**HOST, "nginx_modules": ["ngx_http_brotli_static_module"]}, {"gzip": "on"}),
    ],
)
def test_each_format_is_switched_where_the_host_has_it(said: Any, host: dict[str, Any], found: dict[str, str]) -> None:
    assert switches(said, host) == found


def test_what_streams_or_is_edited_is_not_compressed_and_proxies_of_the_client_are_served() -> None:
    (text,) = planned(["gzip", "brotli"], BROTLI)[0]["files"].values()
    assert "gzip_proxied any;" in text
    assert "brotli_min_length 512;" in text
    (types,) = (line for line in text.splitlines() if line.startswith("brotli_types"))
    assert "text/css" in types
    assert not {"text/event-stream", "application/json", "*"} & {*types.rstrip(";").split()}


def test_without_the_key_nothing_is_written() -> None:
    site = edge_plan(read_sites([{"server_name": "a.example.org", "routes": ROUTES}], {"generic": {}}), BROTLI)
    assert "files" not in site["nginx_sites"][1]
    assert "include" not in site["nginx_sites"][1]["servers"][1]["directives"]


def test_an_owners_server_gets_the_lines_one_by_one() -> None:
    site, _notes = planned("gzip", BROTLI, adopt=True)
    directives = site["servers"][1]["adopted"]["directives"]
    assert "files" not in site
    assert "include" not in directives
    assert {"gzip": "on", "brotli": "off", "gzip_vary": "on", "gzip_proxied": "any"}.items() <= directives.items()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "brotli",
            "a.example.org is not compressed at all: this nginx has no module for brotli (for brotli, the package",
        ),
        (
            ["gzip", "zstd"],
            "a.example.org is compressed by gzip alone: this nginx has no module for zstd (for zstd, none",
        ),
    ],
)
def test_what_the_host_does_not_have_is_told(said: Any, words: str) -> None:
    (note,) = planned(said, HOST)[1]
    assert note.startswith(words)
    assert planned(said, BOTH)[1] == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("gzpi", "compression must be `off`, `gzip`, `brotli`, `zstd`, or a list of these formats, not 'gzpi'"),
        (True, "compression must be `off`, `gzip`, `brotli`, `zstd`, or a list of these formats, not True"),
        ([], "compression must be `off`, `gzip`, `brotli`, `zstd`, or a list of these formats, not a list"),
        (["gzip", "off"], "compression must be `off`, `gzip`, `brotli`, `zstd`, or a list of these formats, not 'off'"),
        ({"gzip": 5}, "compression must be `off`, `gzip`, `brotli`, `zstd`, or a list of these formats, not {"),
        (["gzip", "gzip"], "compression names 'gzip' twice: take one out"),
    ],
)
def test_what_is_no_format_is_refused(said: Any, text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read_sites(written(said), {"generic": {}})
    (problem,) = caught.value.problems
    assert problem.place == "site a.example.org"
    assert problem.text.startswith(text)


def test_raw_is_sent_to_the_key() -> None:
    with pytest.raises(SchemaError, match="raw: 'gzip': write it as `compression: FORMAT`, or a list"):
        read_sites(written("gzip", raw="gzip on;"), {"generic": {}})
    entries = written("gzip", raw="gzip_types text/plain;")
    (problem,) = repeated_problems(entries, read_sites(entries, {"generic": {}}), HOST, NO_SERVER)
    assert problem.text.startswith("raw: 'gzip_types' is set by the site itself")


OWNERS = """server {
    listen 443 ssl;
    server_name a.example.org;
    ssl_certificate /x;
    gzip off; # it is a small machine
    location / { return 204; }
}
"""


def test_what_an_owner_says_of_it_in_his_server_stays_and_is_told() -> None:
    notes: list[str] = []

    def run(before: str, compression: Any) -> str:
        (site,) = _declaration.sites([planned(compression, BROTLI, adopt=True)[0]])
        lineage = ("/c", "/k")
        after = edit_site(before, site, "s", lambda _name: lineage, lambda _path: True, purge=True, notes=notes)
        assert after
        return after

    after = run(OWNERS, ["gzip", "brotli"])
    assert "gzip off; # it is a small machine" in after
    assert "gzip on;" not in after
    assert "brotli on; # constellation.edge" in after
    assert any(note.startswith("s:1: ") and " gzip " in note for note in notes)
    assert run(after, ["gzip", "brotli"]) == after
    off = run(after, "off")
    assert "brotli off;" in off
    assert "brotli_types" not in off
