# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client sees, through nginx, of what a service says about itself."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx import wanted_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.platform import Platform

from judge.nginx import PORT, Judge

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8081, 8088
SEEN = "$upstream_http_strict_transport_security|$upstream_http_x_powered_by|$upstream_http_x_own"


def configuration(*, hsts: bool) -> bytes:
    """Return a whole configuration: a client that tells in a page what it was told, the site, and the service."""
    route = {"path": "/", "upstream": f"http://{HOST}:{SERVICE}"}
    sites = read_sites([{"server_name": NAME, "hsts": hsts, "routes": [route]}], {"generic": {}})
    common, site = nginx_sites(sites, Platform((1, 18, 0), (3, 0), False), {})
    https = site["servers"][1]
    headers = {"add_header": https["directives"]["add_header"]}
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": https["locations"], "directives": headers}]
    (wanted,) = wanted_site.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    client = (
        f"server {{ listen {HOST}:{PORT}; proxy_intercept_errors on; error_page 302 = @told;\n"
        f"location / {{ proxy_pass http://{HOST}:{PROXY}; proxy_set_header Host {NAME}; }}\n"
        f'location @told {{ return 200 "{SEEN}"; }} }}\n'
    )
    service = (
        f"server {{ listen {HOST}:{SERVICE}; location / {{ return 302 /x; }}\n"
        "add_header Strict-Transport-Security max-age=0 always; add_header X-Powered-By PHP/5.3 always;\n"
        "add_header X-Own yes always; }\n"
    )
    http = f"access_log off;\n{common['directives']}\n{text}{client}{service}"
    return f"events {{}}\nhttp {{ {http} }}\n".encode()


@pytest.mark.parametrize(("hsts", "told"), [(True, "max-age=63072000"), (False, "")])
def test_the_site_decides_on_hsts_and_nobody_tells_of_his_program(judge: Judge, hsts: bool, told: str) -> None:
    (body,) = judge.serve({"nginx.conf": configuration(hsts=hsts)}, ["/"])
    assert body.decode() == f"{told}||yes"
