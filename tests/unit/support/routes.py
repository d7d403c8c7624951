# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site's file says for a route, in an owner's server and in one of ours."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._adopted import http_headers
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.inclusion import nothing_included
from ansible_collections.constellation.edge.plugins.module_utils._nginx.text.tree import parse, walk
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import SchemaError, read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

HOST = Host(Platform((1, 28, 3), (3, 5, 5), True))
ROUTE = {"path": "/zm/", "upstream": "http://192.168.0.10"}
THEIRS = """\
server {
    listen 443 ssl;
    server_name home.example.org;
    ssl_certificate /etc/ssl/mine.pem;
    ssl_certificate_key /etc/ssl/mine.key;
    add_header X-Theirs "1" always;
    add_header Referrer-Policy same-origin;

    location /zm/ {
        proxy_pass http://192.168.0.10;
    }
}
"""


def sites(route: dict[str, Any], **site: Any) -> list[Any]:
    """Return the site of a route, which is `ROUTE` with other keys; one of None is taken out."""
    whole = {key: value for key, value in (ROUTE | route).items() if value is not None}
    return read_sites([{"server_name": "home.example.org", "routes": [whole], **site}], {"generic": {}})


def refused(**route: Any) -> str:
    with pytest.raises(SchemaError) as error:
        sites(route)
    (problem,) = error.value.problems
    return problem.text


def written(before: str | None, route: dict[str, Any], http: str = "", **site: Any) -> str:
    """Return a site's file after a run, which a second one leaves as it is."""
    (wanted,) = _declaration.sites(nginx_sites(sites(route, **site), HOST)[1:])
    headers = http_headers(parse(f"http {{ {http} }}"), nothing_included)

    def run(text: str | None) -> str:
        pair = (lambda name: (f"/{name}/c", f"/{name}/k"), lambda _path: True)
        return edit_site(text, wanted, "s", *pair, purge=True, headers=headers) or ""

    text = run(before)
    assert run(text) == text
    return text


def lines(text: str, name: str, path: str = "/zm/") -> list[str]:
    """Return the arguments of a location's directives of a name."""
    (location,) = [each for each, _depth in walk(parse(text)) if each.name == "location" and each.args == [path]][-1:]
    assert location.block is not None
    return [" ".join(each.args) for each in location.block.body if each.name == name]
