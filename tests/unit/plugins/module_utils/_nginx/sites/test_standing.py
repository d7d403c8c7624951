# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an owner's location leads: an address, a socket, a block with one server or with several."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites.standing import standing

BLOCKS = """
upstream one { server 10.0.0.1:8080; keepalive 4; }
upstream socket { server unix:/run/a.sock; }
upstream two { zone two 64k; server 10.0.0.1:8080 weight=2; server unix:/run/b.sock backup; }
upstream none { zone none 64k; }
"""


@pytest.mark.parametrize(
    ("passed", "upstream", "servers"),
    [
        ("http://10.0.0.1/x/", "http://10.0.0.1/x/", []),
        ("http://one", "http://10.0.0.1:8080", []),
        ("http://one/x/", "http://10.0.0.1:8080/x/", []),
        ("http://unix:/run/a.sock:/x/", "http://unix:/run/a.sock:/x/", []),
        ("http://socket", "http://unix:/run/a.sock", []),
        ("http://socket/x/", "http://unix:/run/a.sock:/x/", []),
        ("http://two", "http://two", ["http://10.0.0.1:8080", "http://unix:/run/b.sock"]),
        ("http://two/x/", "http://two/x/", ["http://10.0.0.1:8080/x/", "http://unix:/run/b.sock:/x/"]),
        ("http://none", "http://none", []),
    ],
)
@pytest.mark.parametrize("is_main", [False, True])
def test_a_location_leads_to_each_server(
    tmp_path: Path, passed: str, upstream: str, servers: list[str], is_main: bool
) -> None:
    inside = f"location /a/ {{ proxy_pass {passed}; }}"
    server = f"server {{ listen 443 ssl; server_name a.test; {inside} }}"
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text(server if is_main else BLOCKS + server)
    (tmp_path / "nginx.conf").write_text(f"http {{ {BLOCKS if is_main else ''} include conf.d/*.conf; }}")
    ((location,),) = [each["locations"] for each in standing(str(tmp_path), ["a.test"])]
    assert (location["upstream"], location["servers"]) == (upstream, servers)


def test_one_without_a_service_leads_nowhere(tmp_path: Path) -> None:
    text = "http { server { listen 443 ssl; server_name a.test; location /a/ { return 404; } } }"
    (tmp_path / "nginx.conf").write_text(text)
    ((location,),) = [each["locations"] for each in standing(str(tmp_path), ["a.test"])]
    assert (location["upstream"], location["servers"]) == ("", [])
