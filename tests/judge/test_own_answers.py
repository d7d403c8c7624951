# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client gets of routes that nginx answers itself: redirects, statuses and texts, files of a directory."""

from __future__ import annotations

from typing import Any

from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import FOLDER, PORT, Judge

HOST, NAME, PROXY = "127.0.0.1", "public.example.org", 8081
WWW = f"{FOLDER}/0/www"
OTHER = "https://other.example.org"
OWN = f"https://{NAME}"
ROUTES: list[dict[str, Any]] = [
    {"path": "/", "static": WWW},
    {"path": "/site/", "static": {"directory": f"{WWW}/", "try": [".html", "/index.html"]}},
    {"path": "/page/", "static": {"directory": WWW, "index": ["none.html", "other.html"]}},
    {"path": "/host.1/", "redirect": OTHER},
    {"path": "/below/", "redirect": f"{OTHER}:8443/x/"},
    {"path": "/exact/", "redirect": {"to": f"{OTHER}/x?y=1;z#(a)", "code": 302}},
    {"path": "/here/", "redirect": "/there/"},
    {"path": "/drop/", "redirect": {"to": "/there/", "path": "drop", "code": 307}},
    {"path": "/gone/", "return": 410},
    {"path": "/text/", "return": {"code": 410, "text": 'it\'s "gone" \\ $host ${host} {5$} ; é []'}},
    {"path": "/ok/", "return": 200},
    {"path": "/nothing/", "return": 204},
    {"path": "/closed/", "return": 444},
]
FILES = {
    "index.html": b"index",
    "other.html": b"other",
    "a b.txt": b"blank",
    "deep/index.html": b"deep",
    "empty/x.txt": b"x",
    ".env": b"secret",
    "deep/.git/config": b"secret",
    "li\nne/.git/config": b"secret",
    ".well-known/security.txt": b"contact",
    ".well-known/.hidden": b"secret",
}
# What is asked, and what comes: the body of a page, or status and Location.
ASKED = {
    "/": "index",
    "/index.html": "index",
    "/a%20b.txt": "blank",
    "/deep": f"301 http://{NAME}:{PROXY}/deep/",
    "/deep/": "deep",
    "/empty/": "403 ",
    "/missing": "404 ",
    "/.env": "404 ",
    "/%2eenv": "404 ",
    "/deep/.git/config": "404 ",
    "/li%0ane/.git/config": "404 ",
    "/.well-known/security.txt": "contact",
    "/.well-known/.hidden": "404 ",
    "/site/": "index",
    "/site": f"308 {OWN}/site/",
    "/site?a=b": f"308 {OWN}/site/?a=b",
    "/site/other": "other",
    "/site/any/where": "index",
    "/site/deep/": "deep",
    "/site/.env": "404 ",
    "/site/.well-known/security.txt": "contact",
    "/site../nginx.conf": "404 ",
    "/site/../nginx.conf": "400 ",
    "/site/%2e%2e/nginx.conf": "400 ",
    "/site/..%2fnginx.conf": "400 ",
    "/page/": "other",
    "/POST/": "405 ",
    "/PUT/new.txt": "405 ",
    "/DELETE/site/index.html": "405 ",
    "/HEAD/missing": "404 ",
    "/host.1/": f"308 {OTHER}/",
    "/host.1": f"308 {OWN}/host.1/",
    "/host.1/a%20b/c?d=e&f": f"308 {OTHER}/a%20b/c?d=e&f",
    "/host.1//evil.example.net/": f"308 {OTHER}/evil.example.net/",
    "/host.1/%0d%0aSet-Cookie:a=b": f"308 {OTHER}/%0d%0aSet-Cookie:a=b",
    "/host.1/$host": f"308 {OTHER}/$host",
    "/host.1/?x": f"308 {OTHER}/?x",
    "/hostx1/": "404 ",
    "/%68ost.1/x": "400 ",
    "/host%2e1/x": f"308 {OTHER}/x",
    "/below/a?b": f"308 {OTHER}:8443/x/a?b",
    "/exact/a?b": f"302 {OTHER}/x?y=1;z#(a)",
    "/here/a?b": f"308 {OWN}/there/a?b",
    "/here//evil.example.net": f"308 {OWN}/there/evil.example.net",
    "/drop/a?b": f"307 {OWN}/there/",
    "/POST/drop/a": f"307 {OWN}/there/",
    "/gone/x": "410 ",
    "/text/a.html": 'it\'s "gone" \\ $host ${host} {5$} ; é [text/plain; charset=utf-8]',
    "/ok/": "",
    "/nothing/": "",
    "/closed/": "502 ",
}


def configuration(routes: list[dict[str, Any]]) -> str:
    """Return what the common file and that of a site say; its one server answers without TLS."""
    sites = read_sites([{"server_name": NAME, "routes": routes}], {"generic": {}})
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    https = site["servers"][1]
    site["servers"] = [{"server_name": [NAME], "listen": [f"{HOST}:{PROXY}"], "locations": https["locations"]}]
    (wanted,) = _declaration.sites([site])

    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    return f"access_log off;\n{common['directives']}\n{text}"


def whole(http: str) -> bytes:
    """Return a configuration with a client that tells a status and where it leads, by the method of its path."""
    asking = f"proxy_set_header Host {NAME}; proxy_http_version 1.1;"
    methods = "".join(
        f"location /{method}/ {{ rewrite ^/{method}(/.*)$ $1 break; proxy_method {method};\n"
        f"proxy_pass http://{HOST}:{PROXY}; {asking} }}\n"
        for method in ("HEAD", "POST", "PUT", "DELETE")
    )
    text = (
        f"sub_filter_types text/plain; location /text/ {{ proxy_pass http://{HOST}:{PROXY}; {asking}\n"
        'proxy_intercept_errors off; sub_filter "[]" "[$upstream_http_content_type]"; }\n'
    )
    client = (
        f"server {{ listen {HOST}:{PORT}; merge_slashes off; proxy_intercept_errors on; proxy_redirect off;\n"
        f"error_page 301 302 307 308 400 403 404 405 410 502 = @told;\n"
        f"location / {{ proxy_pass http://{HOST}:{PROXY}; {asking} }}\n{methods}{text}"
        'location @told { return 200 "$upstream_status $upstream_http_location"; } }\n'
    )
    types = "types { text/html html; text/plain txt; }"
    return f"events {{}}\nhttp {{ {types}\n{http}{client} }}\n".encode("latin-1")


def tree(http: str) -> dict[str, bytes]:
    return {"nginx.conf": whole(http)} | {f"www/{name}": content for name, content in FILES.items()}


def test_every_answer(judge: Judge) -> None:
    told = judge.serve(tree(configuration(ROUTES)), list(ASKED))
    assert dict(zip(ASKED, (body.decode() for body in told), strict=True)) == ASKED
