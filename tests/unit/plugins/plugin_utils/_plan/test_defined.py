# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a site and a file of the host's owner both define, as the host tells and as the owner is told."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import definitions as on_host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._plan.defined import defined_problems, definitions

RAW = "map $http_upgrade $connection_upgrade { default upgrade; '' close; } upstream app { server 127.0.0.1:9; }"
ENTRIES = [
    {
        "server_name": "a.example.org",
        "raw_http": RAW,
        "routes": [{"path": "/", "upstream": "http://192.168.0.10"}],
    }
]
SITES = read_sites(ENTRIES, {"generic": {}})
NAMES = ["upstream app", "variable connection_upgrade"]


def test_the_host_is_asked_for_each_name() -> None:
    assert definitions(SITES) == NAMES


def test_what_an_owners_file_defines_is_found_and_our_own_file_is_not_taken_for_his(tmp_path: Path) -> None:
    for name in ("conf.d", "constellation-edge"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(
        f"http {{\n  include conf.d/*.conf;\n  include {tmp_path}/constellation-edge/raw_http.conf;\n"
        "  geo $Connection_Upgrade { default 1; }\n  server { set $app 1; }\n}\n"
    )
    (tmp_path / "conf.d" / "maps.conf").write_text(f"# mine\n{RAW}\n")
    (tmp_path / "conf.d" / "broken.conf").write_text("map {")
    (tmp_path / "constellation-edge" / "raw_http.conf").write_text(RAW)
    assert on_host.definitions(str(tmp_path), [*NAMES, "zone other"]) == {
        "variable connection_upgrade": [f"{tmp_path}/nginx.conf:4", f"{tmp_path}/conf.d/maps.conf:2"],
        "upstream app": [f"{tmp_path}/conf.d/maps.conf:2"],
    }


def test_it_is_refused_with_the_place() -> None:
    (problem,) = defined_problems(ENTRIES, SITES, {"variable connection_upgrade": ["/etc/nginx/conf.d/maps.conf:2"]})
    assert (problem.place, problem.value) == ("site a.example.org", ENTRIES[0])
    assert problem.text.startswith(
        "raw_http: variable connection_upgrade is defined in /etc/nginx/conf.d/maps.conf:2, too, and all sites"
    )
    assert defined_problems(ENTRIES, SITES, {}) == []
