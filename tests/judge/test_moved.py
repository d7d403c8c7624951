# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a client of an old path is sent, in a site of ours and in an owner's server."""

from __future__ import annotations

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._constellation.local_server import LocalServer
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import PORT, Judge

HOST, NAME, OUTSIDE = "127.0.0.1", "public.example.org", "8.8.8.8"
PROXY, SERVICE = 8081, 8088
ROUTES = [
    {"path": "/constellation/", "moved_from": "/", "upstream": f"http://{HOST}:{SERVICE}"},
    {"path": "/camera.2/", "moved_from": "/camera+1/", "upstream": f"http://{HOST}:{SERVICE}"},
]
BASE = f"https://{NAME}/constellation/"
# What a client asks, and what it is told; the path and the query go on as they were written.
ASKED = [
    ("/", BASE),
    ("/rest/a%20b%2Fc?x=1&y=%2F", f"{BASE}rest/a%20b%2Fc?x=1&y=%2F"),
    ("/?SentinelName=a", f"{BASE}?SentinelName=a"),
    ("//evil.example.net/", f"{BASE}/evil.example.net/"),
    ("/%0d%0aSet-Cookie:a=b", f"{BASE}%0d%0aSet-Cookie:a=b"),
    ("/$host", f"{BASE}$host"),
    ("/camera+1/live?a", f"https://{NAME}/camera.2/live?a"),
    ("/cameraa1/", f"{BASE}cameraa1/"),
]
THEIRS = f"""server {{
    listen {HOST}:{PROXY};
    server_name {NAME};
    location / {{ proxy_pass http://{HOST}:{SERVICE}; }}
    location /camera+1/ {{ proxy_pass http://{HOST}:{SERVICE}; }}
}}
"""


def configuration(theirs: str | None) -> bytes:
    """Return a whole configuration: a client, the site that site.yml would make of what is there, and the service.

    The client tells in a page with which status and where to it was sent. The first part of its path is the method.
    """
    adopt = theirs is not None
    sites = read_sites([{"server_name": NAME, "adopt": adopt, "routes": ROUTES}], {"generic": {}})
    server = LocalServer(ports=frozenset({SERVICE}), folders=("/WebConsole",))
    common, site = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False), {}, server))
    https = site["servers"][1]
    kept = {"locations": https["locations"], **({"adopted": {}} if adopt else {})}
    site["servers"] = [{"server_name": [NAME], "listen": [f"{HOST}:{PROXY}"], **kept}]
    (wanted,) = _declaration.sites([site])
    text = edit_site(theirs, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    asking = f"proxy_set_header Host {NAME}; proxy_set_header X-Client {OUTSIDE};"
    methods = "".join(
        f"location /{method}/ {{ rewrite ^/{method}(/.*)$ $1 break; proxy_method {method};\n"
        f"proxy_pass http://{HOST}:{PROXY}; {asking} }}\n"
        for method in ("HEAD", "POST", "DELETE")
    )
    client = (
        f"server {{ listen {HOST}:{PORT}; proxy_intercept_errors on; error_page 308 403 404 = @told;\n"
        f"proxy_redirect off; location / {{ proxy_pass http://{HOST}:{PROXY}; {asking} }}\n"
        f'{methods}location @told {{ return 200 "$upstream_status $upstream_http_location"; }} }}\n'
    )
    service = f"server {{ listen {HOST}:{SERVICE}; location / {{ return 200 served; }} }}\n"
    real_ip = f"set_real_ip_from {HOST};\nreal_ip_header X-Client;\n"
    http = f"access_log off;\n{common['directives']}\n{text}{client}{service}"
    return f"events {{}}\nhttp {{ {real_ip}{http} }}\n".encode("latin-1")


@pytest.mark.parametrize("theirs", [None, THEIRS], ids=["ours", "adopted"])
def test_who_reads_is_sent_on(judge: Judge, theirs: str | None) -> None:
    paths = [*(asked for asked, _told in ASKED), "/HEAD/rest/x", "/constellation/x", "/camera.2/x"]
    told = [body.decode() for body in judge.serve({"nginx.conf": configuration(theirs)}, paths)]
    # Where an owner's location leads to the server still, its Console's guard is asked first.
    kept = [theirs is not None and "%0d" in asked for asked, _told in ASKED]
    wanted = ["403 " if is_kept else f"308 {to}" for is_kept, (_asked, to) in zip(kept, ASKED, strict=True)]
    assert told[: len(ASKED)] == wanted
    assert told[len(ASKED) :] == [f"308 {BASE}rest/x", "served", "served"]


@pytest.mark.parametrize(("theirs", "answer"), [(None, "404 "), (THEIRS, "served")], ids=["ours", "adopted"])
def test_what_changes_something_is_answered_as_without_it(judge: Judge, theirs: str | None, answer: str) -> None:
    paths = ["/POST/rest/x", "/DELETE/camera+1/x"]
    told = [body.decode() for body in judge.serve({"nginx.conf": configuration(theirs)}, paths)]
    assert told == [answer, answer]


@pytest.mark.parametrize(("theirs", "answer"), [(None, "404 "), (THEIRS, "403 ")], ids=["ours", "adopted"])
def test_the_console_is_no_more_open_by_an_old_path(judge: Judge, theirs: str | None, answer: str) -> None:
    """An owner's old location leads to the server still, for what is not sent on."""
    paths = ["/POST/WebConsole/", "/POST/camera+1/x/webconsole", "/DELETE/constellation/WebConsole"]
    told = [body.decode() for body in judge.serve({"nginx.conf": configuration(theirs)}, paths)]
    assert told == [answer, answer, "403 "]


def test_the_old_path_is_known_without_its_last_slash(judge: Judge) -> None:
    (told,) = judge.serve({"nginx.conf": configuration(None)}, ["/camera+1?a=b"])
    assert told.decode() == f"308 https://{NAME}/camera.2/?a=b"
