# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configurations of what ours is compared with, and of the service behind all of them."""

from __future__ import annotations

HOST, PORT = "127.0.0.1", 9000
# How many routes the hosts have whose memory is compared, each to a port of its own.
MANY = 500
# A page of 2.7 KB.
SIZE = 2764
#: where each of the others listens
PORTS = {"article": 8441, "nginx kept": 8442, "haproxy": 8443, "caddy": 8444}

# What the article has its reader write, and what certbot adds to it (options-ssl-nginx.conf of certbot 4.0.0).
_ARTICLE = """\
        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_cache off;
        proxy_connect_timeout 30;
        proxy_send_timeout 30;
"""
_TLS = """\
    ssl_session_cache shared:le_nginx_SSL:10m;
    ssl_session_timeout 1440m;
    ssl_session_tickets off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers off;
"""


def service() -> str:
    """Return the configuration of the service, an nginx that answers from memory."""
    return f"""worker_processes auto;
events {{ worker_connections 4096; }}
pid /run/bench-service.pid;
error_log /dev/null crit;
http {{
    access_log off;
    default_type text/html;
    keepalive_requests 100000;
    server {{
        listen {HOST}:{PORT}-{PORT + MANY} backlog=4096;
        location = /events {{ proxy_pass http://127.0.0.1:8999; proxy_buffering off; }}
        location / {{ return 200 "{"x" * SIZE}"; }}
    }}
}}
daemon off;
"""


def configurations(name: str, upstream: str, folder: str, routes: int) -> dict[str, str]:
    """Return each configuration by the name of its file.

    Args:
        name: the site's name, whose certificate is in certbot's folder.
        upstream: address and port of the service.
        folder: where the files will be.
        routes: how many routes the site has, of which all but the first lead to ports behind that of the service.

    """
    host, _colon, port = upstream.partition(":")
    more = {f"/route{number}/": f"{host}:{int(port) + number}" for number in range(1, routes)}
    places = {**more, "/": upstream}
    return {
        "article.conf": _nginx(name, places, "article", kept=False),
        "nginx-kept.conf": _nginx(name, places, "nginx kept", kept=True),
        "haproxy.cfg": _haproxy(places, folder),
        "Caddyfile": _caddy(name, places),
    }


def commands(folder: str) -> dict[str, str]:
    """Return how each is started, by the name of its unit."""
    return {
        "article": f"nginx -c {folder}/article.conf",
        "nginx-kept": f"nginx -c {folder}/nginx-kept.conf",
        "haproxy": f"haproxy -f {folder}/haproxy.cfg -db",
        "caddy": f"caddy run --adapter caddyfile --config {folder}/Caddyfile",
    }


def _nginx(name: str, places: dict[str, str], which: str, *, kept: bool) -> str:
    file = which.replace(" ", "-")
    groups = {path: f"service{number}" for number, path in enumerate(places)} if kept else {}
    blocks = "".join(f"upstream {groups[path]} {{ server {places[path]}; keepalive 64; }}\n" for path in groups)
    locations = "".join(
        f"    location {path} {{\n        proxy_pass http://{groups.get(path, upstream)};\n{_ARTICLE}    }}\n"
        for path, upstream in places.items()
    )
    return f"""user www-data;
worker_processes auto;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
pid /run/bench-{file}.pid;
error_log /var/log/nginx/bench-{file}.error.log;
daemon off;
http {{
sendfile on;
tcp_nopush on;
types_hash_max_size 2048;
gzip on;
access_log /var/log/nginx/bench-{file}.log;
{blocks}server {{
    listen {PORTS[which]} ssl;
    server_name {name};
{locations}    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;
{_TLS}}}
}}
"""


def _haproxy(places: dict[str, str], folder: str) -> str:
    """Return it without a log: Debian's goes to a daemon that this host does not have."""
    names = {path: f"service{number}" for number, path in enumerate(places)}
    rules = "".join(f"    use_backend {names[path]} if {{ path_beg {path} }}\n" for path in places if path != "/")
    backends = "".join(f"backend {names[path]}\n    server one {upstream}\n" for path, upstream in places.items())
    return f"""global
    maxconn 8192
defaults
    mode http
    option forwardfor
    timeout connect 30s
    timeout client 60s
    timeout server 60s
frontend https
    bind :{PORTS["haproxy"]} ssl crt {folder}/haproxy.pem alpn h2,http/1.1
{rules}    default_backend {names["/"]}
{backends}"""


def _caddy(name: str, places: dict[str, str]) -> str:
    live = f"/etc/letsencrypt/live/{name}"
    handles = "".join(
        f"    handle {path}* {{\n        reverse_proxy {upstream}\n    }}\n" for path, upstream in places.items()
    )
    return f"""{{
    admin off
    auto_https off
}}
https://{name}:{PORTS["caddy"]} {{
    tls {live}/fullchain.pem {live}/privkey.pem
{handles}}}
"""
