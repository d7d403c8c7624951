# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What owners did to their hosts by hand, and the fewest lines of an inventory with which they move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ARTICLE = """server {
    listen 80; listen [::]:80;
    server_name DOMAIN;

    location / {
        proxy_pass http://localhost:8088;

        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_http_version 1.1;

        proxy_buffering off;
        proxy_cache off;
        proxy_connect_timeout 30;
        proxy_send_timeout 30;
    }
}"""
ROUTES = """limit_req_zone $binary_remote_addr zone=zm:1m rate=100r/s;

server {
    listen 80; listen [::]:80;
    server_name DOMAIN;   # the house

    location /constellation/ {
        proxy_pass http://localhost:8088/constellation/;

        proxy_set_header Host $host;
        proxy_set_header Connection "";
        proxy_http_version 1.1;

        proxy_buffering off;
        proxy_cache off;
        proxy_connect_timeout 30;
        proxy_send_timeout 30;
    }

    location /zm/ {
        auth_basic "Cameras";             # nobody else's business
        auth_basic_user_file /etc/nginx/cameras;
        limit_req zone=zm burst=50;
        proxy_pass http://ZONEMINDER/zm/;
        proxy_set_header X-Of-The-House "yes";
    }

    location /jeedom/ {
        allow 10.11.12.0/24;
        deny  all;
        proxy_pass http://JEEDOM;
    }

    location = /hello {
        default_type text/plain;
        return 200 "hello\\n";
    }

    location ~ /[.] { deny all; }
}
"""
HAND_MADE = """# everything in one file
server {
	listen 80;
	listen [::]:80;
	server_name DOMAIN;
	auth_basic "House";
	proxy_set_header X-Of-The-House yes;
	auth_basic_user_file /etc/nginx/cameras;
	location /constellation/ {
		auth_basic off;
		proxy_pass http://constellation/constellation/;
	}
	location /private/ { alias /var/www/html/; }
}
server {
	listen 80;
	listen [::]:80;
	server_name camera.DOMAIN;
	include snippets/who.conf;
	location / { proxy_pass http://JEEDOM:8765; include proxy_params; }
}
upstream constellation { server 127.0.0.1:8088; }
""".replace("\n", "\r\n")
JAILS = "[DEFAULT]\nbantime = 1w\n\n[sshd]\nmaxretry = 2\n"
# openssl passwd -apr1 -salt house camera
PASSWORDS = "owner:$apr1$house$kJuWzEk96OknZchiUZdeS0\n"
LISTEN_URI = "s#http://+:8088/*#http://+:8088/constellation#"
CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
MOVE_SERVER = f"sed -i '{LISTEN_URI}' {CONFIG}\nsupervisorctl restart constellation-server\n"


@dataclass(frozen=True)
class Owner:
    """One host: `files` by path and `commands` in a shell, after which certbot has a certificate for `names`.

    `answers` are the URLs without `https://`, each with the status that a stranger gets. `site_file` holds the servers.
    In every text DOMAIN, ZONEMINDER and JEEDOM stand for the host's own.
    """

    site_file: str
    files: dict[str, str]
    names: tuple[str, ...]
    sites: list[dict[str, Any]]
    answers: dict[str, int]
    commands: str = ""


CONSTELLATION = {"path": "/constellation/", "app": "constellation"}
ZONEMINDER = {"path": "/zm/", "app": "zoneminder", "upstream": "http://ZONEMINDER"}
JEEDOM = {"path": "/jeedom/", "app": "jeedom", "upstream": "http://JEEDOM", "prefix": "keep"}
CAMERA = {"path": "/", "app": "motioneye", "upstream": "http://JEEDOM:8765"}
AVAILABLE = "/etc/nginx/sites-available/constellation"
ENABLE = f"ln -s {AVAILABLE} /etc/nginx/sites-enabled/constellation\n"

OWNERS = {
    # The article word for word.
    "article": Owner(
        site_file=AVAILABLE,
        files={AVAILABLE: ARTICLE, "/etc/fail2ban/jail.local": JAILS},
        names=("DOMAIN",),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [{"path": "/", "app": "constellation"}]}],
        answers={"DOMAIN/": 200},
        commands=ENABLE,
    ),
    # Its second half, with a login, addresses, a limit and locations of his own.
    "routes": Owner(
        site_file=AVAILABLE,
        files={AVAILABLE: ROUTES, "/etc/nginx/cameras": PASSWORDS},
        names=("DOMAIN",),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION, ZONEMINDER, JEEDOM]}],
        answers={
            "DOMAIN/constellation/": 200,
            "DOMAIN/zm/": 401,
            "DOMAIN/jeedom/": 403,
            "DOMAIN/hello": 200,
            "DOMAIN/.git": 403,
        },
        commands=ENABLE + MOVE_SERVER,
    ),
    # Tabs and CRLF, an include in an include, login and headers for the whole server, one lineage for two names.
    "hand-made": Owner(
        site_file="/etc/nginx/conf.d/default.conf",
        files={
            "/etc/nginx/conf.d/default.conf": HAND_MADE,
            "/etc/nginx/snippets/who.conf": "include snippets/addresses.conf;\n",
            "/etc/nginx/snippets/addresses.conf": "allow 10.11.12.0/24;\ndeny all;\n",
            "/etc/nginx/cameras": PASSWORDS,
        },
        names=("DOMAIN", "camera.DOMAIN"),
        sites=[
            {"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION]},
            {"server_name": "camera.DOMAIN", "adopt": True, "routes": [CAMERA]},
        ],
        answers={"DOMAIN/constellation/": 200, "DOMAIN/private/": 401, "camera.DOMAIN/": 403},
        commands=MOVE_SERVER,
    ),
}
