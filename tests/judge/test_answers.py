# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client sees, through nginx, of what a service says about itself, and of what nginx says in its place."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites import _declaration
from ansible_collections.constellation.edge.plugins.module_utils._nginx.sites._site_file import edit_site
from ansible_collections.constellation.edge.plugins.plugin_utils._features.place import Host
from ansible_collections.constellation.edge.plugins.plugin_utils._inventory.schema import read_sites
from ansible_collections.constellation.edge.plugins.plugin_utils._nginx.platform import Platform
from ansible_collections.constellation.edge.plugins.plugin_utils._sites.nginx_sites import nginx_sites

from judge.nginx import PORT, Judge

HOST, NAME = "127.0.0.1", "public.example.org"
PROXY, SERVICE, NOBODY = 8081, 8088, 8089
SEEN = "$upstream_http_strict_transport_security|$upstream_http_x_powered_by|$upstream_http_x_own"
FRAMES = "$upstream_http_x_frame_options|$upstream_http_content_security_policy"
OTHERS = "$upstream_http_x_content_type_options|$upstream_http_referrer_policy"
# Of a server's directives those that concern TLS and logs are another test's.
KEPT = ("add_header", "error_page", "gzip_types", "gzip_vary", "server_tokens")
OWN = f"https://{NAME}"
# What the service says, and what its client is told of frames.
FRAMED = {
    "": f"SAMEORIGIN|frame-ancestors 'self' {OWN}",
    "add_header X-Frame-Options DENY;": "DENY|",
    "add_header Content-Security-Policy \"default-src 'self'\";": "|default-src 'self'",
}


def configuration(told: str = "", service: str = "", **site: Any) -> bytes:
    """Return a whole configuration: a client, the site, and the service, which has `service` in its location.

    With `told` the client tells in a page what it was told with a redirect, else it passes on what it got.
    """
    target = {"upstream": f"http://{HOST}:{SERVICE}"}
    routes = [{"path": "/", **target}, {"path": "/gone/", "upstream": f"http://{HOST}:{NOBODY}"}]
    sites = read_sites([{"server_name": NAME, "routes": routes, **site}], {"generic": {}})
    common, declared = nginx_sites(sites, Host(Platform((1, 18, 0), (3, 0), False)))
    https = declared["servers"][1]
    said = {name: https["directives"][name] for name in KEPT}
    # Another place of the server, which no client is to see.
    secret = {"location": "/secret", "directives": {"return": "200 secret"}}
    locations = [*https["locations"], secret]
    server = {"listen": [f"{HOST}:{PROXY}"], "server_name": [NAME], "locations": locations, "directives": said}
    declared["servers"] = [server]
    (wanted,) = _declaration.sites([declared])
    text = edit_site(None, wanted, "s", lambda _name: ("", ""), lambda _path: True, purge=True)
    tells = (
        f'proxy_intercept_errors on; error_page 302 304 401 404 = @told; location @told {{ return 200 "{told}"; }}\n'
    )
    client = (
        f"server {{ listen {HOST}:{PORT};\n{tells if told else ''}"
        f"location / {{ proxy_pass http://{HOST}:{PROXY}; proxy_set_header Host {NAME}; proxy_http_version 1.1;\n"
        "proxy_set_header Accept-Encoding $http_accept_encoding; } }\n"
    )
    answers = f"server {{ listen {HOST}:{SERVICE}; location / {{ {service or 'return 302 /x;'} }} }}\n"
    http = f"access_log off; default_type text/html;\n{common['directives']}\n{text}{client}{answers}"
    return f"events {{}}\nhttp {{ {http} }}\n".encode()


def answer(judge: Judge, tree: bytes, path: str = "/") -> str:
    """Return the body behind a path."""
    (body,) = judge.serve({"nginx.conf": tree}, [path])
    return body.decode()


@pytest.mark.parametrize(("hsts", "told"), [(True, "max-age=63072000"), (False, "")])
def test_the_site_decides_on_hsts_and_nobody_tells_of_his_program(judge: Judge, hsts: bool, told: str) -> None:
    says = (
        "add_header Strict-Transport-Security max-age=0 always; add_header X-Powered-By PHP/5.3 always;\n"
        "add_header X-Own yes always; return 302 /x;"
    )
    assert answer(judge, configuration(SEEN, says, hsts=hsts)) == f"{told}||yes"


@pytest.mark.parametrize(("said", "told"), FRAMED.items())
def test_what_a_service_says_of_frames_is_said_alone(judge: Judge, said: str, told: str) -> None:
    assert answer(judge, configuration(FRAMES, f"{said} return 302 /x;")) == told


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("any", "|"),
        (["https://board.example.org"], f"SAMEORIGIN|frame-ancestors 'self' {OWN} https://board.example.org"),
    ],
)
def test_an_owner_says_who_may_show_his_site(judge: Judge, wanted: object, told: str) -> None:
    assert answer(judge, configuration(FRAMES, frame_ancestors=wanted)) == told


def test_what_else_a_service_says_is_not_said_twice(judge: Judge) -> None:
    assert answer(judge, configuration(OTHERS)) == "nosniff|strict-origin-when-cross-origin"
    says = "add_header Referrer-Policy no-referrer; return 302 /x;"
    assert answer(judge, configuration(OTHERS, says)) == "nosniff|no-referrer"


def test_an_answer_that_refers_to_what_a_cache_has_says_nothing_of_ours(judge: Judge) -> None:
    assert answer(judge, configuration(f"{FRAMES}|{OTHERS}", "return 304;")) == "|||"


def test_an_error_has_a_page_that_does_not_name_nginx(judge: Judge) -> None:
    page = answer(judge, configuration(), "/gone/x")
    assert "<h1>502</h1><p>The service does not answer.</p>" in page
    assert "nginx" not in page
    # The page itself is nobody's to ask for, and what a service answers is its own.
    assert "<h1>404</h1>" in answer(judge, configuration(service="return 418 tea;"), "/.constellation-edge/error")
    assert answer(judge, configuration(service="return 404 mine;")) == "mine"


def test_a_login_is_still_asked_for(judge: Judge) -> None:
    own = b'auth_basic "mine"; auth_basic_user_file none;'
    tree = configuration("$upstream_status $upstream_http_www_authenticate")
    tree = tree.replace(b"client_max_body_size 0;", b"client_max_body_size 0; " + own)
    assert answer(judge, tree).replace("'", '"') == '401 Basic realm="mine"'


def test_a_service_cannot_have_another_place_shown(judge: Judge) -> None:
    redirected = "add_header X-Accel-Redirect /secret; return 200 mine;"
    assert answer(judge, configuration(service=redirected)) == "mine"
    assert answer(judge, configuration(), "/secret") == "secret"


def test_texts_are_compressed_and_caches_are_told(judge: Judge) -> None:
    says = f"default_type text/css; return 404 {'x' * 2000};"
    tree = configuration("$upstream_http_content_encoding|$upstream_http_vary", says)
    tree = tree.replace(b"access_log off;", b"access_log off; gzip on;", 1)
    assert answer(judge, tree.replace(b"$http_accept_encoding", b"gzip")) == "gzip|Accept-Encoding"
