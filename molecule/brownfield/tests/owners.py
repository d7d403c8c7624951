# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What owners did to their hosts by hand, and the fewest lines of an inventory with which they move.

Each stands for many: `article` and `routes` for the two halves of the article, `hand-made` for a single file in
`conf.d`, `three-names` for a fleet of sites of which some stay by hand, `default-site` for the distribution's own file
that was changed, `other-proxy` for whom another program has the ports.
"""

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
OWN_PAGE = """server {
    listen 80; listen [::]:80;
    server_name www.DOMAIN;
    root /var/www/html;
    index index.html index.nginx-debian.html;
}
"""
CAMERA_SITE = """map $http_user_agent $old_browser { default 0; ~MSIE 1; }
server {
    listen 80; listen [::]:80;
    server_name camera.DOMAIN;
    if ($old_browser) { return 403; }
    location / {
        proxy_pass http://JEEDOM:8765;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_http_version 1.1;
    }
}
"""
NEVER_BANNED = "ignoreip = 127.0.0.1/8\n    192.0.2.1 ; office\n    192.0.2.2 # phone\n    203.0.113.0/24\n"
JAILS = f"[DEFAULT]\nbantime = 1w\n{NEVER_BANNED}\n[sshd]\nmaxretry = 2\n"
# openssl passwd -apr1 -salt house camera
PASSWORDS = "owner:$apr1$house$kJuWzEk96OknZchiUZdeS0\n"
LISTEN_URI = "s#http://+:8088/*#http://+:8088/constellation#"
CONFIG = "/opt/constellation-server/Constellation.Server.exe.config"
# The distribution's own site with a name, and one location before the one that is there.
ROUTE = "location /constellation/ {\\n\\t\\tproxy_pass http://localhost:8088/constellation/;\\n\\t}\\n"
CHANGE_DEFAULT = (
    "sed -i -e 's/^\\(\\s*\\)server_name _;/\\1server_name DOMAIN;/' "
    f"-e 's#^\\(\\s*\\)location / {{#\\1{ROUTE}\\n&#' /etc/nginx/sites-available/default\n"
)
LEFT_BEHIND = "ln -sf /nowhere/old-site /etc/nginx/sites-available/gone\n"
RULES = """ufw allow from 192.168.0.0/16 to any port 445 proto tcp comment files
ufw limit 2222/tcp
ufw deny 8081/tcp
ufw allow 1883
"""
# The keys and the certificate that every distribution's packages of Apache offer to make.
APACHE = """systemctl disable --now nginx
apt-get install -qq --no-install-recommends apache2
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=DOMAIN -keyout /etc/ssl/own.key -out /etc/ssl/own.pem
sed -i -e 's#/etc/ssl/certs/ssl-cert-snakeoil.pem#/etc/ssl/own.pem#' \
    -e 's#/etc/ssl/private/ssl-cert-snakeoil.key#/etc/ssl/own.key#' /etc/apache2/sites-available/default-ssl.conf
a2enmod -q ssl proxy_http
a2ensite -q default-ssl
systemctl restart apache2
"""
NO_PLUGIN = "dpkg --purge python3-certbot-nginx\n"
MOVE_SERVER = f"sed -i '{LISTEN_URI}' {CONFIG}\nsupervisorctl restart constellation-server\n"


@dataclass(frozen=True)
class Owner:
    """One host: `files` by path and `commands` in a shell, after which certbot makes each of the `lineages`.

    `answers` are the URLs without `https://`, each with the status that a stranger gets. `site_files` hold the servers
    into which the `sites` go. `later` was done after all that. `sshd` is what fail2ban has for it after the move:
    bantime, findtime and maxretry. In every text DOMAIN, ZONEMINDER and JEEDOM stand for the host's own.
    """

    site_files: tuple[str, ...]
    files: dict[str, str]
    lineages: tuple[tuple[str, ...], ...]
    sites: list[dict[str, Any]]
    answers: dict[str, int]
    commands: str = ""
    later: str = ""
    sshd: tuple[str, str, str] = ("3600", "600", "5")
    moves: bool = True


CONSTELLATION = {"path": "/constellation/", "app": "constellation"}
ZONEMINDER = {"path": "/zm/", "app": "zoneminder", "upstream": "http://ZONEMINDER"}
JEEDOM = {"path": "/jeedom/", "app": "jeedom", "upstream": "http://JEEDOM", "prefix": "keep"}
CAMERA = {"path": "/", "app": "motioneye", "upstream": "http://JEEDOM:8765"}
AVAILABLE = "/etc/nginx/sites-available/constellation"
ENABLED = "/etc/nginx/sites-enabled/"
NO_DEFAULT = f"rm -f {ENABLED}default\n"
ENABLE = f"{NO_DEFAULT}ln -s {AVAILABLE} {ENABLED}\n"
DEFAULT = "/etc/nginx/sites-available/default"

OWNERS = {
    # The article word for word.
    "article": Owner(
        site_files=(AVAILABLE,),
        files={AVAILABLE: ARTICLE, "/etc/fail2ban/jail.local": JAILS},
        lineages=(("DOMAIN",),),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [{"path": "/", "app": "constellation"}]}],
        answers={"DOMAIN/": 200},
        commands=ENABLE,
        sshd=("604800", "600", "2"),
    ),
    # Its second half, with a login, addresses, a limit and locations of his own. Certbot's nginx plugin is gone.
    "routes": Owner(
        site_files=(AVAILABLE,),
        files={AVAILABLE: ROUTES, "/etc/nginx/cameras": PASSWORDS},
        lineages=(("DOMAIN",),),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION, ZONEMINDER, JEEDOM]}],
        answers={
            "DOMAIN/constellation/": 200,
            "DOMAIN/zm/": 401,
            "DOMAIN/jeedom/": 403,
            "DOMAIN/hello": 200,
            "DOMAIN/.git": 403,
        },
        commands=ENABLE + MOVE_SERVER,
        later=NO_PLUGIN,
    ),
    # Tabs and CRLF, an include in an include, login and headers for the whole server, one lineage for two names.
    "hand-made": Owner(
        site_files=("/etc/nginx/conf.d/default.conf",),
        files={
            "/etc/nginx/conf.d/default.conf": HAND_MADE,
            "/etc/nginx/snippets/who.conf": "include snippets/addresses.conf;\n",
            "/etc/nginx/snippets/addresses.conf": "allow 10.11.12.0/24;\ndeny all;\n",
            "/etc/nginx/cameras": PASSWORDS,
        },
        lineages=(("DOMAIN", "camera.DOMAIN"),),
        sites=[
            {"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION]},
            {"server_name": "camera.DOMAIN", "adopt": True, "routes": [CAMERA]},
        ],
        answers={"DOMAIN/constellation/": 200, "DOMAIN/private/": 401, "camera.DOMAIN/": 403},
        commands=NO_DEFAULT + MOVE_SERVER,
    ),
    # Three names, each with its file and its lineage; one of them is not in the inventory.
    "three-names": Owner(
        site_files=(AVAILABLE, "/etc/nginx/sites-available/camera"),
        files={
            AVAILABLE: ROUTES,
            "/etc/nginx/sites-available/camera": CAMERA_SITE,
            "/etc/nginx/sites-available/own-page": OWN_PAGE,
            "/etc/nginx/cameras": PASSWORDS,
        },
        lineages=(("DOMAIN",), ("camera.DOMAIN",), ("www.DOMAIN",)),
        sites=[
            {"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION, ZONEMINDER]},
            {"server_name": "camera.DOMAIN", "adopt": True, "routes": [CAMERA]},
        ],
        answers={
            "DOMAIN/constellation/": 200,
            "DOMAIN/zm/": 401,
            "DOMAIN/jeedom/": 403,
            "camera.DOMAIN/": 200,
            "www.DOMAIN/": 200,
        },
        commands=f"{ENABLE}ln -s /etc/nginx/sites-available/camera /etc/nginx/sites-available/own-page {ENABLED}\n"
        + MOVE_SERVER,
    ),
    # The default site with a name of its own, what an earlier try left, rules of a firewall, a stricter fail2ban.
    "default-site": Owner(
        site_files=(DEFAULT,),
        files={
            "/etc/nginx/sites-available/old-site": "server {\n    listen 80\n    server_name DOMAIN;\n    location {\n",
            "/etc/nginx/conf.d/old-site.conf.bak": "upstream nobody {\n",
            "/etc/fail2ban/jail.local": JAILS,
        },
        lineages=(("DOMAIN",),),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION]}],
        answers={"DOMAIN/constellation/": 200, "DOMAIN/": 200, "DOMAIN/nothing": 404},
        commands=CHANGE_DEFAULT + LEFT_BEHIND + RULES + MOVE_SERVER,
        sshd=("604800", "600", "2"),
    ),
    # Apache has the ports.
    "other-proxy": Owner(
        site_files=(),
        files={},
        lineages=(),
        sites=[{"server_name": "DOMAIN", "adopt": True, "routes": [CONSTELLATION]}],
        answers={"DOMAIN/": 200},
        commands=APACHE,
        moves=False,
    ),
}
