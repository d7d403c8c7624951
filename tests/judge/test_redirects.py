# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a service's redirects and cookies lead, through nginx: to the same place below the route's path.

Case C8 is among them: an origin with the port inside the service's container, without a path, and without a scheme.
"""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import PORT, Judge

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE = 8081, 8088
ROUTES = [
    {"path": "/s/", "prefix": "strip", "upstream": f"http://{HOST}:{SERVICE}"},
    {"path": "/keep/", "upstream": f"http://{HOST}:{SERVICE}"},
]
# What the service says, and what a client is told by a route that strips and by one that keeps.
REDIRECTS = [
    ("/login", "/s/login", "/login"),
    ("/", "/s/", "/"),
    ("/s/login?a=/s/", "/s/login?a=/s/", "/s/login?a=/s/"),
    ("/s", "/s/", "/s"),
    ("/style.css", "/s/style.css", "/style.css"),
    (f"http://{NAME}/login", "/s/login", "/login"),
    (f"https://{NAME}/s/login", "/s/login", "/s/login"),
    (f"http://{NAME}:{SERVICE}/a/", "/s/a/", "/a/"),
    (f"http://{HOST}:{SERVICE}/a/", "/s/a/", "/a/"),
    (f"HTTPS://{NAME.upper()}:443/a/", "/s/a/", "/a/"),
    # Nothing behind the host, a query alone, no scheme, a port that the service has inside its container alone.
    (f"http://{NAME}", "/s/", "/"),
    (f"http://{NAME}?a=1", "/s/?a=1", "/?a=1"),
    (f"http://{NAME}/?a=1", "/s/?a=1", "/?a=1"),
    (f"http://{NAME}/s?a=1", "/s/?a=1", "/s?a=1"),
    (f"//{NAME}/a", "/s/a", "/a"),
    (f"//{NAME}", "/s/", "/"),
    (f"http://{NAME}:9000/a/", "/s/a/", "/a/"),
    (f"http://{NAME}:9000", "/s/", "/"),
    (f"http://{NAME}/sea", "/s/sea", "/sea"),
    # What would be another host to a browser.
    (f"http://{NAME}//id.example.net/a", f"http://{NAME}//id.example.net/a", "/id.example.net/a"),
    (rf"http://{NAME}/\id.example.net/a", r"/s/\id.example.net/a", "/id.example.net/a"),
    # To another route, to another service and to another host.
    (f"http://{NAME}/keep/", f"http://{NAME}/keep/", "/keep/"),
    ("http://10.0.0.1:9000/a/", "http://10.0.0.1:9000/a/", "http://10.0.0.1:9000/a/"),
    (f"https://{NAME}:8443/a/", f"https://{NAME}:8443/a/", f"https://{NAME}:8443/a/"),
    # A program of the client's own, which waits for its login there (RFC 8252 section 7.3, 2017).
    *((f"http://{each}:41234/x?code=1",) * 3 for each in ("127.0.0.1", "localhost", "[::1]")),
    (f"https://{NAME}.example.net/a", f"https://{NAME}.example.net/a", f"https://{NAME}.example.net/a"),
    ("https://id.example.net/a", "https://id.example.net/a", "https://id.example.net/a"),
    ("//id.example.net/a", "//id.example.net/a", "//id.example.net/a"),
    ("next", "next", "next"),
]
# To the first and the last of many other routes.
ELSEWHERE = ["/another-299/x", f"http://{NAME}/another-0/"]
# The path of a cookie, and what a client of a route that strips is told.
COOKIES = [
    ("/core", "/s/core"),
    ("/", "/"),
    ("/s", "/s"),
    ("/s/", "/s/"),
    ("/s/core", "/s/core"),
    ("/sea/", "/s/sea/"),
    ('"/core"', "/s/core"),
    ("core", "core"),
    ("", ""),
]


def configuration(told: str = "$upstream_http_location", more: int = 0) -> bytes:
    """Return a whole configuration: a client, the site that site.yml would make, and the service.

    The client tells in a page where the answer that it got leads to. The site has `more` routes beside those above.
    """
    others = [{"path": f"/another-{number}/", "upstream": f"http://{HOST}:{SERVICE}"} for number in range(more)]
    sites = read_sites([{"server_name": NAME, "routes": [*others, *ROUTES]}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    site["servers"] = [{"listen": [f"{HOST}:{PROXY}"], "locations": site["servers"][1]["locations"]}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    client = (
        f"server {{ listen {HOST}:{PORT}; proxy_intercept_errors on; error_page 302 = @told; proxy_redirect off;\n"
        f"location / {{ proxy_pass http://{HOST}:{PROXY}; proxy_set_header Host {NAME}; }}\n"
        f'location @told {{ return 200 "{told}"; }} }}\n'
    )
    # What follows the equals sign, as it is: it may hold a query of its own.
    said = 'if ($args ~ "^to=(.*)") { return 302 $1; }'
    service = f"server {{ listen {HOST}:{SERVICE}; location / {{ {said} }}\n"
    service += 'location /cookie { add_header Set-Cookie "a=b; Path=$arg_at; Secure" always; return 302 /; } }\n'
    # What begins with a slash, nginx completes with its own port, which here is none that anybody calls.
    http = f"access_log off; absolute_redirect off;\n{common['directives']}\n{text}{client}{service}"
    return f"events {{}}\nhttp {{ {http} }}\n".encode()


@pytest.mark.parametrize("more", [0, 300])
def test_c8_a_redirect_leads_to_the_same_place(judge: Judge, more: int) -> None:
    paths = [f"{route['path']}x?to={said}" for route in ROUTES for said, *_told in REDIRECTS]
    paths += [f"/s/x?to={each}" for each in ELSEWHERE]
    *found, plain, whole = (body.decode() for body in judge.serve({"nginx.conf": configuration(more=more)}, paths))
    assert [plain, whole] == (ELSEWHERE if more else ["/s/another-299/x", "/s/another-0/"])
    half = len(REDIRECTS)
    assert list(zip([said for said, *_told in REDIRECTS], found[:half], found[half:], strict=True)) == REDIRECTS


def test_a_cookie_comes_back_to_the_service_that_set_it(judge: Judge) -> None:
    tree = {"nginx.conf": configuration("$upstream_http_set_cookie")}
    found = [body.decode() for body in judge.serve(tree, [f"/s/cookie?at={path}" for path, _told in COOKIES])]
    assert found == [f"a=b; Path={told}; Secure" for _path, told in COOKIES]
